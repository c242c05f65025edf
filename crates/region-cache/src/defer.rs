//! Putting off what must not happen before a commit.

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;

use crate::error::{BoxError, Error, Result};

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

/// Runs a commit, and after it has succeeded what was put off in it.
pub(crate) async fn after_commit<T, F, Fut, E>(commit: F) -> Result<T>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    let later: Arc<Mutex<Vec<_>>> = Arc::default();
    let commit = LATER.scope(Arc::clone(&later), async { commit().await });
    let value = commit.await.map_err(Error::other)?;
    let acts = std::mem::take(&mut *later.lock());
    join_all(acts).await.into_iter().collect::<Result<()>>()?;
    Ok(value)
}
