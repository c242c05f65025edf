//! What callers are told when a server is not there, not itself, not willing, or silent.

mod access;
mod connecting;
mod outages;
mod roles;
mod secrets;
mod silence;

use std::time::Duration;

use region_cache::{Cache, CacheBuilder, Error, Result};
use tokio::time::timeout;

/// A cache to be that waits for nobody very long.
fn hasty(url: &str) -> CacheBuilder {
    Cache::builder().url(url).operation_timeout(TIMEOUT)
}

/// The error of what must fail, and within the operation timeout and a second. It is another timer that
/// tells: where a machine is busy, both are late.
async fn failure<T>(operation: impl Future<Output = Result<T>>) -> Error {
    match timeout(TIMEOUT + Duration::from_secs(1), operation).await {
        Ok(Err(error)) => error,
        Ok(Ok(_)) => panic!("it did not fail"),
        Err(_) => panic!("it hangs"),
    }
}

/// How soon all must be normal again after an outage: two seconds, and as many for a busy machine.
const SOON: Duration = Duration::from_secs(4);

const TIMEOUT: Duration = Duration::from_millis(500);
