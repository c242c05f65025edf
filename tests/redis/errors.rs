//! What callers are told when a server is not there, not itself, not willing, or silent.

mod access;
mod connecting;
mod outages;
mod roles;
mod secrets;
mod silence;

use std::time::{Duration, Instant};

use region_cache::{Cache, CacheBuilder, Error, Result};

/// A cache to be that waits for nobody very long.
fn hasty(url: &str) -> CacheBuilder {
    Cache::builder().url(url).operation_timeout(TIMEOUT)
}

/// The error of what must fail, and within the operation timeout and a second.
async fn failure<T>(operation: impl Future<Output = Result<T>>) -> Error {
    let start = Instant::now();
    let Err(error) = operation.await else { panic!("it did not fail") };
    let time = start.elapsed();
    assert!(time < TIMEOUT + Duration::from_secs(1), "after {time:?}: {error}");
    error
}

const TIMEOUT: Duration = Duration::from_millis(500);
