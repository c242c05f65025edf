//! `deny`: what the dependencies bring with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metadata::Metadata;
use crate::run::{Outcome, cargo, no_arguments, run, succeeds};

/// Checks licences, advisories, bans and sources against `deny.toml`.
///
/// Without the network there are no advisories. The other checks need none,
/// so they still count.
pub(crate) fn deny(arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    let tool = tool()?;
    if succeeds(Command::new(&tool).args(["fetch", "db"])) {
        return run(Command::new(&tool).arg("check"));
    }
    eprintln!(
        "The advisory database cannot be fetched, so advisories are NOT checked; \
         licences, bans and sources are."
    );
    run(Command::new(&tool).args(["check", "licenses", "bans", "sources"]))
}

/// The installed cargo-deny, or one of our own beside the build.
fn tool() -> Result<PathBuf, String> {
    let installed = PathBuf::from("cargo-deny");
    if works(&installed) {
        return Ok(installed);
    }
    let tools = Metadata::of_workspace()?.target_directory.join("tools");
    let own = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !works(&own) {
        eprintln!("cargo-deny is missing: it is built into {} once.", tools.display());
        run(cargo().args(["install", "cargo-deny", "--locked", "--root"]).arg(&tools))?;
    }
    Ok(own)
}

fn works(tool: &Path) -> bool {
    succeeds(Command::new(tool).arg("--version"))
}
