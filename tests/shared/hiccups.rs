//! How long the machine itself keeps this process waiting, when it has much else to do.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::timeout;

/// Watches as long as it is held.
pub(super) struct Hiccups {
    longest: Arc<AtomicU64>,
    _watch: JoinSet<()>,
}

impl Hiccups {
    /// Begins to watch the time that a short wait takes.
    pub(super) fn watch() -> Arc<Self> {
        let longest = Arc::new(AtomicU64::new(0));
        let mut watch = JoinSet::new();
        let seen = Arc::clone(&longest);
        watch.spawn(async move {
            loop {
                let start = Instant::now();
                let _ = timeout(SHORT, pending::<()>()).await;
                let late = start.elapsed().saturating_sub(SHORT).as_millis();
                seen.fetch_max(u64::try_from(late).unwrap(), Ordering::SeqCst);
            }
        });
        Arc::new(Self { longest, _watch: watch })
    }

    /// The longest that anything had to wait for nothing.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_millis(self.longest.load(Ordering::SeqCst))
    }
}

const SHORT: Duration = Duration::from_millis(5);
