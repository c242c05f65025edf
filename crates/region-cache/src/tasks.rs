//! Work behind the caller's back, and waiting. The only caller of `tokio::spawn` and of timers.

use std::future::Future;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::task::noop_waker_ref;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::time::Clock;

/// The background tasks of one cache.
#[derive(Debug, Default)]
pub(crate) struct Tasks(TaskTracker);

impl Tasks {
    /// Runs a job that nobody waits for: at once as far as it gets without waiting, and the rest on
    /// the caller's runtime. Without a runtime the rest is dropped, so a job must be one that
    /// somebody else can finish, or that need not be finished.
    pub(crate) fn run(&self, job: impl Future<Output = ()> + Send + 'static) {
        let mut job = Box::pin(job);
        if let Poll::Ready(()) = job.poll_unpin(&mut Context::from_waker(noop_waker_ref())) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            self.0.spawn_on(job, &runtime);
        }
    }

    /// Waits until every job has ended.
    pub(crate) async fn end(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

/// Waits for `time` to pass by `clock`.
///
/// Outside a runtime there are no timers: then this only lets others go first.
pub(crate) async fn pause(clock: &Clock, time: Duration) {
    let until = clock.now().saturating_add(time);
    if let Some(mut hand) = clock.by_hand() {
        // The sender lives in `clock`, so this cannot fail before the time has come.
        let _ = hand.wait_for(|now| *now >= until).await;
    } else if Handle::try_current().is_ok() {
        #[expect(clippy::disallowed_methods, reason = "this is the place for it")]
        tokio::time::sleep(time).await;
    } else {
        go_last().await;
    }
}

/// Lets whatever else is ready go first.
pub(crate) async fn go_last() {
    tokio::task::yield_now().await;
}
