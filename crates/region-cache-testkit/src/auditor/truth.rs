use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

/// What is true about each key, whatever a cache says. Keys are numbered from 0.
#[async_trait]
pub trait Truth: fmt::Debug + Send + Sync + 'static {
    /// The version of a key: what a loader finds.
    async fn version(&self, key: usize) -> u64;

    /// Makes a key newer; its version from now on.
    async fn renew(&self, key: usize) -> u64;

    /// Notes that the cache has confirmed to forget all versions of a key before this one.
    async fn confirm(&self, key: usize, version: u64);

    /// The oldest version of a key that a read which begins now may find.
    async fn confirmed(&self, key: usize) -> u64;
}

/// The truth in one process.
#[derive(Debug)]
pub struct Table(Vec<Row>);

#[derive(Debug, Default)]
struct Row {
    version: AtomicU64,
    confirmed: AtomicU64,
}

impl Table {
    /// A truth about so many keys, each at version 0.
    pub fn new(keys: usize) -> Self {
        Self((0..keys).map(|_| Row::default()).collect())
    }
}

#[async_trait]
impl Truth for Table {
    async fn version(&self, key: usize) -> u64 {
        self.0[key].version.load(Ordering::SeqCst)
    }

    async fn renew(&self, key: usize) -> u64 {
        self.0[key].version.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn confirm(&self, key: usize, version: u64) {
        self.0[key].confirmed.fetch_max(version, Ordering::SeqCst);
    }

    async fn confirmed(&self, key: usize) -> u64 {
        self.0[key].confirmed.load(Ordering::SeqCst)
    }
}
