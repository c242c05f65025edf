//! Other processes: the test binary once more, told by the environment to run one function only.

use std::io::{BufRead, BufReader, Write, stdin};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use region_cache_testkit::server::{freeze, thaw};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A process that a test has started. It ends with this value.
pub(crate) struct Process {
    process: Child,
    lines: Receiver<String>,
}

impl Process {
    /// Starts this binary again, to run nothing but the test `module::name`, which does nothing
    /// unless it is told something here.
    pub(crate) fn start(module: &str, name: &str, told: &[(&str, &str)]) -> Self {
        // The test's name in the harness has no crate in front.
        let (_, module) = module.split_once("::").unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([&format!("{module}::{name}"), "--exact", "--nocapture", "--test-threads=1"]);
        command.envs(told.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (output, (sender, lines)) = (process.stdout.take().unwrap(), channel());
        // It ends with the process, whose output ends then.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let said = line.split_once(MARK).map(|(_, said)| said.to_owned());
                if said.is_some_and(|said| sender.send(said).is_err()) {
                    return;
                }
            }
        });
        Self { process, lines }
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.process.stdin.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
    }

    /// What it says next.
    pub(crate) fn hear(&self, patience: Duration) -> String {
        self.lines.recv_timeout(patience).expect("a word of the other process")
    }

    /// What it said before it ended; nothing more after the last.
    pub(crate) fn heard(&self) -> Option<String> {
        self.lines.recv().ok()
    }

    /// Waits until it says this, whatever it says before.
    pub(crate) fn hear_until(&self, patience: Duration, wanted: &str) {
        while self.hear(patience) != wanted {}
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Freezes it (`SIGSTOP`).
    pub(crate) fn stop(&self) {
        freeze(&self.process);
    }

    /// Lets it go on.
    pub(crate) fn cont(&self) {
        thaw(&self.process);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says something to the process that has started this one.
pub(crate) fn say(line: &str) {
    // The harness writes to the same stream, and does not always end its lines.
    println!("{MARK}{line}");
}

/// What the process that has started this one says, line by line.
pub(crate) fn orders() -> UnboundedReceiver<String> {
    let (sender, orders) = unbounded_channel();
    thread::spawn(move || {
        for line in stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    orders
}

/// What this process was told; nothing if it is not a child.
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

const MARK: &str = "\u{1}said: ";
