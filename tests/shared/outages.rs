//! What callers of `get_or_compute` notice of a server that stops, dies or cannot be reached: little, and
//! not for long.

mod frozen;
mod queued;
mod restarted;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use region_cache::{BoxError, BreakerState, Cache, CacheBuilder, Region, Result};
use region_cache_testkit::server::poll_until;
use tokio::time::timeout;

use super::hiccups::Hiccups;

/// A cache to be that waits for nobody very long.
fn hasty(url: &str) -> CacheBuilder {
    Cache::builder().url(url).operation_timeout(TIMEOUT)
}

/// The value of a key, by a loader that takes no time.
async fn compute(region: &Region, key: &str, value: i64) -> Result<i64> {
    region.get_or_compute(key, async || Ok::<_, BoxError>(value)).await
}

/// Waits until a cache works as ever: what is computed once is there for the next, and nothing is held
/// back; how long it took since then.
async fn is_normal(cache: &Cache, since: Instant) -> Duration {
    static VISITS: AtomicU64 = AtomicU64::new(0);
    let visit = VISITS.fetch_add(1, Ordering::Relaxed);
    let region = cache.region("normal").region(&visit.to_string());
    let normal = async || {
        region.invalidate().await.ok()?;
        let hits = cache.stats().hits;
        let values = [compute(&region, "k", 1).await.ok()?, compute(&region, "k", 2).await.ok()?];
        let stats = cache.stats();
        let is_calm = stats.breaker == BreakerState::Closed && stats.replay_queue == 0;
        (values == [1, 1] && stats.hits > hits && is_calm).then_some(())
    };
    poll_until(PATIENCE, "everything to be normal again", normal).await;
    since.elapsed()
}

/// That everything was normal again soon enough: within two seconds, and what the machine took.
fn assert_soon(time: Duration, hiccups: &Arc<Hiccups>) {
    let most = Duration::from_secs(2) + hiccups.longest() * 2;
    println!("normal after {time:?}; hiccups of {:?}", hiccups.longest());
    assert!(time < most, "normal only after {time:?}");
}

/// Time passes: that of a server, which no clock of a test moves.
async fn short_pause() {
    let _ = timeout(Duration::from_millis(5), pending::<()>()).await;
}

const TIMEOUT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);
