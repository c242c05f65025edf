//! One who does things over a bad line, and looks over a good one whether they were done.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use region_cache::{Cache, Error, Region, Result};
use region_cache_testkit::server::poll_until;

/// Works in regions that nobody else works in.
pub(super) struct Witness {
    bad: Cache,
    good: Cache,
    name: String,
    is_over: AtomicBool,
    confirmed: AtomicU64,
    unconfirmed: AtomicU64,
    refused: AtomicU64,
    untrue: Mutex<Vec<String>>,
    slowest: Mutex<(Duration, &'static str)>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("name", &self.name)
            .field("confirmed", &self.confirmed)
            .field("unconfirmed", &self.unconfirmed)
            .field("refused", &self.refused)
            .field("slowest", &*self.slowest.lock().unwrap())
            .finish_non_exhaustive()
    }
}

impl Witness {
    pub(super) fn new(bad: Cache, good: Cache, number: usize) -> Arc<Self> {
        Arc::new(Self {
            bad,
            good,
            name: format!("witness{number}"),
            is_over: AtomicBool::new(false),
            confirmed: AtomicU64::new(0),
            unconfirmed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            untrue: Mutex::default(),
            slowest: Mutex::default(),
        })
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Does one thing after another until it is told to end.
    pub(super) async fn testify(self: Arc<Self>) {
        for number in 0.. {
            // What was not confirmed may still be under way: it shall disturb nothing else.
            let path = format!("{}.{number}.item", self.name);
            let mut is_known = true;
            while is_known && !self.is_over.load(Ordering::SeqCst) {
                is_known = self.visit(&path).await;
            }
            let pinged = async || self.bad.ping().await.ok();
            poll_until(PATIENCE, "the bad line to be mended", pinged).await;
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    pub(super) fn assert_true(&self, longest: Duration) {
        let (slowest, name) = *self.slowest.lock().unwrap();
        assert!(slowest < longest, "`{name}` took {slowest:?}");
        let untrue = self.untrue.lock().unwrap();
        assert!(untrue.is_empty(), "{untrue:#?}");
        let [confirmed, unconfirmed] = [&self.confirmed, &self.unconfirmed];
        assert!(confirmed.load(Ordering::SeqCst) >= 100, "too little was confirmed: {self:?}");
        assert!(unconfirmed.load(Ordering::SeqCst) >= 1, "nothing was in doubt: {self:?}");
    }

    /// Does all that can be done to a region; whether it may be gone on with.
    async fn visit(&self, path: &str) -> bool {
        let here = &self.bad.region(path);
        let above = self.bad.region(path.strip_suffix(".item").unwrap());
        self.sees("set", path, here.set("k", &1), [None, Some(1)]).await
            && self.sees("increment", path, add(here, 1, 2), [Some(1), Some(2)]).await
            && self.sees("commit", path, commit(here, 2, 3), [Some(2), Some(3)]).await
            && self.sees("remove", path, remove(here), [Some(3), None]).await
            && self.sees("add", path, added(here, 4), [None, Some(4)]).await
            && self.sees("expire", path, expire(here), [Some(4), None]).await
            && self.sees("set_many", path, set_many(here, 5), [None, Some(5)]).await
            && self.sees("invalidate", path, invalidate(here), [Some(5), None]).await
            && self.sees("commit blindly", path, put(here, 6), [None, Some(6)]).await
            && self.sees("invalidate above", path, invalidate(&above), [Some(6), None]).await
    }

    /// Does something, and compares what it says with what is there afterwards; whether it was done.
    async fn sees(
        &self,
        name: &'static str,
        path: &str,
        act: impl Future<Output = Result<()>>,
        [before, after]: [Option<i64>; 2],
    ) -> bool {
        let start = Instant::now();
        let result = act.await;
        let time = start.elapsed();
        {
            let mut slowest = self.slowest.lock().unwrap();
            *slowest = (*slowest).max((time, name));
        }
        let (count, wanted) = match &result {
            Ok(()) => (&self.confirmed, Some(after)),
            // It may or may not have happened.
            Err(error) if error.is_unconfirmed() => (&self.unconfirmed, None),
            // It has not happened.
            Err(_) => (&self.refused, Some(before)),
        };
        count.fetch_add(1, Ordering::SeqCst);
        let there = self.good.region(path).get::<i64>("k").await.unwrap();
        if wanted.is_some_and(|wanted| there != wanted) {
            let what = format!("`{name}` in {path} was {result:?}, and there is {there:?}");
            self.untrue.lock().unwrap().push(what);
        }
        if let Err(error) = &result
            && !(error.is_unconfirmed() || error.is_unavailable() || error.is_timeout())
        {
            self.untrue.lock().unwrap().push(format!("`{name}` in {path}: {error:?}"));
        }
        result.is_ok()
    }
}

async fn add(region: &Region, delta: i64, sum: i64) -> Result<()> {
    region.increment("k", delta).await.and_then(|found| same(found, sum))
}

async fn commit(region: &Region, from: i64, to: i64) -> Result<()> {
    let commit = region.transaction(async |t| {
        same(t.get::<i64>("k").await?.unwrap_or_default(), from)?;
        t.set("k", &to)
    });
    commit.await
}

async fn put(region: &Region, value: i64) -> Result<()> {
    region.transaction(async |t| t.set("k", &value)).await
}

async fn added(region: &Region, value: i64) -> Result<()> {
    region.add("k", &value).await.and_then(|added| same(i64::from(added), 1))
}

async fn remove(region: &Region) -> Result<()> {
    region.remove("k").await.and_then(|removed| same(i64::from(removed), 1))
}

async fn expire(region: &Region) -> Result<()> {
    region.expire("k").await.and_then(|expired| same(i64::from(expired), 1))
}

async fn set_many(region: &Region, value: i64) -> Result<()> {
    region.set_many([("k", &value), ("other", &value)]).await
}

async fn invalidate(region: &Region) -> Result<()> {
    region.invalidate().await.map(drop)
}

/// Nobody else works here: what is found must be what was left.
fn same(found: i64, left: i64) -> Result<()> {
    if found == left { Ok(()) } else { Err(Error::other(format!("{found} instead of {left}"))) }
}

const PATIENCE: Duration = Duration::from_secs(20);
