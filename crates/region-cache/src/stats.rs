//! What a cache has seen and done.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a cache has seen and done since it was made, in this process, and what it holds.
///
/// ```
/// # use region_cache::Cache;
/// # futures::executor::block_on(async {
/// let cache = Cache::in_memory();
/// cache.region("shop").set("price", &1999).await?;
/// cache.region("shop").get::<i64>("price").await?;
/// cache.region("shop").get::<i64>("weight").await?;
/// let stats = cache.stats();
/// assert_eq!((stats.hits, stats.misses, stats.writes), (1, 1, 1));
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Keys that were read and found.
    pub hits: u64,
    /// Keys that were read and absent.
    pub misses: u64,
    /// Misses among them that had a value which could not be read: of another version, schema or
    /// type, or damaged.
    pub undecodable: u64,
    /// Changes of keys that were confirmed: set, add, increment, remove, expire, and those of
    /// transactions.
    pub writes: u64,
    /// Values that were stored by [`Miss::fill`](crate::Miss::fill).
    pub fills: u64,
    /// Fills that were refused: an invalidation or a write overtook them, or the lease was another's.
    pub refused_fills: u64,
    /// Transactions that were committed.
    pub transactions: u64,
    /// Times that a transaction met another writer and began again or gave up.
    pub conflicts: u64,
    /// Invalidations that were confirmed.
    pub invalidations: u64,
    /// Regions whose memory was freed after them.
    pub freed_regions: u64,
    /// Entries in this process, stale ones included; zero where the data lives elsewhere.
    pub entries: u64,
    /// Bytes that entries and regions take in this process.
    pub bytes: u64,
    /// Regions in this process.
    pub regions: u64,
    /// Entries that were evicted from this process for want of room.
    pub evicted: u64,
}

/// The numbers behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
    pub(crate) undecodable: Counter,
    pub(crate) writes: Counter,
    pub(crate) fills: Counter,
    pub(crate) refused_fills: Counter,
    pub(crate) transactions: Counter,
    pub(crate) conflicts: Counter,
    pub(crate) invalidations: Counter,
    pub(crate) freed_regions: Counter,
}

/// A number that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// All of the counted numbers; those of the backend are left at zero.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            undecodable: self.undecodable.get(),
            writes: self.writes.get(),
            fills: self.fills.get(),
            refused_fills: self.refused_fills.get(),
            transactions: self.transactions.get(),
            conflicts: self.conflicts.get(),
            invalidations: self.invalidations.get(),
            freed_regions: self.freed_regions.get(),
            ..Stats::default()
        }
    }
}
