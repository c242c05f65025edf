//! A relay before a server that holds one request back, so that a test can do something just before it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Passes everything on, but for the requests that it is told to hold.
pub(super) struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    /// What the next request to be held contains.
    needle: Mutex<Option<&'static [u8]>>,
    /// One permit for each request that was held.
    reached: Semaphore,
    /// One permit for each that may go on.
    opened: Semaphore,
}

impl Gate {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            needle: Mutex::new(None),
            reached: Semaphore::new(0),
            opened: Semaphore::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, Arc::clone(&shared)));
        Self { address, shared, _tasks: tasks }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Holds the next request that contains this.
    pub(super) fn hold(&self, needle: &'static [u8]) {
        *self.shared.needle.lock().unwrap() = Some(needle);
    }

    /// Waits until a request is held.
    pub(super) async fn reached(&self) {
        let held = timeout(PATIENCE, self.shared.reached.acquire()).await;
        held.expect("a request to be held").unwrap().forget();
    }

    /// Lets the held request go on.
    pub(super) fn open(&self) {
        self.shared.opened.add_permits(1);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    let mut links = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(server).await else { continue };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        links.spawn(pass(from_client, to_server, Arc::clone(&shared)));
        links.spawn(async move {
            let _ = copy(&mut from_server, &mut to_client).await;
        });
    }
}

/// Requests on their way up. A pipeline of a few commands comes in one piece.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: Arc<Shared>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let piece = &bytes[..count];
        let held = {
            let mut needle = shared.needle.lock().unwrap();
            needle.take_if(|needle| piece.windows(needle.len()).any(|at| at == *needle)).is_some()
        };
        if held {
            shared.reached.add_permits(1);
            if let Ok(opened) = shared.opened.acquire().await {
                opened.forget();
            }
        }
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
