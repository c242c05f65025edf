//! `msrv`: the oldest Rust that Cargo.toml promises is the truth.

use crate::metadata::{Metadata, Package};
use crate::run::{Outcome, cargo, no_arguments, quietly, run, rustup, succeeds};
use crate::tools::component;
use crate::version::Version;

#[cfg(test)]
mod tests;

/// Compares the promise with what the dependencies ask for, then builds
/// everything with that very toolchain.
///
/// Where the toolchain can be had from nowhere, clippy looks for what the
/// standard library did not have then: less than a build, but most of it.
pub(crate) fn msrv(arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    let graph = Metadata::of_graph()?;
    let promised = promise(&graph.packages)?;
    let newer = newer_than(&graph.packages, promised)?;
    if !newer.is_empty() {
        return Err(format!(
            "Cargo.toml promises Rust {promised}, but these dependencies want a newer one: {}.",
            newer.join(", ")
        ));
    }
    println!("No dependency asks for a Rust newer than {promised}.");

    let toolchain = promised.to_string();
    if !toolchain_is_there(&toolchain) {
        eprintln!(
            "Rust {toolchain} cannot be had here, so nothing is built with it; \
             clippy looks for newer library calls instead."
        );
        component("clippy", "clippy")?;
        return run(cargo().args(CLIPPY));
    }
    // A folder of its own: the two compilers would evict each other's work.
    let target = graph.target_directory.join("msrv");
    let check = ["cargo", "check", "--workspace", "--all-targets", "--locked"];
    run(rustup().args(["run", &toolchain]).args(check).env("CARGO_TARGET_DIR", target))
}

/// The Rust version of this workspace. Its crates share one.
fn promise(packages: &[Package]) -> Result<Version, String> {
    let mut promises = packages.iter().filter(|package| package.ours).map(|package| {
        let version = package.rust_version.as_deref().and_then(Version::parse);
        version.ok_or_else(|| format!("{} has no readable `rust-version`.", package.name))
    });
    let first = promises.next().ok_or("there are no packages in this workspace.")??;
    for other in promises {
        if other? != first {
            return Err("the crates of this workspace differ in `rust-version`.".to_owned());
        }
    }
    Ok(first)
}

/// The dependencies that want a newer Rust than promised, each with what it
/// wants.
fn newer_than(packages: &[Package], promised: Version) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for package in packages.iter().filter(|package| !package.ours) {
        let Package { name, version, rust_version, .. } = package;
        let Some(text) = rust_version else { continue };
        let wanted = Version::parse(text)
            .ok_or_else(|| format!("{name} {version} has an unreadable rust-version, `{text}`."))?;
        if wanted > promised {
            names.push(format!("{name} {version} ({text})"));
        }
    }
    Ok(names)
}

/// Finds the toolchain, or installs it.
fn toolchain_is_there(toolchain: &str) -> bool {
    if succeeds(rustup().args(["run", toolchain, "rustc", "--version"])) {
        return true;
    }
    eprintln!("Rust {toolchain} is missing: rustup is asked for it.");
    let mut install = rustup();
    install.args(["toolchain", "install", toolchain, "--profile", "minimal"]);
    quietly(&mut install).inspect_err(|reason| eprintln!("rustup: {reason}")).is_ok()
}

// `check` answers for the other lints. What `deny` says in the code stays in
// force, which does no harm.
const CLIPPY: [&str; 9] = [
    "clippy",
    "--workspace",
    "--all-targets",
    "--locked",
    "--",
    "-A",
    "warnings",
    "-D",
    "clippy::incompatible_msrv",
];
