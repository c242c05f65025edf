//! A server's process, which never outlives the test.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

pub(super) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

/// A running server, and the shell that ends it should this process be killed.
///
/// Both are killed and reaped on drop.
#[derive(Debug)]
pub(super) struct Process {
    watchdog: Child,
    server: Child,
}

impl Process {
    /// Starts a program in a folder, which goes when this process is killed.
    pub(super) fn spawn(command: &mut Command, folder: &Path) -> io::Result<Self> {
        let mut server = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("stderr.log"))?)
            .spawn()?;
        match watchdog(server.id(), folder) {
            Ok(watchdog) => Ok(Self { watchdog, server }),
            Err(error) => {
                end(&mut server);
                Err(error)
            }
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.server.id()
    }

    /// How it ended, if it has. Its id stays taken until this value is dropped or has told.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    pub(super) fn signal(&self, signal: Signal) {
        self::signal(&self.server, signal);
    }
}

impl Drop for Process {
    /// The watchdog goes first. After the server has been reaped its id may be given to another
    /// process, which the watchdog must not kill.
    fn drop(&mut self) {
        end(&mut self.watchdog);
        end(&mut self.server);
    }
}

/// Freezes another process that a test has started (`SIGSTOP`): it does nothing, and its connections stay
/// open.
///
/// # Panics
///
/// Where the process cannot be told. So does [`thaw`].
pub fn freeze(process: &Child) {
    signal(process, Signal::STOP);
}

/// Lets a process go on after [`freeze`].
pub fn thaw(process: &Child) {
    signal(process, Signal::CONT);
}

fn signal(process: &Child, signal: Signal) {
    let sent = kill_process(Pid::from_child(process), signal);
    sent.unwrap_or_else(|error| panic!("{signal:?} to process {}: {error}", process.id()));
}

/// A shell that reads from a pipe on which nothing is ever written. The read ends when this process
/// does, however it ends: the kernel then closes the other end.
///
/// A Ctrl-C reaches the whole foreground group. The shell does not heed it, since it has work to do
/// right after.
fn watchdog(server: u32, folder: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", WATCH, "watchdog"])
        .arg(server.to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Errors mean that it has ended already.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

const WATCH: &str = r#"trap '' INT TERM HUP QUIT; read -r _; kill -9 "$1"; rm -rf -- "$2""#;
