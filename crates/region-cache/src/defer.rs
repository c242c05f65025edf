//! Putting off what must not happen before a commit.

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;

use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::tasks::Tasks;

tokio::task_local! {
    static LATER: Arc<Mutex<Vec<BoxFuture<'static, Result<()>>>>>;
}

/// Puts an act off until the commit that the running code is part of; whether there is one.
pub(crate) fn put_off<F>(act: impl FnOnce() -> F) -> bool
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    LATER.try_with(|later| later.lock().push(act().boxed())).is_ok()
}

/// Whether the running code is part of a commit.
pub(crate) fn is_put_off() -> bool {
    LATER.try_with(|_| ()).is_ok()
}

/// Runs a commit, and after it has succeeded what was put off in it; within another commit, after that one.
pub(crate) async fn after_commit<T, F, Fut, E>(tasks: &Tasks, commit: F) -> Result<T>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    if let Ok(outer) = LATER.try_with(Arc::clone) {
        let before = outer.lock().len();
        let result = commit().await.map_err(Error::other);
        if result.is_err() {
            outer.lock().truncate(before);
        }
        return result;
    }
    let later: Arc<Mutex<Vec<_>>> = Arc::default();
    let commit = LATER.scope(Arc::clone(&later), async { commit().await });
    let value = commit.await.map_err(Error::other)?;
    let acts = std::mem::take(&mut *later.lock());
    run(tasks, acts).await?;
    Ok(value)
}

/// Does all of it, also if nobody waits for it any more: the commit has succeeded.
pub(crate) async fn run(tasks: &Tasks, acts: Vec<BoxFuture<'static, Result<()>>>) -> Result<()> {
    let acts = async { join_all(acts).await.into_iter().collect::<Result<()>>() };
    if !tasks.can_keep() {
        return acts.await;
    }
    let (tell, told) = oneshot::channel();
    tasks.keep(async move {
        // Whoever made the commit may not be there any more.
        let _ = tell.send(acts.await);
    });
    let gone = || Err(Error::new(ErrorKind::Closed, "the invalidations ended with their runtime"));
    told.await.unwrap_or_else(|_| gone())
}
