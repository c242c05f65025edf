//! The habits of this workspace, one verb each: `cargo xtask <verb>`.
//!
//! It needs nothing but cargo. A tool that a verb cannot do without is
//! installed, or named in one sentence.

mod bench;
mod check;
mod deny;
mod examples;
mod features;
mod metadata;
mod model;
mod msrv;
mod python;
mod run;
mod server;
mod test;
mod tools;
mod version;

use std::path::Path;
use std::process::ExitCode;

use run::Outcome;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();

    if matches!(name.as_str(), "help" | "-h" | "--help") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprint!("xtask: there is no verb `{name}`.\n\n{}", help());
        return ExitCode::from(2);
    };
    match go_to_top().and_then(|()| (verb.run)(&rest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask {name}: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Something that the project does again and again.
struct Verb {
    name: &'static str,
    what: &'static str,
    run: fn(&[String]) -> Outcome,
}

fn help() -> String {
    let mut text = "Usage: cargo xtask <verb> [arguments]\n\n".to_owned();
    for Verb { name, what, .. } in VERBS {
        text.push_str(&format!("  {name:<10}{what}\n"));
    }
    text.push_str("  help      this list\n");
    text
}

/// Verbs run at the top of the workspace, wherever they were called from:
/// the tools that they call look for their settings there.
fn go_to_top() -> Outcome {
    let here = std::env::var("CARGO_MANIFEST_DIR")
        .map_err(|_| "it is run by cargo: `cargo xtask <verb>`.".to_owned())?;
    let top = Path::new(&here)
        .ancestors()
        .nth(2)
        .ok_or_else(|| format!("`{here}` is not a crate two folders below the workspace's top."))?;
    std::env::set_current_dir(top)
        .map_err(|error| format!("the workspace's top, {}: {error}.", top.display()))
}

const VERBS: &[Verb] = &[
    Verb {
        name: "check",
        what: "formatting, clippy and docs, with warnings denied",
        run: check::check,
    },
    Verb {
        name: "test",
        what: "every test, with a Redis server that it finds or installs; takes a filter",
        run: test::test,
    },
    Verb {
        name: "features",
        what: "each crate with no feature, each feature alone, and all of them",
        run: features::features,
    },
    Verb {
        name: "deny",
        what: "licences, advisories, bans and sources of all dependencies",
        run: deny::deny,
    },
    Verb {
        name: "examples",
        what: "runs every example, each with 60 seconds to end well",
        run: examples::examples,
    },
    Verb {
        name: "bench",
        what: "measures region-cache beside its peers, with a Redis server as for test",
        run: bench::bench,
    },
    Verb {
        name: "model",
        what: "explores the protocol's model, far beyond what the tests do",
        run: model::model,
    },
    Verb {
        name: "msrv",
        what: "builds with the oldest Rust that Cargo.toml promises",
        run: msrv::msrv,
    },
];
