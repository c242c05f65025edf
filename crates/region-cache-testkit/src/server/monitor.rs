//! Which commands arrive at a server.

use super::ask::Admin;
use super::client::Client;

/// What a server has been sent since [`Server::monitor`](super::Server::monitor), by whomever.
///
/// The server itself holds the lines back until they are read.
#[derive(Debug)]
pub struct Monitor {
    stream: Client,
    other: Client,
    reads: u32,
}

impl Monitor {
    pub(super) async fn start(admin: &Admin) -> Self {
        let other = admin.connect().await.expect("a connection to end a reading");
        let mut stream = admin.connect().await.expect("a connection to watch a server");
        stream.call(&["MONITOR"]).await.expect("MONITOR is answered");
        Self { stream, other, reads: 0 }
    }

    /// The commands that the server has executed since the last call, up to this one, each as the
    /// server writes it: the time, the client, the words in quotes. Those that a script called are
    /// among them, and a password is not.
    ///
    /// # Panics
    ///
    /// Where the server does not answer.
    pub async fn lines(&mut self) -> Vec<String> {
        self.reads += 1;
        let mark = format!("end of what monitor read {}", self.reads);
        self.other.call(&["ECHO", &mark]).await.expect("ECHO is answered");

        let mut lines = Vec::new();
        loop {
            let line = self.stream.receive().await.expect("MONITOR goes on").to_string();
            if line.contains(&mark) {
                return lines;
            }
            lines.push(line);
        }
    }
}
