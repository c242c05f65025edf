//! Files and rendering, away from the threads that answer requests.

use tokio::task::JoinSet;

/// Runs `work` on a thread that may block; `None` if it panicked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let mut set = JoinSet::new();
    set.spawn_blocking(work);
    set.join_next().await?.ok()
}
