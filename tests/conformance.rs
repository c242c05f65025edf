//! The conformance suite on every backend.

use std::sync::Arc;

use async_trait::async_trait;
use region_cache::backend::Backend;
use region_cache::{Cache, Clock};
use region_cache_testkit::conformance::Fixture;

mod memory {
    region_cache_testkit::conformance!(crate::conformance::Memory);
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
