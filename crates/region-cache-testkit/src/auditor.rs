//! Many readers and writers on a tree of regions, and a truth outside the cache that tells whether a
//! reader saw what had been invalidated before it began to read.
//!
//! Each key has a version in the [`Truth`]. A writer makes it newer, invalidates (the key, its region,
//! one above it, or everything), and when that is confirmed says so in the truth. A reader notes what
//! is confirmed, then reads; on a miss it loads the version from the truth and fills, or has the cache
//! compute it, by loaders that are slow or nest. What it gets must never be older than what it noted.
//!
//! The truth is a trait, so that several processes can share one: by a [`Ledger`].

mod computing;
mod dice;
#[cfg(unix)]
mod ledger;
mod reader;
mod report;
mod tree;
mod truth;
mod writer;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use region_cache::{Cache, Region};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[cfg(unix)]
pub use self::ledger::Ledger;
use self::report::Tally;
pub use self::report::{Finding, Report};
pub use self::tree::Tree;
pub use self::truth::{Table, Truth};

/// Reads and writes a tree of regions, and compares what it reads with the truth.
#[derive(Debug)]
pub struct Auditor {
    tree: Tree,
    truth: Arc<dyn Truth>,
    plan: Plan,
    tally: Tally,
    /// A permit for each change that a writer may make: readers give them out as they go along, so
    /// that the shares of hits and misses do not depend on the machine.
    changes: Semaphore,
    is_over: AtomicBool,
}

/// What an audit is like.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many reads make an audit.
    pub reads: u64,
    /// How many reads there are for each change: few enough that fills are overtaken, and many enough
    /// that most reads are hits.
    pub reads_per_change: u64,
    /// How many of sixteen times, up to 13, a reader reads a whole region and fills what is absent. Each
    /// key counts as a read.
    pub regions: usize,
    /// What chance comes from: each process has another.
    pub seed: u64,
}

impl Auditor {
    /// An audit of so many reads, nearly all of single keys.
    pub fn new(tree: Tree, truth: Arc<dyn Truth>, reads: u64) -> Arc<Self> {
        Self::planned(tree, truth, Plan { reads, reads_per_change: 20, regions: 0, seed: 0 })
    }

    /// An audit that is like this.
    pub fn planned(tree: Tree, truth: Arc<dyn Truth>, plan: Plan) -> Arc<Self> {
        let (tally, changes) = (Tally::default(), Semaphore::new(0));
        Arc::new(Self { tree, truth, plan, tally, changes, is_over: AtomicBool::new(false) })
    }

    /// Runs so many readers and as many writers, in turn on each of the caches, until there were
    /// enough reads, or too much was found that cannot be.
    ///
    /// They are tasks that rarely wait: for each of them to be at any point at any time, the runtime
    /// needs a thread for each.
    pub async fn run(self: &Arc<Self>, caches: &[Cache], pairs: usize) -> Report {
        let mut tasks = JoinSet::new();
        let first = self.plan.seed << 32;
        for (seed, cache) in (first..).zip(caches.iter().cycle().take(pairs)) {
            let (auditor, reading) = (Arc::clone(self), cache.clone());
            tasks.spawn(async move { auditor.read(&reading, seed).await });
            let (auditor, writing) = (Arc::clone(self), cache.clone());
            tasks.spawn(async move { auditor.write(&writing, !seed).await });
        }
        tasks.join_all().await;
        self.report()
    }

    /// Ends it, however many reads there were.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// What was seen so far.
    pub fn report(&self) -> Report {
        self.tally.report()
    }

    fn regions(&self, cache: &Cache) -> Vec<Region> {
        (0..self.tree.regions()).map(|region| cache.region(self.tree.path(region))).collect()
    }

    /// Has the cache do something, and notes how long that takes.
    async fn timed<T>(&self, operation: &'static str, act: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let output = act.await;
        self.tally.took(operation, start.elapsed());
        output
    }
}
