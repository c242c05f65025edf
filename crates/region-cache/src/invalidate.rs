//! Invalidation, and the freeing of what it leaves behind.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::backend::{Id, Step, Walk};
use crate::engine::Engine;
use crate::error::Result;
use crate::link::Effect;
use crate::name::Address;
use crate::tasks::go_last;

/// A confirmed invalidation: everything at and beneath the region is dead for every reader already.
///
/// What is left is memory. A small tree is freed by now, the rest of a large one is being freed in
/// the background, in short steps that nobody has to wait for.
///
/// ```
/// # use region_cache::Cache;
/// # futures::executor::block_on(async {
/// let cache = Cache::in_memory();
/// cache.region("shop.catalog.42").set("price", &1999).await?;
///
/// let invalidated = cache.region("shop").invalidate().await?;
/// assert_eq!(cache.region("shop.catalog.42").get::<i64>("price").await?, None);
/// assert_eq!(invalidated.freed().await?, 3); // shop, shop.catalog and shop.catalog.42
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Invalidated {
    engine: Arc<Engine>,
    /// Whoever holds the lock takes the next step: the background and those who wait alike.
    walk: Arc<Mutex<Walk>>,
}

impl Invalidated {
    /// Waits until all memory is freed; how many regions there were.
    ///
    /// # Errors
    ///
    /// As for any operation. The invalidation itself stays done.
    pub async fn freed(&self) -> Result<u64> {
        loop {
            if let Some(freed) = self.step().await? {
                return Ok(freed);
            }
            go_last().await;
        }
    }

    /// One that is made after a commit: there is nothing to free yet.
    pub(crate) fn put_off(engine: Arc<Engine>, target: Address) -> Self {
        let progress = Step { freed: 0, is_done: true };
        let walk = Walk { id: Id::NONE, target, progress };
        Self { engine, walk: Arc::new(Mutex::new(walk)) }
    }

    /// Takes the next step; the number of regions once all are freed. The lock is held for no longer:
    /// a task that is stopped between two steps must not keep others from going on.
    async fn step(&self) -> Result<Option<u64>> {
        let mut walk = self.walk.lock().await;
        if !walk.progress.is_done {
            let link = &self.engine.link;
            let step = link.call(Effect::Reads, |backend| backend.walk(&walk)).await?;
            walk.progress = Step { freed: walk.progress.freed + step.freed, ..step };
            self.engine.counters.freed_regions.add(step.freed);
        }
        Ok(walk.progress.is_done.then_some(walk.progress.freed))
    }
}

impl Engine {
    pub(crate) async fn invalidate(self: Arc<Self>, target: &Address) -> Result<Invalidated> {
        let walk = self.link.call(Effect::Changes, |backend| backend.invalidate(target)).await;
        let walk = walk.inspect_err(|error| self.replay.invalidation_failed(target, error))?;
        tracing::debug!(region = target.path(), "invalidated");
        let Step { freed, is_done } = walk.progress;
        self.counters.invalidations.add(1);
        self.counters.freed_regions.add(freed);
        let invalidated =
            Invalidated { engine: Arc::clone(&self), walk: Arc::new(Mutex::new(walk)) };
        if !is_done {
            let background = invalidated.clone();
            self.tasks.run(async move {
                // Who waits for the end sees the error; what is left, a later walk adopts.
                let _ = background.freed().await;
            });
        }
        Ok(invalidated)
    }
}
