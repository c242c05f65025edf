//! `examples`: every example runs and ends well.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::metadata::Metadata;
use crate::run::{Outcome, cargo, no_arguments, output, show};

#[cfg(test)]
mod tests;

/// Builds all examples of the workspace, runs one after the other, and shows
/// at the end how each did.
pub(crate) fn examples(arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    let programs = build()?;
    let mut names: Vec<String> =
        Metadata::of_workspace()?.packages.into_iter().flat_map(|it| it.examples).collect();
    names.sort();

    let mut rows = Vec::new();
    for name in names {
        let program = programs
            .get(&name)
            .ok_or_else(|| format!("cargo built no program for the example `{name}`."))?;
        println!("\n== {name}");
        let start = Instant::now();
        let result = run_within(&mut Command::new(program), LIMIT);
        rows.push(Row { name, time: start.elapsed(), result });
    }
    print!("\n{}", table(&rows));
    let failed = rows.iter().filter(|row| row.result.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} examples failed.", rows.len())) }
}

/// How one example did.
struct Row {
    name: String,
    time: Duration,
    result: Outcome,
}

/// Builds the examples and finds where cargo put their programs, so that a
/// time limit hits the example and not a cargo in front of it.
fn build() -> Result<BTreeMap<String, PathBuf>, String> {
    let mut command = cargo();
    command.args(["build", "--workspace", "--examples", "--locked"]);
    show(&command);
    command.arg("--message-format=json-render-diagnostics");
    Ok(programs(&output(&mut command)?))
}

/// Example programs by name, from cargo's messages, of which each is a line.
fn programs(messages: &str) -> BTreeMap<String, PathBuf> {
    messages.lines().filter_map(|line| program(&serde_json::from_str(line).ok()?)).collect()
}

fn program(message: &Value) -> Option<(String, PathBuf)> {
    let target = message.get("target")?;
    let kinds = target.get("kind")?.as_array()?;
    if !kinds.iter().any(|kind| kind == "example") {
        return None;
    }
    let name = target.get("name")?.as_str()?;
    Some((name.to_owned(), message.get("executable")?.as_str()?.into()))
}

/// Runs a program that must end with status 0 within a limit; beyond it, the
/// program is killed.
fn run_within(command: &mut Command, limit: Duration) -> Outcome {
    let child = command.stdin(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("cannot be started: {error}"))?;
    match wait(&mut child, limit) {
        Ok(Some(status)) if status.success() => Ok(()),
        Ok(Some(status)) => Err(status.to_string()),
        Ok(None) => Err(format!("killed after {} s", limit.as_secs())),
        Err(error) => Err(format!("lost: {error}")),
    }
}

/// Waits for the end, or kills and gives `None`.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        pause();
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[expect(clippy::disallowed_methods, reason = "std has no way to wait for a child with a limit")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max("example".len());
    let mut text = format!("{:<width$}  {:>8}  result\n", "example", "time");
    for Row { name, time, result } in rows {
        let result = result.as_ref().err().map_or("ok", String::as_str);
        text.push_str(&format!("{name:<width$}  {:>6.2} s  {result}\n", time.as_secs_f64()));
    }
    text
}

const LIMIT: Duration = Duration::from_secs(60);
