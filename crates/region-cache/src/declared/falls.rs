//! What falls after a function has succeeded.

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::call::Failure;
use crate::cache::Cache;
use crate::defer::{is_put_off, run};
use crate::error::Result;
use crate::key::Key;
use crate::region::Region;
use crate::signal::Signal;

/// What falls, settled before the function runs.
#[derive(Default)]
pub struct Falls(Vec<Fall>);

enum Fall {
    Key(Region, Key),
    Tree(Region),
    Signal(Cache, String),
}

impl Falls {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn key(mut self, region: Region, key: Key) -> Self {
        self.0.push(Fall::Key(region, key));
        self
    }

    #[must_use]
    pub fn tree(mut self, region: Region) -> Self {
        self.0.push(Fall::Tree(region));
        self
    }

    #[must_use]
    pub fn signal(mut self, cache: &Cache, name: String) -> Self {
        self.0.push(Fall::Signal(cache.clone(), name));
        self
    }

    /// Lets it fall if the function has succeeded.
    pub async fn after_ok<T, E: Failure>(self, result: Result<T, E>) -> Result<T, E> {
        let value = result?;
        self.fall().await?;
        Ok(value)
    }

    /// Lets it fall after a function that can give no error: what fails is done again by the cache itself,
    /// where it can be.
    pub async fn after<T>(self, value: T) -> T {
        if let Err(error) = self.fall().await {
            tracing::warn!(%error, "what was to be invalidated may still be cached");
        }
        value
    }

    /// Also if nobody waits for it any more, because what was to be changed is changed.
    async fn fall(self) -> Result<()> {
        let Some(engine) = self.0.first().map(Fall::engine) else { return Ok(()) };
        let acts: Vec<BoxFuture<'static, Result<()>>> =
            self.0.into_iter().map(|fall| fall.act().boxed()).collect();
        if is_put_off() {
            // Each of them only says what is to be done after the commit.
            for act in acts {
                act.await?;
            }
            return Ok(());
        }
        run(&engine.tasks, acts).await
    }
}

/// Runs a body that is called once, whatever it does with what it captures.
pub fn once<F: FnOnce() -> Fut, Fut: Future>(body: F) -> Fut {
    body()
}

impl Fall {
    fn engine(&self) -> Arc<crate::engine::Engine> {
        match self {
            Self::Key(region, _) | Self::Tree(region) => Arc::clone(region.engine()),
            Self::Signal(cache, _) => Arc::clone(&cache.0),
        }
    }

    async fn act(self) -> Result<()> {
        match self {
            Self::Key(region, key) => region.remove(key).await.map(drop),
            Self::Tree(region) => region.invalidate().await.map(drop),
            Self::Signal(cache, name) => cache.emit(Signal::new(name)).await.map(drop),
        }
    }
}
