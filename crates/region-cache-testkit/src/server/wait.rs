//! Waiting for what happens outside of this process.

use std::time::Duration;

use tokio::time::Instant;

/// Asks again and again, every few milliseconds, until there is an answer.
///
/// # Panics
///
/// When the deadline has passed without one, naming what was waited for.
pub async fn poll_until<T, F>(deadline: Duration, what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < deadline, "waited {deadline:?} in vain for {what}");
        pause(STEP).await;
    }
}

/// Lets real time pass: the time of other processes and of the network.
#[expect(
    clippy::disallowed_methods,
    reason = "a server starts and a network delays in real time, which no clock of a test moves"
)]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

const STEP: Duration = Duration::from_millis(5);
