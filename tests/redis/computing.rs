//! Computations on a server, held at will: what overtakes them, who may join them, and what their leases
//! do meanwhile.

mod doomed;
mod full;
mod joining;
mod leases;
mod looks;
mod overtaken;

use std::time::Duration;

use region_cache::{BoxError, Cache, Region, Result, Stats};
use region_cache_testkit::server::{Server, poll_until};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::redis::{invalidate, key};

/// A call of `get_or_compute` whose loader waits until it is let go on. Dropped, it is cancelled.
struct Computation {
    call: JoinSet<Result<i64>>,
    /// A word for each time that the loader is called.
    begun: mpsc::UnboundedReceiver<()>,
    open: watch::Sender<bool>,
}

impl Computation {
    /// Asks for the key `k`, by a loader that gives this value.
    fn ask(region: &Region, value: i64) -> Self {
        let ((begins, begun), (open, mut opened)) =
            (mpsc::unbounded_channel(), watch::channel(false));
        let (region, mut call) = (region.clone(), JoinSet::new());
        call.spawn(async move {
            let load = || async move {
                begins.send(())?;
                opened.wait_for(|open| *open).await?;
                Ok::<_, BoxError>(value)
            };
            region.get_or_compute("k", load).await
        });
        Self { call, begun, open }
    }

    /// The same, and waits until its loader is called.
    async fn begin(region: &Region, value: i64) -> Self {
        let mut computation = Self::ask(region, value);
        computation.begun().await;
        computation
    }

    /// Waits until its loader is called.
    async fn begun(&mut self) {
        timeout(PATIENCE, self.begun.recv()).await.expect("the loader to be called").unwrap();
    }

    /// Whether its loader was called.
    fn has_begun(&mut self) -> bool {
        self.begun.try_recv().is_ok()
    }

    fn open(&self) {
        self.open.send_replace(true);
    }

    /// What its caller is given, without the loader being let go on.
    async fn given(mut self) -> i64 {
        let given = timeout(PATIENCE, self.call.join_next()).await;
        given.expect("an answer to the caller").unwrap().unwrap().unwrap()
    }

    /// Lets the loader go on; what its caller is given.
    async fn end(self) -> i64 {
        self.open();
        self.given().await
    }
}

/// Waits until a cache has seen so many of something.
async fn until(cache: &Cache, what: &str, is_so: impl Fn(&Stats) -> bool) {
    poll_until(PATIENCE, what, async || is_so(&cache.stats()).then_some(())).await;
}

/// Changes the key `k` or what it lies in; what it holds then.
async fn change(cache: &Cache, region: &Region, change: &str) -> Option<i64> {
    match change {
        "set" => region.set("k", &7).await.unwrap(),
        "add" => assert!(region.add("k", &7).await.unwrap()),
        "increment" => assert_eq!(region.increment("k", 7).await.unwrap(), 7),
        "commit" => region.transaction(async |t| t.set("k", &7)).await.unwrap(),
        "remove" => assert!(!region.remove("k").await.unwrap()),
        "expire" => assert!(!region.expire("k").await.unwrap()),
        "invalidate" => drop(region.invalidate().await.unwrap()),
        "invalidate the root" => {
            let root = region.path().split('.').next().unwrap();
            cache.region(root).invalidate().await.unwrap();
        }
        "clear" => invalidate(cache, "").await,
        other => panic!("{other}?"),
    }
    WRITES.contains(&change).then_some(7)
}

/// The lease of the key `k` as it stands on the server: its holder, its stamp, and its deadline in
/// milliseconds.
async fn lease_of(server: &Server, path: &str) -> Option<(String, String, u64)> {
    let record = server.cli(&["HGET", &key('l', path), "k"]).await;
    let mut parts = record.split('|').map(str::to_owned);
    let (holder, stamp) = (parts.next()?, parts.next()?);
    Some((holder, stamp, parts.next()?.parse().unwrap()))
}

const WRITES: [&str; 4] = ["set", "add", "increment", "commit"];
/// They leave nothing under the key.
const REMOVALS: [&str; 5] = ["remove", "expire", "invalidate", "invalidate the root", "clear"];

/// How long a lease lasts that nobody renews.
const LEASE_TIME: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(20);
