//! The one way to the backend: refused after shutdown, ended by the operation timeout.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use futures::poll;

use crate::backend::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::tasks::pause;
use crate::time::Clock;

#[derive(Debug)]
pub(crate) struct Link {
    backend: Arc<dyn Backend>,
    clock: Clock,
    timeout: Duration,
    is_closed: AtomicBool,
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
        Self { backend, clock, timeout, is_closed: AtomicBool::new(false) }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The backend, for what neither waits nor can be refused.
    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// Refuses everything from here on; false if that was so already.
    pub(crate) fn close(&self) -> bool {
        !self.is_closed.swap(true, Ordering::SeqCst)
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
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Closed,
                "the cache was shut down; build a new one to go on",
            ));
        }
        self.in_time(effect, act(self.backend.as_ref())).await
    }

    /// Ends an operation that takes longer than the operation timeout.
    pub(crate) async fn in_time<T>(
        &self,
        effect: Effect,
        operation: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut operation = pin!(operation);
        // What answers at once, as memory does, needs no timer, nor a runtime that has one.
        if let Poll::Ready(result) = poll!(operation.as_mut()) {
            return result;
        }
        match select(operation, pin!(pause(&self.clock, self.timeout))).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(self.too_late(effect)),
        }
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
