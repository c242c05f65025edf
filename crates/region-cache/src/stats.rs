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
    /// Computed values that were stored, also by [`Miss::fill`](crate::Miss::fill).
    pub fills: u64,
    /// Fills that were refused: an invalidation or a write overtook them, or the lease was another's.
    pub refused_fills: u64,
    /// Loaders that were called.
    pub computations: u64,
    /// Loaders among them that failed, panicked or took too long.
    pub failed_computations: u64,
    /// Loaders among them that were called to refresh a value before it expired.
    pub refreshes: u64,
    /// Callers that were given what another caller in this process computed.
    pub joined: u64,
    /// Times that somebody waited for a computation elsewhere: in another process, or of another type.
    pub lease_waits: u64,
    /// Leases that were taken over from a holder who let their deadline pass.
    pub takeovers: u64,
    /// Callers that were given a value which had run out of time.
    pub stale_served: u64,
    /// Calls of `#[cached]` functions that give no `Result` and went around the cache because it failed.
    pub detours: u64,
    /// Signals that were emitted here.
    pub signals: u64,
    /// Signals of other caches that were heard.
    pub heard_signals: u64,
    /// Messages of foreign programs on the channels of signals.
    pub foreign_signals: u64,
    /// Messages that were not understood.
    pub ignored_messages: u64,
    /// Whether the backend is being spared.
    pub breaker: BreakerState,
    /// Failed invalidations, removals and expiries that wait to be done again.
    pub replay_queue: u64,
    /// Transactions that were committed.
    pub transactions: u64,
    /// Times that a transaction met another writer and began again or gave up.
    pub conflicts: u64,
    /// Invalidations that were confirmed.
    pub invalidations: u64,
    /// Regions whose memory was freed after them.
    pub freed_regions: u64,
    /// Entries in this process, or in its file, stale ones included; zero where the data lives elsewhere.
    pub entries: u64,
    /// Bytes that entries and regions take in this process, or in its file.
    pub bytes: u64,
    /// Regions in this process, or in its file.
    pub regions: u64,
    /// Entries that were evicted from this process for want of room.
    pub evicted: u64,
}

/// What the circuit breaker does. It opens when the backend has left several operations in a row
/// unanswered; everything is then refused at once, but for one operation now and then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerState {
    /// Everything passes.
    #[default]
    Closed,
    /// Everything is refused.
    Open,
    /// One operation is on its way to see whether the backend is back; the others are refused.
    HalfOpen,
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
    pub(crate) computations: Counter,
    pub(crate) failed_computations: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) joined: Counter,
    pub(crate) lease_waits: Counter,
    pub(crate) takeovers: Counter,
    pub(crate) stale_served: Counter,
    pub(crate) detours: Counter,
    pub(crate) signals: Counter,
    pub(crate) heard_signals: Counter,
    pub(crate) foreign_signals: Counter,
    pub(crate) ignored_messages: Counter,
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
            computations: self.computations.get(),
            failed_computations: self.failed_computations.get(),
            refreshes: self.refreshes.get(),
            joined: self.joined.get(),
            lease_waits: self.lease_waits.get(),
            takeovers: self.takeovers.get(),
            stale_served: self.stale_served.get(),
            detours: self.detours.get(),
            signals: self.signals.get(),
            heard_signals: self.heard_signals.get(),
            foreign_signals: self.foreign_signals.get(),
            ignored_messages: self.ignored_messages.get(),
            transactions: self.transactions.get(),
            conflicts: self.conflicts.get(),
            invalidations: self.invalidations.get(),
            freed_regions: self.freed_regions.get(),
            ..Stats::default()
        }
    }
}
