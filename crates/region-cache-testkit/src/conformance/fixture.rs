use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use region_cache::Clock;
use region_cache::backend::Backend;

/// A backend under test: some storage, the ways to it, and how it may differ from others.
#[async_trait]
pub trait Fixture: fmt::Debug + Send + Sync + 'static {
    /// Storage for one case. Cases use namespaces of their own, so they may share a server.
    async fn start() -> Self
    where
        Self: Sized;

    /// The clock that the caches of this case go by.
    fn clock(&self) -> &Clock;

    /// A way to the storage, as a process of its own would have it.
    async fn connect(&self) -> Arc<dyn Backend>;

    /// Lets time pass, for the storage and for the caches alike.
    async fn pass(&self, time: Duration) {
        self.clock().advance(time);
    }

    /// Whether the storage's time stands still unless it is told to pass, so that times to live are
    /// exact to the millisecond. Otherwise up to two seconds may be missing.
    fn exact_expiry(&self) -> bool {
        true
    }

    /// Whether a transaction may also meet a conflict in what it did not read: in other keys of a region
    /// that it read from, or where the life of a fence above it was lengthened.
    fn coarse_conflicts(&self) -> bool {
        false
    }

    /// Whether an answer comes over a network, so that polling alone does not bring it nearer.
    fn is_remote(&self) -> bool {
        false
    }

    /// Whether scans bring keys in order.
    fn ordered_keys(&self) -> bool {
        true
    }

    /// Whether the data is in this process, so that `Cache::stats` tells how much of it there is.
    fn local_usage(&self) -> bool {
        true
    }
}
