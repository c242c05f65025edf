//! How long the machine itself keeps this process waiting, when it has much else to do.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::time::timeout;

/// Watches as long as somebody holds it.
#[derive(Default)]
pub(super) struct Hiccups {
    longest: AtomicU64,
}

impl Hiccups {
    /// Begins to watch, on a thread of its own, the time that a short wait takes.
    pub(super) fn watch() -> Arc<Self> {
        let hiccups = Arc::new(Self::default());
        let (watched, runtime) = (Arc::downgrade(&hiccups), Handle::current());
        std::thread::spawn(move || while runtime.block_on(Self::look(&watched)) {});
        hiccups
    }

    /// The longest that anything had to wait for nothing.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_millis(self.longest.load(Ordering::SeqCst))
    }

    async fn look(watched: &Weak<Self>) -> bool {
        let start = Instant::now();
        let _ = timeout(SHORT, pending::<()>()).await;
        let late = start.elapsed().saturating_sub(SHORT).as_millis();
        let Some(hiccups) = watched.upgrade() else { return false };
        hiccups.longest.fetch_max(u64::try_from(late).unwrap(), Ordering::SeqCst);
        true
    }
}

const SHORT: Duration = Duration::from_millis(5);
