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
        if let Err(error) = self.guard(&region, id, false).await {
            // Perhaps it is there: then nobody shall wait for its end.
            let (this, region) = (Arc::clone(&self), region.clone());
            self.tasks.run(async move { drop(this.unguard(&region, id).await) });
            return Err(error);
        }
        let commit = pin!(async { commit().await });
        let value = match select(commit, pin!(self.keep_guard(&region, id))).await {
            Either::Left((value, _)) => value,
            Either::Right(((), commit)) => commit.await,
        };
        let opened = self.unguard(&region, id).await;
        let value = value.map_err(Error::other)?;
        let was_there = opened.map_err(|cause| {
            // The guard ends by itself, in its time. Until then nothing is stored.
            self.replay.invalidation_failed(&region, &cause);
            committed(&region, cause)
        })?;
        // Frees what is left, and is what makes good a guard that was lost.
        let invalidated = Arc::clone(&self).invalidate(&region).await;
        invalidated.map_err(|cause| committed(&region, cause))?;
        if was_there { Ok(value) } else { Err(lost(&region)) }
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.link.call(Effect::Changes, |backend| backend.unguard(region, id)).await
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

/// The error of one who must not commit again.
fn committed(region: &Address, cause: Error) -> Error {
    let message = format!(
        "the commit succeeded, but region `{region}` could not be opened and invalidated after it: {cause}; \
         it is opened when the guard's time is over, and invalidated as soon as that can be confirmed"
    );
    Error::new(ErrorKind::Unconfirmed, message).because(cause)
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
