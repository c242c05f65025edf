//! This program once more, as a process that is asked and answers, line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use region_cache::BoxError;

/// The other process. It ends with this value.
pub(super) struct Process {
    process: Child,
    lines: Receiver<String>,
}

impl Process {
    pub(super) fn start(part: &str, url: &str) -> Result<Self, BoxError> {
        let mut command = Command::new(std::env::current_exe()?);
        let pipes = command.args([part, url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = pipes.spawn()?;
        let (output, (sender, lines)) = (process.stdout.take(), channel());
        // It ends with the process, whose output ends then.
        std::thread::spawn(move || {
            let lines = output.into_iter().flat_map(|it| BufReader::new(it).lines());
            lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { process, lines })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn ask(&mut self, order: &str) -> Result<String, BoxError> {
        writeln!(self.process.stdin.as_mut().ok_or("it has a standard input")?, "{order}")?;
        self.hear()
    }

    pub(super) fn hear(&self) -> Result<String, BoxError> {
        Ok(self.lines.recv_timeout(Duration::from_secs(5))?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
