//! The one way to the backend: refused after shutdown, ended by the operation timeout.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::select;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::backend::Backend;
use crate::breaker::{Breaker, Pass};
use crate::error::{Error, ErrorKind, Result};
use crate::tasks::{timer, within};
use crate::time::Clock;

#[derive(Debug)]
pub(crate) struct Link {
    backend: Arc<dyn Backend>,
    clock: Clock,
    timeout: Duration,
    breaker: Breaker,
    is_closed: AtomicBool,
    under_way: TaskTracker,
}

/// What is in doubt when an operation does not end in time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// Nothing: it only reads.
    Reads,
    /// Whether it happened.
    Changes,
}

impl Link {
    pub(crate) fn new(backend: Arc<dyn Backend>, clock: Clock, timeout: Duration) -> Self {
        Self {
            backend,
            clock,
            timeout,
            breaker: Breaker::new(),
            is_closed: AtomicBool::new(false),
            under_way: TaskTracker::new(),
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The backend, for what neither waits nor can be refused.
    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// Refuses everything from here on, and waits for what is under way; no longer than for one
    /// operation, because what nobody polls ends never.
    pub(crate) async fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.under_way.close();
        let ended = self.under_way.wait();
        if let Some(late) = timer(&self.clock, self.timeout) {
            select(pin!(ended), late).await;
        }
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Asks the backend for an answer, also while it is spared.
    pub(crate) async fn ping(&self) -> Result<()> {
        let _under_way = self.enter()?;
        let pass = self.breaker.enter_anyway();
        self.run(Effect::Reads, pass, self.backend.ping()).await
    }

    /// Has the backend do something.
    pub(crate) async fn call<'a, T, F>(
        &'a self,
        effect: Effect,
        act: impl FnOnce(&'a dyn Backend) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.in_time(effect, async { act(self.backend.as_ref()).await }).await
    }

    /// Ends an operation that takes longer than the operation timeout; refuses it after shutdown, and
    /// while the backend is spared.
    pub(crate) async fn in_time<T>(
        &self,
        effect: Effect,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let _under_way = self.enter()?;
        let pass = self.breaker.enter(&self.clock, self.timeout)?;
        self.run(effect, pass, operation).await
    }

    /// Has the backend do something that does not tell whether it is there.
    pub(crate) async fn prepare<'a, T, F>(
        &'a self,
        act: impl FnOnce(&'a dyn Backend) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let _under_way = self.enter()?;
        // Refused as anything else, but no sign of life.
        drop(self.breaker.enter(&self.clock, self.timeout)?);
        let prepared = within(&self.clock, self.timeout, act(self.backend.as_ref())).await;
        prepared.unwrap_or_else(|| Err(self.too_late(Effect::Reads)))
    }

    /// Fails after shutdown.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.enter().map(drop)
    }

    fn enter(&self) -> Result<TaskTrackerToken> {
        // Counted before the look at `is_closed`, so that whoever closes waits for it or stops it.
        let under_way = self.under_way.token();
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Closed,
                "the cache was shut down; build a new one to go on",
            ));
        }
        Ok(under_way)
    }

    async fn run<T>(
        &self,
        effect: Effect,
        pass: Pass<'_>,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = within(&self.clock, self.timeout, operation).await;
        let result = result.unwrap_or_else(|| Err(self.too_late(effect)));
        pass.settle(&result, &self.clock);
        result
    }

    fn too_late(&self, effect: Effect) -> Error {
        let timeout = self.timeout;
        match effect {
            Effect::Reads => Error::new(
                ErrorKind::Timeout,
                format!(
                    "the backend did not answer a read within {timeout:?} (`operation_timeout`)"
                ),
            ),
            Effect::Changes => Error::new(
                ErrorKind::Unconfirmed,
                format!(
                    "the backend did not confirm a change within {timeout:?} (`operation_timeout`); it \
                     may or may not have happened"
                ),
            ),
        }
    }
}
