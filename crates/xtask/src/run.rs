//! Running other programs, and showing what is run.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};

/// What a verb gives back: nothing, or one sentence that says what is wrong.
pub(crate) type Outcome = Result<(), String>;

/// Runs a command where the user can see it; a status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    show(command);
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed.", line(command)))
}

/// Runs a command and gives its standard output; its complaints go to the user.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = finish(command.stderr(Stdio::inherit()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("`{}` failed.", line(command)))
}

/// Runs a command of which nothing is shown. The error is its first complaint.
pub(crate) fn quietly(command: &mut Command) -> Outcome {
    let output = finish(command)?;
    if output.status.success() {
        return Ok(());
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    let mut lines = complaints.lines();
    let first =
        lines.find(|line| line.to_lowercase().contains("error")).unwrap_or("no reason given");
    Err(first.to_owned())
}

/// Whether a command can be run and ends well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    quietly(command).is_ok()
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    forget_this_package(&mut command);
    command
}

/// The toolchain manager, for what the running toolchain lacks.
pub(crate) fn rustup() -> Command {
    let mut command = Command::new("rustup");
    forget_this_package(&mut command);
    command
}

/// For verbs that take no arguments: a mistyped one must not pass unseen.
pub(crate) fn no_arguments(arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(format!("it takes no arguments, but there is `{argument}`.")),
    }
}

/// Shows a command before it is run, as one could type it.
pub(crate) fn show(command: &Command) {
    eprintln!("$ {}", line(command));
}

fn finish(command: &mut Command) -> Result<Output, String> {
    command.stdin(Stdio::null()).output().map_err(|error| cannot_start(command, &error))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("`{}` cannot be started: {error}.", line(command))
}

/// A command as one could type it.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Cargo describes the package that it runs to that program. Handed on to
/// another cargo, this would make build scripts run again for no reason.
fn forget_this_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}
