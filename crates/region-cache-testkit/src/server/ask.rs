//! What a test asks a server, past the library that it tests.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use super::{Client, Monitor, Server, Value};

/// How to get a connection with all rights.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    address: SocketAddr,
    password: Option<String>,
}

impl Admin {
    pub(super) async fn connect(&self) -> io::Result<Client> {
        let mut client = Client::connect(self.address).await?;
        if let Some(password) = &self.password {
            client.call(&["AUTH", password]).await?;
        }
        Ok(client)
    }
}

impl Server {
    /// A connection of one's own, for what needs more than one command: `MULTI`, `SUBSCRIBE`.
    ///
    /// # Panics
    ///
    /// Where the server does not answer. So do the methods below.
    pub async fn client(&self) -> Client {
        let client = self.admin().connect().await;
        client.unwrap_or_else(|error| panic!("no connection to {}: {error}", self.address))
    }

    /// Sends one command on a new connection, and gives the reply, also if it is an error.
    pub async fn call<A: AsRef<[u8]>>(&self, command: &[A]) -> Value {
        let reply = self.client().await.call(command).await;
        reply.unwrap_or_else(|error| panic!("no reply from {}: {error}", self.address))
    }

    /// Sends one command, and gives the reply as `redis-cli --raw` shows it: an element a line.
    ///
    /// # Panics
    ///
    /// If the reply is an error, too.
    pub async fn cli(&self, command: &[&str]) -> String {
        let reply = self.call(command).await;
        assert!(!reply.is_error(), "`{}`: {reply}", command.join(" "));
        reply.to_string()
    }

    /// The fields of a section of `INFO`.
    pub async fn info(&self, section: &str) -> BTreeMap<String, String> {
        let text = self.cli(&["INFO", section]).await;
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// All its keys in order, by `SCAN`.
    pub async fn keys(&self) -> Vec<String> {
        let mut client = self.client().await;
        let mut keys = Vec::new();
        let mut cursor = "0".to_owned();
        loop {
            let reply = client.call(&["SCAN", &cursor, "COUNT", "1000"]).await;
            let [next, found] = reply
                .map(Value::into_list)
                .ok()
                .and_then(|it| it.try_into().ok())
                .expect("SCAN gives a cursor and a list");
            keys.extend(found.into_list().iter().map(Value::to_string));
            cursor = next.to_string();
            if cursor == "0" {
                break;
            }
        }
        // A key may be met twice while the table is resized.
        keys.sort();
        keys.dedup();
        keys
    }

    /// The bytes that it has allocated.
    pub async fn used_memory(&self) -> u64 {
        let info = self.info("memory").await;
        let bytes = info.get("used_memory").and_then(|text| text.parse().ok());
        bytes.expect("INFO memory has used_memory")
    }

    /// Whether it has a command, which says more than a version does: `HPEXPIRE`, for instance.
    pub async fn knows(&self, command: &str) -> bool {
        let reply = self.call(&["COMMAND", "INFO", command]).await;
        reply.into_list().iter().any(|it| *it != Value::Nil)
    }

    /// Writes down from now on which commands arrive.
    pub async fn monitor(&self) -> Monitor {
        Monitor::start(&self.admin()).await
    }

    pub(super) fn admin(&self) -> Admin {
        Admin { address: self.address, password: self.settings.password.clone() }
    }
}
