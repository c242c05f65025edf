//! The site as a browser sees it, on a folder in which things happen.

mod passing;
mod serving;
mod watching;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use region_cache::Cache;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::folder::Root;
use crate::serve::serve;
use crate::site::Site;
use crate::watch::Watch;

/// A running server.
struct Server {
    address: String,
    cache: Cache,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<(), String>>,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    async fn of(folder: &Path) -> Self {
        let cache = Cache::in_memory();
        let root = Arc::new(Root::open(folder).expect("a folder"));
        let site = Site::new(Arc::clone(&root), cache.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let watch = Watch::begin(&root).expect("a watcher");
        let (stop, stopped) = oneshot::channel();
        let stopped = async move {
            let _ = stopped.await;
        };
        let mut running = JoinSet::new();
        running.spawn(serve(listener, site, watch, stopped));
        Self { address, cache, stop, running }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await
    }

    async fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status =
            head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Asks until the answer is as it should be.
    async fn until(&self, path: &str, as_it_should_be: impl Fn(&Answer) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        loop {
            pace.tick().await;
            let answer = self.get(path).await;
            if as_it_should_be(&answer) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} still is {answer:?}");
        }
    }

    async fn until_body(&self, path: &str, body: &str) {
        self.until(path, |answer| answer.body == body).await;
    }

    async fn end(mut self) -> Result<(), String> {
        let _ = self.stop.send(());
        let ended = self.running.join_next().await.expect("a server").expect("no panic");
        self.cache.shutdown().await;
        ended
    }
}

impl Answer {
    fn x_cache(&self) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix("x-cache: "))
    }
}

const PLAIN: (&str, &str) = ("_layout.html", "{{ content }}");
