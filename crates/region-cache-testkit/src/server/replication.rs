//! Masters and replicas.

use std::net::SocketAddr;

use super::Server;
use super::life::DEADLINE;
use super::wait::poll_until;

/// Whom a replica follows.
#[derive(Clone, Debug)]
pub(super) struct Master {
    address: SocketAddr,
    password: Option<String>,
}

impl Master {
    pub(super) fn of(server: &Server) -> Self {
        Self { address: server.address, password: server.settings.password.clone() }
    }

    /// As arguments of the server's program.
    pub(super) fn arguments(&self) -> Vec<String> {
        let port = self.address.port().to_string();
        let mut words = vec!["--replicaof".to_owned(), self.address.ip().to_string(), port];
        if let Some(password) = &self.password {
            words.extend(["--masterauth".to_owned(), password.clone()]);
        }
        words
    }
}

impl Server {
    /// Makes it a replica of another server, and waits until it has a copy of its data. What it
    /// held itself is gone.
    pub async fn replicate(&self, master: &Self) {
        if let Some(password) = &master.settings.password {
            self.cli(&["CONFIG", "SET", "masterauth", password]).await;
        }
        let port = master.port().to_string();
        self.cli(&["REPLICAOF", &master.address.ip().to_string(), &port]).await;
        *self.master.lock() = Some(Master::of(master));
        self.linked().await;
    }

    /// Makes it a master, with what it has got so far.
    pub async fn promote(&self) {
        self.cli(&["REPLICAOF", "NO", "ONE"]).await;
        *self.master.lock() = None;
    }

    /// Waits until it has everything that the master has at this moment.
    pub async fn in_step_with(&self, master: &Self) {
        let goal = master.offset("master_repl_offset").await;
        poll_until(DEADLINE, "a replica to be in step", async || {
            (self.offset("slave_repl_offset").await >= goal).then_some(())
        })
        .await;
    }

    /// Waits until a replica has its copy; nothing to wait for on a master.
    pub(super) async fn linked(&self) {
        if self.master.lock().is_none() {
            return;
        }
        poll_until(DEADLINE, "a replica to be linked with its master", async || {
            let info = self.info("replication").await;
            (info.get("master_link_status").is_some_and(|status| status == "up")).then_some(())
        })
        .await;
    }

    async fn offset(&self, name: &str) -> u64 {
        self.info("replication").await.get(name).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}
