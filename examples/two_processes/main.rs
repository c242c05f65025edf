//! Two processes on one Redis server: one says what has happened, and what the other reads has fallen.
//!
//! Run with: `cargo run --example two_processes`, or with the URL of a server behind `--`. Without one it
//! starts a server of its own: the program that `REGION_CACHE_REDIS_SERVER` names, or a redis-server or
//! valkey-server on the path.

#[cfg(unix)]
mod narrator;
#[cfg(unix)]
mod parts;
#[cfg(unix)]
mod process;

use region_cache::BoxError;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    #[cfg(unix)]
    return narrator::run().await;
    #[cfg(not(unix))]
    {
        println!("Servers are started on Unix only, so there is nothing to be seen here.");
        Ok(())
    }
}
