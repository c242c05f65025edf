//! Closing a region around a commit, so that not even a process that dies leaves anything stale.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};

use crate::backend::Id;
use crate::engine::Engine;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::link::Effect;
use crate::name::Address;
use crate::tasks::timer;

impl Engine {
    pub(crate) async fn guarded<T, F, Fut, E>(
        self: Arc<Self>,
        region: Address,
        commit: F,
    ) -> Result<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Into<BoxError>,
    {
        let id = Id::random();
        self.guard(&region, id, false).await?;
        let commit = pin!(async { commit().await });
        let value = match select(commit, pin!(self.keep_guard(&region, id))).await {
            Either::Left((value, _)) => value,
            Either::Right(((), commit)) => commit.await,
        };
        let open = self.link.call(Effect::Changes, |backend| backend.unguard(&region, id)).await;
        let was_there = match open {
            Ok(was_there) => was_there,
            // The guard ends by itself, in its time. Until then nothing is stored.
            Err(error) if value.is_ok() => {
                self.replay.invalidation_failed(&region, &error);
                return Err(error);
            }
            Err(_) => true,
        };
        let value = value.map_err(Error::other)?;
        // Frees what is left, and is what makes good a guard that was lost.
        self.invalidate(&region).await?;
        if was_there { Ok(value) } else { Err(lost(&region)) }
    }

    async fn guard(&self, region: &Address, id: Id, again: bool) -> Result<bool> {
        self.link.call(Effect::Changes, |backend| backend.guard(region, id, TIME, again)).await
    }

    /// Lets the guard live on, as long as it is there and this is polled.
    async fn keep_guard(&self, region: &Address, id: Id) {
        while let Some(pause) = timer(self.link.clock(), TIME / 3) {
            pause.await;
            if matches!(self.guard(region, id, true).await, Ok(false)) {
                // Its end is told of when the commit has ended.
                break;
            }
        }
        pending::<()>().await;
    }
}

fn lost(region: &Address) -> Error {
    Error::new(
        ErrorKind::GuardLost,
        format!(
            "the commit succeeded, but the guard of region `{region}` was lost while it ran (evicted, \
             flushed, or past its time): something of before may have been read from the cache \
             meanwhile; the region was invalidated after it"
        ),
    )
}

/// How long a region stays closed whose guard is not heard of any more.
const TIME: Duration = Duration::from_secs(30);
