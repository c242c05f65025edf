//! The cache in a file: what it keeps from one run to the next, and what becomes of it when runs, disks
//! and files end badly.

mod clocks;
#[cfg(unix)]
mod crashes;
mod damage;
mod ends;
mod opening;
mod restarts;
mod room;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use region_cache::{Cache, CacheBuilder, Clock, Result};
use tempfile::TempDir;
use tokio::task::yield_now;

/// A folder for one cache file. It goes with this value.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: crate::conformance::in_memory() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache.redb")
    }

    fn url(&self) -> String {
        url(&self.path())
    }

    fn builder(&self) -> CacheBuilder {
        Cache::builder().url(self.url())
    }

    async fn open(&self) -> Cache {
        self.builder().build().await.unwrap()
    }

    /// By a clock that a test moves.
    async fn open_by(&self, clock: &Clock) -> Cache {
        self.builder().clock(clock.clone()).build().await.unwrap()
    }
}

fn url(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) {
    let start = Instant::now();
    while !is_so().await.unwrap() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        yield_now().await;
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
