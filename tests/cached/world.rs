//! A cache of a test's own, and a count of what was computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use region_cache::backend::Backend;
use region_cache::{Cache, CacheBuilder, Clock, Error};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

/// What a function of a test is given: a cache, and somewhere to say that its body ran.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) cache: Cache,
    pub(crate) clock: Clock,
    runs: Arc<AtomicU32>,
}

/// Something to cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// An error of a function's own, which can say that the cache failed. It cannot be cloned and has no text.
#[derive(Debug)]
pub(crate) enum DbError {
    Gone(u64),
    Cache(Error),
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        let clock = Clock::manual();
        let builder = Cache::builder().clock(clock.clone());
        let cache = change(builder).build().await.unwrap();
        Self { cache, clock, runs: Arc::default() }
    }

    /// The same data behind something that misbehaves.
    pub(crate) async fn behind<B: Backend>(
        &self,
        decorate: impl FnOnce(Arc<dyn Backend>) -> Arc<B>,
    ) -> (Arc<B>, Self) {
        let backend = decorate(self.cache.backend());
        let builder = Cache::builder().clock(self.clock.clone()).backend(backend.clone());
        (backend, Self { cache: builder.build().await.unwrap(), ..self.clone() })
    }

    /// Takes long enough for another call on the same thread to come as far as it gets.
    pub(crate) async fn dawdle() {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    /// Says that a body runs; how many have, this one included.
    pub(crate) fn run(&self) -> u32 {
        self.runs.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How many bodies have run since this was asked.
    pub(crate) fn ran(&self) -> u32 {
        self.runs.swap(0, Ordering::SeqCst)
    }
}

impl User {
    pub(crate) fn new(id: u64, name: &str) -> Self {
        Self { id, name: name.to_owned() }
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

impl DbError {
    /// The cache's error.
    pub(crate) fn cache(self) -> Error {
        match self {
            Self::Cache(error) => error,
            Self::Gone(id) => panic!("{id} is gone"),
        }
    }
}
