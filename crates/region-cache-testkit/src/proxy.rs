//! A TCP proxy that counts round trips and does to connections what networks do.
//!
//! ```no_run
//! # async fn example() {
//! use region_cache_testkit::proxy::{Direction, Fault, Kind, Proxy};
//! use region_cache_testkit::server::{Client, Server};
//!
//! let server = Server::start().await;
//! let proxy = Proxy::to(server.address()).await;
//! let mut client = Client::connect(proxy.address()).await.unwrap();
//!
//! client.call(&["GET", "k"]).await.unwrap();
//! assert_eq!(proxy.round_trips(), 1);
//!
//! proxy.inflict(Fault::BlackHole(Direction::Down));
//! client.call(&["GET", "k"]).await.unwrap_err();
//! assert_eq!(proxy.fired(Kind::BlackHole), 1);
//! proxy.heal();
//! # }
//! ```

mod door;
mod fault;
mod faults;
mod lane;
mod link;
mod messages;
mod random;
mod storm;
mod tally;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::ToSocketAddrs;
use tokio::task::JoinSet;

pub use self::fault::{Direction, Fault, Kind, Scope};
pub use self::storm::{Gust, Storm, StormPlan};

use self::link::Links;

/// Stands between clients and one server, on a loopback port of its own.
///
/// All it does ends when it is dropped: connections are closed, the port is given back.
#[derive(Debug)]
pub struct Proxy {
    links: Arc<Links>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Starts to pass connections on to a server, as it is.
    ///
    /// # Panics
    ///
    /// Where the address has no meaning or no port is free.
    pub async fn to(server: impl ToSocketAddrs) -> Self {
        Self::seeded(server, 0).await
    }

    /// The same with a seed for its jitter.
    pub async fn seeded(server: impl ToSocketAddrs, seed: u64) -> Self {
        let mut addresses = tokio::net::lookup_host(server).await.expect("a server's address");
        let server = addresses.next().expect("a server's address");
        let links = Arc::new(Links::new(server, seed).expect("a port for a proxy"));
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&links).accept());
        Self { links, _tasks: tasks }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.links.door.address()
    }

    /// `redis://…` with its address. For a server with a password there is
    /// [`Server::url_at`](crate::server::Server::url_at).
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Passes future connections on to another server: a failover that clients do not see.
    pub fn retarget(&self, server: SocketAddr) {
        self.links.retarget(server);
    }

    /// Inflicts a fault. One that lasts (a delay, a throttle, a stall, a black hole, a refusal)
    /// hits all connections and those to come; one that happens once, or a number of times, hits
    /// those that there are.
    pub fn inflict(&self, fault: Fault) {
        self.inflict_on(fault.kind().scope(), fault);
    }

    /// Inflicts a fault on the connections of a scope. A refusal concerns none that there are.
    pub fn inflict_on(&self, scope: Scope, fault: Fault) {
        self.links.inflict(scope, fault);
    }

    /// Takes back what was inflicted of one kind.
    pub fn lift(&self, kind: Kind) {
        self.links.lift(&[kind]);
    }

    /// Takes back all that was inflicted. What has happened to a connection has happened: one that
    /// lost bytes passes no more of them in that direction, since TCP delivers nothing after a gap.
    pub fn heal(&self) {
        self.links.lift(&Kind::ALL);
    }

    /// How many round trips there were, on all connections together, since the last
    /// [`reset_counts`](Self::reset_counts).
    ///
    /// On each connection this is how often the direction turned, as the client sees it: something
    /// of the server's is passed on to a client that has sent something since the last such time,
    /// and of which nothing more is waiting to be read. So a pipeline sent in one piece is one round
    /// trip, however the replies come, and a message that nobody asked for is none. A pipeline that
    /// is larger than what fits into a socket may be counted as several.
    pub fn round_trips(&self) -> u64 {
        self.links.tally.round_trips()
    }

    /// How many connections were accepted since the last [`reset_counts`](Self::reset_counts).
    pub fn connections(&self) -> u64 {
        self.links.tally.connections()
    }

    /// How many connections there are now.
    pub fn open_connections(&self) -> usize {
        self.links.open()
    }

    /// How often a kind of fault was seen to happen since the last
    /// [`reset_counts`](Self::reset_counts): not that it was inflicted, but that it hit bytes or a
    /// connection. Only of a refusal, which is the kernel's, it is how often it began.
    pub fn fired(&self, kind: Kind) -> u64 {
        self.links.tally.fired(kind)
    }

    /// Starts all counts anew.
    pub fn reset_counts(&self) {
        self.links.tally.reset();
    }

    /// Lets faults come and go at random until the storm is stopped or dropped.
    pub fn storm(&self, plan: StormPlan) -> Storm {
        Storm::start(Arc::clone(&self.links), plan)
    }
}

impl Drop for Proxy {
    /// The tasks are only told to end. The door is closed at once.
    fn drop(&mut self) {
        self.links.door.end();
    }
}
