//! A Redis server for the tests: found, or installed.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, output, run, succeeds};

#[cfg(test)]
mod tests;

/// Names the server's program, for this program as well as for the tests.
pub(crate) const VARIABLE: &str = "REGION_CACHE_REDIS_SERVER";

/// The program that the variable names, or else the first one on the path. Where there is none, the
/// machine's package manager is asked for one.
pub(crate) fn redis_server() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return usable(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = on_path(&path) {
        return Ok(found);
    }
    install()?;
    let installed = on_path(&path).ok_or(MISSING)?;
    let version = output(Command::new(&installed).arg("--version"))?;
    eprintln!("Installed: {}, {}.", installed.display(), version.trim());
    Ok(installed)
}

fn usable(named: OsString) -> Result<PathBuf, String> {
    let program = PathBuf::from(named);
    if works(&program) {
        return Ok(program);
    }
    Err(format!(
        "{VARIABLE} is `{}`, which cannot be run: let it name a redis-server or valkey-server, \
         or unset it.",
        program.display()
    ))
}

/// A `redis-server` anywhere on the path goes before a `valkey-server`.
fn on_path(path: &OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let mut candidates =
        PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file() && works(candidate))
}

fn works(program: &Path) -> bool {
    succeeds(Command::new(program).arg("--version"))
}

/// Lets the first package manager that there is install the first package that it has.
fn install() -> Outcome {
    let there = |manager: &&Manager| succeeds(Command::new(manager.program).arg("--version"));
    let manager = MANAGERS.iter().find(there).ok_or(MISSING)?;
    let rights = if manager.as_root { rights().ok_or(MISSING)? } else { &[] };
    if let Some(update) = manager.update {
        // An index that is old in part may still do.
        let _ = run(&mut command(rights, update));
    }
    for package in manager.packages {
        eprintln!(
            "There is no redis-server and no valkey-server: {} installs {package}.",
            manager.program
        );
        if run(command(rights, manager.install).arg(package)).is_ok() {
            return Ok(());
        }
    }
    Err(MISSING.to_owned())
}

/// What stands before a command so that it is run by root, if there is a way without a question.
fn rights() -> Option<&'static [&'static str]> {
    if output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}

fn command(rights: &[&str], words: &[&str]) -> Command {
    let mut words = rights.iter().chain(words);
    let mut command = Command::new(words.next().unwrap_or(&""));
    command.args(words);
    command
}

/// How a package manager is used.
struct Manager {
    program: &'static str,
    as_root: bool,
    update: Option<&'static [&'static str]>,
    /// All words but the package's name.
    install: &'static [&'static str],
    packages: &'static [&'static str],
}

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

const MISSING: &str = "there is no Redis for the tests: put redis-server or valkey-server on the \
    PATH, name one in REGION_CACHE_REDIS_SERVER, or run this where apt-get, dnf or brew may install \
    one (as root, or with a sudo that asks for no password).";

const MANAGERS: [Manager; 3] = [
    Manager {
        program: "apt-get",
        as_root: true,
        update: Some(&["apt-get", "update"]),
        install: &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes"],
        packages: &["redis-server", "valkey-server"],
    },
    Manager {
        program: "dnf",
        as_root: true,
        update: None,
        install: &["dnf", "install", "--assumeyes"],
        packages: &["valkey", "redis"],
    },
    Manager {
        program: "brew",
        as_root: false,
        update: None,
        install: &["brew", "install"],
        packages: &["redis", "valkey"],
    },
];
