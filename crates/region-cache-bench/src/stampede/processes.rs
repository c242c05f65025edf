//! The stampede in several processes: this program started again, on the same server.

use std::io::{self, BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use region_cache::BoxError;
use tokio::runtime::Runtime;

use super::contestants::{Get, region_cache};
use super::stampede;
use crate::row::Source;
use crate::{CHILD, connect};

/// Processes that wait for keys to ask for. They end with this value.
pub(super) struct Processes(Vec<Process>);

struct Process {
    child: Child,
    keys: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Processes {
    /// Starts them, and waits until each is connected.
    pub(super) fn start(url: &str) -> Result<Self, BoxError> {
        let started: Result<_, BoxError> = (0..PROCESSES).map(|_| Process::start(url)).collect();
        let mut processes = Self(started?);
        for process in &mut processes.0 {
            process.report()?;
        }
        Ok(processes)
    }

    /// Lets all callers of all processes ask for a key at once: how often they computed it together,
    /// and how long it took until the last had it.
    pub(super) fn stampede(&mut self, key: &str) -> Result<(usize, Duration), BoxError> {
        let began = Instant::now();
        for process in &mut self.0 {
            writeln!(process.keys, "{key}")?;
        }
        let mut computations = 0;
        for process in &mut self.0 {
            computations += process.report()?.parse::<usize>()?;
        }
        Ok((computations, began.elapsed()))
    }
}

impl Process {
    fn start(url: &str) -> Result<Self, BoxError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([CHILD, url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (keys, reports) = (child.stdin.take(), child.stdout.take());
        let (keys, reports) = keys.zip(reports).ok_or("a child without pipes")?;
        Ok(Self { child, keys, reports: BufReader::new(reports).lines() })
    }

    fn report(&mut self) -> Result<String, BoxError> {
        Ok(self.reports.next().ok_or("a child ended before its time")??)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The part of one such process: for each key that it reads it says how often it computed. It ends with
/// its input, and so with the process that started it.
pub(crate) fn child(runtime: &Runtime, url: &str) -> Result<(), BoxError> {
    let source = Arc::new(Source::default());
    let cache = runtime.block_on(connect(url))?;
    let get: Get = region_cache(&cache.region("stampede.fleet"), &source);
    say("ready")?;
    for key in io::stdin().lines() {
        runtime.block_on(stampede(&get, &key?))?;
        say(&source.take().to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

pub(super) const PROCESSES: usize = 2;
