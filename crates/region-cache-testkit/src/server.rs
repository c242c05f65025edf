//! Throwaway servers: a real Redis or Valkey on a port of its own, in a temporary folder.
//!
//! ```no_run
//! # async fn example() {
//! use region_cache_testkit::server::Server;
//!
//! let server = Server::start().await;
//! server.cli(&["SET", "color", "green"]).await;
//! server.kill9();
//! server.restart().await;
//! assert!(server.keys().await.is_empty(), "it keeps nothing unless it is told to");
//! # }
//! ```
//!
//! The testkit speaks to a server through a small client of its own. What a test sees of the server
//! therefore does not pass through the code that it tests.

mod age;
mod ask;
mod builder;
mod client;
mod life;
mod monitor;
mod port;
mod process;
mod program;
mod replication;
mod value;
mod wait;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tempfile::TempDir;

pub use self::builder::{Fsync, ServerBuilder};
pub use self::client::Client;
pub use self::monitor::Monitor;
pub use self::process::{freeze, thaw};
pub use self::value::Value;
pub(crate) use self::wait::pause;
pub use self::wait::poll_until;

use self::process::Process;
use self::replication::Master;

/// A server that belongs to one test, or to a few that share it.
///
/// It listens on the loopback address, keeps nothing unless the builder says so, and ends with this
/// value: its process is killed by its id when the value is dropped, also by a panic. Should the
/// test's own process be killed, a shell that waits for nothing else kills the server and removes
/// its folder.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    settings: ServerBuilder,
    program: PathBuf,
    master: Mutex<Option<Master>>,
    /// `None` while it is down. It stands before the folder, which it must not outlive.
    process: Mutex<Option<Process>>,
    folder: TempDir,
}

impl Server {
    /// Starts a server that keeps nothing, on a free port.
    ///
    /// # Panics
    ///
    /// Where there is no server to be found, or it does not come up. The message says why.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A server to be, for one that is not like the others.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port on which it listens. It keeps it over restarts.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `redis://…`, with the password where there is one.
    pub fn url(&self) -> String {
        self.url_at(self.address)
    }

    /// The same for another address that leads to this server: a proxy's.
    pub fn url_at(&self, address: SocketAddr) -> String {
        let user = self.settings.password.as_deref().map(percent_encoded);
        let user = user.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{user}{address}")
    }

    /// `redis+unix://…`, for a server that was built with [`ServerBuilder::unix_socket`].
    ///
    /// # Panics
    ///
    /// Where it was not.
    pub fn unix_url(&self) -> String {
        assert!(self.settings.unix_socket, "this server was built without a Unix socket");
        let path = percent_encoded(&self.socket().to_string_lossy()).replace("%2F", "/");
        let password = self.settings.password.as_deref().map(percent_encoded);
        let query = password.map(|password| format!("?pass={password}")).unwrap_or_default();
        format!("redis+unix://{path}{query}")
    }

    /// The folder with its configuration, its log and what it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has complained about so far, for a test's message.
    pub fn log(&self) -> String {
        let lines = ["server.log", "stderr.log"].map(|name| self.folder().join(name));
        lines.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    fn socket(&self) -> PathBuf {
        self.folder().join("socket")
    }
}

/// Everything but letters, digits and the four marks that mean nothing in a URL becomes `%XX`.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}
