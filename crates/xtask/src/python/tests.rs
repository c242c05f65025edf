use std::path::Path;
use std::process::Command;

use super::{INSTALL, client, interpreter, made, skipped, step};
use crate::run::line;

#[test]
fn what_is_installed_is_pinned_and_asks_nothing() {
    let line = line(Command::new("python").args(INSTALL).arg(client()));
    assert_eq!(
        line,
        "python -m pip install --quiet --no-input --disable-pip-version-check --retries 0 \
         --timeout 10 redis==5.2.1"
    );
}

#[test]
fn the_interpreter_is_the_environments_own() {
    let python = interpreter(Path::new("venv"));
    let there = if cfg!(windows) { "venv/Scripts/python.exe" } else { "venv/bin/python" };
    assert_eq!(python, Path::new(there));
}

#[test]
fn a_reason_becomes_one_sentence() {
    assert_eq!(
        skipped("there is no python3.\n"),
        "The tests that speak Python will be skipped: there is no python3."
    );
}

#[test]
fn a_step_that_fails_says_which_one_it_was() {
    let failed = step(Command::new("/no/such/python").args(["-m", "pip", "install"]));
    assert!(failed.unwrap_err().starts_with("`python -m pip` failed, "));
}

#[test]
fn a_folder_that_cannot_be_made_is_a_reason_and_nothing_more() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(made(&file.path().join("venv")).is_err());
}
