//! The connections of a proxy.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures::future::try_join;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::door::Door;
use super::fault::{Direction, Fault, Kind, Scope};
use super::faults::Faults;
use super::lane::{Ending, Lane};
use super::tally::Tally;

/// All connections, and what they share.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) door: Door,
    pub(super) tally: Tally,
    server: Mutex<SocketAddr>,
    seed: u64,
    register: Mutex<Register>,
}

#[derive(Debug, Default)]
struct Register {
    /// What is to happen to connections to come.
    future: Faults,
    live: HashMap<u64, Arc<Link>>,
    next: u64,
}

/// One connection: a client's and the one to the server that belongs to it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) faults: watch::Sender<Faults>,
    /// Differs from link to link, and is the same in each run.
    pub(super) seed: u64,
    /// Whether the client has sent something since it last got something.
    spoke: AtomicBool,
}

impl Links {
    pub(super) fn new(server: SocketAddr, seed: u64) -> io::Result<Self> {
        Ok(Self {
            door: Door::new()?,
            tally: Tally::default(),
            server: Mutex::new(server),
            seed,
            register: Mutex::default(),
        })
    }

    /// Takes clients as they come. The connections end with this future.
    pub(super) async fn accept(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                client = self.door.accept() => {
                    self.tally.count_connection();
                    let (number, link) = self.enter();
                    tasks.spawn(Arc::clone(&self).serve(client, number, link));
                }
                Some(_) = tasks.join_next() => {}
            }
        }
    }

    pub(super) fn retarget(&self, server: SocketAddr) {
        *self.server.lock() = server;
    }

    pub(super) fn open(&self) -> usize {
        self.register.lock().live.len()
    }

    pub(super) fn inflict(&self, scope: Scope, fault: Fault) {
        if fault == Fault::Refuse {
            if scope != Scope::Existing && self.door.close() {
                self.tally.count(Kind::Refuse);
            }
            return;
        }
        let mut register = self.register.lock();
        if scope != Scope::Existing {
            register.future.add(fault);
        }
        if scope != Scope::Future {
            register.change_live(|faults| faults.add(fault));
        }
    }

    pub(super) fn lift(&self, kinds: &[Kind]) {
        let mut register = self.register.lock();
        kinds.iter().for_each(|&kind| register.future.lift(kind));
        register.change_live(|faults| kinds.iter().for_each(|&kind| faults.lift(kind)));
        if kinds.contains(&Kind::Refuse) {
            self.door.open();
        }
    }

    fn enter(&self) -> (u64, Arc<Link>) {
        let mut register = self.register.lock();
        let number = register.next;
        register.next += 1;
        let link = Arc::new(Link {
            faults: watch::Sender::new(register.future.clone()),
            seed: self.seed.wrapping_mul(1_000_003).wrapping_add(number),
            spoke: AtomicBool::new(false),
        });
        register.live.insert(number, Arc::clone(&link));
        (number, link)
    }

    /// Passes on what the two send each other until both have ended or a fault ends it.
    async fn serve(self: Arc<Self>, mut client: TcpStream, number: u64, link: Arc<Link>) {
        let address = *self.server.lock();
        // Where no server listens the client is reset: refusing it is no longer possible.
        let mut server = TcpStream::connect(address).await;
        let ending = match &mut server {
            Ok(server) => self.exchange(&mut client, server, &link).await,
            Err(_) => Err(Ending::Lost),
        };
        match ending {
            Ok(()) | Err(Ending::Lost) => {}
            Err(Ending::Cut) => self.tally.count(Kind::Cut),
            Err(Ending::Reset) => self.tally.count(Kind::Reset),
        }
        if matches!(ending, Err(Ending::Reset | Ending::Lost)) {
            let _ = client.set_zero_linger();
            let _ = server.map(|server| server.set_zero_linger());
        }
        self.register.lock().live.remove(&number);
    }

    async fn exchange(
        &self,
        client: &mut TcpStream,
        server: &mut TcpStream,
        link: &Link,
    ) -> Result<(), Ending> {
        // The proxy adds no delay of its own. Only a dead socket cannot be set.
        let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = Lane::new(Direction::Up, from_client, to_server, link, &self.tally);
        let down = Lane::new(Direction::Down, from_server, to_client, link, &self.tally);
        try_join(up.run(), down.run()).await.map(|_| ())
    }
}

impl Register {
    fn change_live(&self, change: impl Fn(&mut Faults)) {
        self.live.values().for_each(|link| link.faults.send_modify(&change));
    }
}

impl Link {
    /// The client has sent something.
    pub(super) fn client_spoke(&self) {
        self.spoke.store(true, Relaxed);
    }

    /// The client gets something: whether it has sent something before.
    pub(super) fn client_had_spoken(&self) -> bool {
        self.spoke.load(Relaxed)
    }

    /// The client has got something.
    pub(super) fn client_was_answered(&self) {
        self.spoke.store(false, Relaxed);
    }

    /// Uses up one of a number of faults, if there is one left.
    pub(super) fn take_one(&self, counter: fn(&mut Faults) -> &mut u64) -> bool {
        let mut taken = false;
        self.faults.send_if_modified(|faults| {
            let count = counter(faults);
            taken = *count > 0;
            *count = count.saturating_sub(1);
            false
        });
        taken
    }
}
