//! Work behind the caller's back, and waiting. The only caller of `tokio::spawn` and of timers,
//! and the only place where a thread is started.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Either, select};
use futures::poll;
use futures::task::noop_waker_ref;
use tokio::runtime::{Handle, RuntimeFlavor};
#[cfg(feature = "minijinja")]
use tokio::task::JoinError;
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::time::Clock;

/// The background tasks of one cache. Dropping this ends those that have no end of their own.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs a job that nobody waits for: at once as far as it gets without waiting, and the rest on
    /// the caller's runtime. Without a runtime the rest is dropped, so a job must be one that
    /// somebody else can finish, or that need not be finished.
    pub(crate) fn run(&self, job: impl Future<Output = ()> + Send + 'static) {
        let mut job = Box::pin(job);
        if let Poll::Ready(()) = job.poll_unpin(&mut Context::from_waker(noop_waker_ref())) {
            return;
        }
        self.keep(job);
    }

    /// Whether there is a runtime to keep something running on.
    pub(crate) fn can_keep(&self) -> bool {
        Handle::try_current().is_ok() && !self.stop.is_cancelled()
    }

    /// Keeps something running on the caller's runtime, as long as this lives.
    pub(crate) fn keep(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let stopped = self.stop.clone().cancelled_owned();
            let task = async move {
                select(pin!(task), pin!(stopped)).await;
            };
            self.running.spawn_on(task, &runtime);
        }
    }

    /// Waits until every job has ended, and then ends the rest; both for no longer than `limit`,
    /// because a task on a runtime that nobody drives ends never.
    pub(crate) async fn end(&self, clock: &Clock, limit: Duration) {
        self.running.close();
        self.stop.cancel();
        let ended = self.running.wait();
        match timer(clock, limit) {
            Some(late) => drop(select(pin!(ended), late).await),
            None => drop(ended.now_or_never()),
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a thread, for work that blocks for long and has no runtime. Its owner ends it and waits for it.
#[cfg(feature = "file")]
pub(crate) fn thread(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Ends when `time` has passed by `clock`. Outside a runtime there are no timers: then there is none.
///
/// A runtime without [`enable_time`](tokio::runtime::Builder::enable_time) panics here, as it does
/// for every timer.
pub(crate) fn timer(clock: &Clock, time: Duration) -> Option<BoxFuture<'static, ()>> {
    if let Some(mut hand) = clock.by_hand() {
        let until = clock.now().saturating_add(time);
        let clock = clock.clone();
        return Some(Box::pin(async move {
            // The sender lives in `clock`, so this cannot fail before the time has come.
            let _ = hand.wait_for(|now| *now >= until).await;
            drop(clock);
        }));
    }
    Handle::try_current().is_ok().then(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the place for it")]
        let sleep = tokio::time::sleep(time);
        Box::pin(sleep) as BoxFuture<'static, ()>
    })
}

/// What becomes of something within `limit` by `clock`; `None` if that is too short. What needs no
/// waiting needs no timer, nor a runtime that has one; where there is none, this waits without limit.
pub(crate) async fn within<T>(
    clock: &Clock,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    if let Poll::Ready(done) = poll!(future.as_mut()) {
        return Some(done);
    }
    let Some(late) = timer(clock, limit) else { return Some(future.await) };
    match select(future, late).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// Runs something that blocks on a thread that is there for such things, and waits for its end. It goes on
/// to its end when nobody waits for it any longer. `None` where there is no runtime.
#[cfg(feature = "minijinja")]
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<Result<T, JoinError>> {
    let runtime = Handle::try_current().ok()?;
    Some(runtime.spawn_blocking(work).await)
}

/// Runs something in a task that may take its time: the runtime's other tasks go on elsewhere, where there
/// is an elsewhere.
pub(crate) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}

/// Waits before trying again. Where time is moved by hand nobody may be there to move it: then, as
/// where there are no timers, this only lets others go first.
pub(crate) async fn back_off(clock: &Clock, time: Duration) {
    match timer(clock, time).filter(|_| clock.by_hand().is_none()) {
        Some(timer) => timer.await,
        None => go_last().await,
    }
}

/// Lets whatever else is ready go first.
pub(crate) async fn go_last() {
    tokio::task::yield_now().await;
}
