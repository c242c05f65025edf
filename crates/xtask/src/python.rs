//! Python for the tests: an environment with a Redis client, where one can be made.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metadata::Metadata;
use crate::run::{quietly, show, succeeds};

#[cfg(test)]
mod tests;

/// Names the interpreter that has the client, for this program as well as for the tests.
pub(crate) const VARIABLE: &str = "REGION_CACHE_PYTHON";

/// The interpreter that the variable names, or else that of `target/venv`, which is made where it is
/// missing.
///
/// Python is not needed to work on a Rust library: where it cannot be had this says why, and the tests
/// that speak it are skipped.
pub(crate) fn python() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(named.into());
    }
    let made = Metadata::of_workspace().and_then(|it| made(&it.target_directory.join("venv")));
    made.inspect_err(|reason| eprintln!("{}", skipped(reason))).ok()
}

/// The interpreter of the environment in a folder, which is made if it is not there or lacks the client.
fn made(folder: &Path) -> Result<PathBuf, String> {
    let python = interpreter(folder);
    if is_ready(&python) {
        return Ok(python);
    }
    let first = PROGRAMS.iter().find(|name| succeeds(Command::new(name).arg("--version")));
    let first = first.ok_or("there is no python3")?;
    step(Command::new(first).args(["-m", "venv", "--clear"]).arg(folder))?;
    step(Command::new(&python).args(INSTALL).arg(client()))?;
    if is_ready(&python) { Ok(python) } else { Err(format!("{} cannot be imported", client())) }
}

/// What a folder's environment is run by.
fn interpreter(folder: &Path) -> PathBuf {
    let place = if cfg!(windows) { ["Scripts", "python.exe"] } else { ["bin", "python"] };
    folder.join(place[0]).join(place[1])
}

fn is_ready(python: &Path) -> bool {
    let check = format!("import redis; assert redis.__version__ == '{VERSION}'");
    succeeds(Command::new(python).args(["-c", &check]))
}

/// Runs a command that may well fail, for want of a network for instance.
fn step(command: &mut Command) -> Result<(), String> {
    show(command);
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    let module = words.skip(1).take(1).collect::<String>();
    quietly(command).map_err(|reason| format!("`python -m {module}` failed, {reason}"))
}

/// The client, in words that pip takes.
fn client() -> String {
    format!("redis=={VERSION}")
}

/// One sentence for the user.
fn skipped(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    format!("The tests that speak Python will be skipped: {reason}.")
}

const PROGRAMS: [&str; 2] = ["python3", "python"];

/// The client's version: one that any Python from 3.8 on can use.
const VERSION: &str = "5.2.1";

/// All words but the package. There is no second try: a machine without a network must not wait for long,
/// and the first complaint is the reason that is printed.
const INSTALL: [&str; 10] = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--retries",
    "0",
    "--timeout",
    "10",
];
