//! The conformance suite on every backend.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use region_cache::backend::Backend;
use region_cache::{Cache, Clock};
use region_cache_testkit::conformance::Fixture;
use region_cache_testkit::server::Server;
use tempfile::TempDir;

mod memory {
    region_cache_testkit::conformance!(crate::conformance::Memory);
}

mod file {
    region_cache_testkit::conformance!(crate::conformance::File);
}

mod redis {
    region_cache_testkit::conformance!(crate::conformance::Redis);
}

/// The backend in this process: its processes are caches that share it.
#[derive(Debug)]
pub(crate) struct Memory {
    clock: Clock,
    backend: Arc<dyn Backend>,
}

#[async_trait]
impl Fixture for Memory {
    async fn start() -> Self {
        let clock = Clock::manual();
        let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
        Self { clock, backend: cache.backend() }
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn connect(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.backend)
    }
}

/// A file of its own: its processes are caches that share it within this one, because only one process
/// at a time can have it.
#[derive(Debug)]
pub(crate) struct File {
    clock: Clock,
    backend: Arc<dyn Backend>,
    _folder: TempDir,
}

#[async_trait]
impl Fixture for File {
    async fn start() -> Self {
        let (clock, folder) = (Clock::manual(), in_memory());
        let url = format!("file:{}", folder.path().join("cache.redb").display());
        let cache = Cache::builder().url(url).clock(clock.clone()).build().await.unwrap();
        Self { clock, backend: cache.backend(), _folder: folder }
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn connect(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.backend)
    }

    async fn pass(&self, time: Duration) {
        // What waits for the thread that writes comes first, and then what is due by now.
        self.backend.ping().await.unwrap();
        self.clock.advance(time);
        self.backend.ping().await.unwrap();
    }
}

/// A folder of one's own, in memory where the system has such folders: thousands of changes that wait for
/// a disk take minutes.
pub(crate) fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// A server of its own, to which each process has its own connection.
#[derive(Debug)]
pub(crate) struct Redis {
    clock: Clock,
    server: Server,
}

#[async_trait]
impl Fixture for Redis {
    async fn start() -> Self {
        Self { clock: Clock::manual(), server: Server::start().await }
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn connect(&self) -> Arc<dyn Backend> {
        Cache::connect(&self.server.url()).await.unwrap().backend()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        // A client takes the server's time for a little later than it is: what ends just now has
        // surely ended.
        self.server.age_entries(time + Duration::from_millis(10)).await;
    }

    fn exact_expiry(&self) -> bool {
        false
    }

    fn coarse_conflicts(&self) -> bool {
        true
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn ordered_keys(&self) -> bool {
        false
    }

    fn local_usage(&self) -> bool {
        false
    }
}
