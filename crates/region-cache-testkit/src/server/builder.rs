//! How a server is to be.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Server;
use super::program::program;
use super::replication::Master;

/// What a [`Server`] is started with. Made by [`Server::builder`].
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    pub(super) program: Option<PathBuf>,
    pub(super) port: Option<u16>,
    pub(super) password: Option<String>,
    pub(super) unix_socket: bool,
    pub(super) master: Option<Master>,
    lines: Vec<String>,
}

/// How often the append-only file is forced onto the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Before each reply.
    Always,
    /// Once a second.
    EverySecond,
    /// When the kernel likes to.
    Never,
}

impl ServerBuilder {
    /// Another program than the one that `REGION_CACHE_REDIS_SERVER` or the path gives.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// A line of its configuration, as it is written in `redis.conf`. A later line of the same name
    /// goes before an earlier one.
    pub fn config(mut self, name: &str, value: &str) -> Self {
        self.lines.push(format!("{name} {value}"));
        self
    }

    /// Keeps every change in the append-only file.
    pub fn appendonly(self, fsync: Fsync) -> Self {
        let fsync = match fsync {
            Fsync::Always => "always",
            Fsync::EverySecond => "everysec",
            Fsync::Never => "no",
        };
        self.config("appendonly", "yes").config("appendfsync", fsync)
    }

    /// Saves a snapshot when it ends well, and now and then. `SAVE` works without this too.
    pub fn save_rdb(self) -> Self {
        self.config("save", "3600 1")
    }

    /// A port of one's own choice instead of a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// A replica of another server from the start, in step with it when [`start`](Self::start) is
    /// done.
    pub fn replica_of(mut self, master: &Server) -> Self {
        self.master = Some(Master::of(master));
        self
    }

    /// A password for the default user.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Listens on a Unix socket as well; see [`Server::unix_url`].
    pub fn unix_socket(mut self) -> Self {
        self.unix_socket = true;
        self
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Panics
    ///
    /// Where there is no server to be found, or it does not come up. The message says why.
    pub async fn start(self) -> Server {
        let program = self.program.clone().unwrap_or_else(program);
        Server::launch(program, self).await
    }

    /// The configuration file. What the caller asked for comes last.
    pub(super) fn file(&self, port: u16, folder: &Path) -> String {
        let mut text = String::new();
        let folder_quoted = quoted(&folder.to_string_lossy());
        let _ = writeln!(text, "port {port}\ndir {folder_quoted}\n{DEFAULTS}");
        if self.unix_socket {
            let _ =
                writeln!(text, "unixsocket {}", quoted(&folder.join("socket").to_string_lossy()));
        }
        if let Some(password) = self.password.as_deref().map(quoted) {
            let _ = writeln!(text, "requirepass {password}");
        }
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// A text as `redis.conf` has it, with whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for byte in text.bytes() {
        let _ = write!(quoted, "\\x{byte:02x}");
    }
    quoted + "\""
}

// The delay is how long a master waits for more replicas before it starts to copy. The copy that a
// replica gets would be there after a restart.
const DEFAULTS: &str = r#"bind 127.0.0.1
daemonize no
loglevel warning
logfile server.log
save ""
appendonly no
repl-diskless-sync-delay 0
rdb-del-sync-files yes"#;
