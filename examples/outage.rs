//! A Redis server that dies and comes back: what callers see before, meanwhile and after.
//!
//! Run with: `cargo run --example outage`. It starts a server of its own: the program that
//! `REGION_CACHE_REDIS_SERVER` names, or a redis-server or valkey-server on the path.

use region_cache::BoxError;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    #[cfg(unix)]
    if outage::has_server() {
        return outage::run().await;
    }
    println!("There is no Redis server to be started here, so there is no outage to be seen.");
    Ok(())
}

#[cfg(unix)]
mod outage {
    use std::time::{Duration, Instant};

    use region_cache::{BoxError, BreakerState, Cache, Region};
    use region_cache_testkit::server::{Server, poll_until};

    pub(super) async fn run() -> Result<(), BoxError> {
        let server = Server::start().await;
        let cache = Cache::connect(&server.url()).await?;
        let prices = cache.region("shop.prices");

        let first = ask(&cache, &prices).await?;
        assert_eq!(first, From::Computed);
        assert_eq!(ask(&cache, &prices).await?, From::Cache);

        println!("-- the server is killed");
        server.kill9();
        let began = Instant::now();
        for _ in 0..8 {
            assert_eq!(ask(&cache, &prices).await?, From::Computed);
        }
        assert!(began.elapsed() < Duration::from_secs(8), "each within the operation timeout");
        assert_ne!(cache.stats().breaker, BreakerState::Closed, "the server is spared by now");

        // It cannot be said that the prices are gone. That is an error, and is remembered.
        let error = prices.invalidate().await.err().ok_or("nobody can have confirmed that")?;
        println!("invalidate: {error}");
        println!("   to be done again: {}", cache.stats().replay_queue);
        assert!(error.is_unavailable() || error.is_unconfirmed());
        assert_eq!(cache.stats().replay_queue, 1);

        println!("-- the server is started again");
        server.restart().await;
        let began = Instant::now();
        poll_until(Duration::from_secs(10), "the replay", || async {
            (cache.stats().replay_queue == 0).then_some(())
        })
        .await;
        println!(
            "the invalidation was confirmed {:.0?} after the server was back",
            began.elapsed()
        );
        assert_eq!(ask(&cache, &prices).await?, From::Computed);
        assert_eq!(ask(&cache, &prices).await?, From::Cache);

        cache.shutdown().await;
        Ok(())
    }

    /// Where a price came from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum From {
        Cache,
        Computed,
    }

    /// Asks for a price, and prints what the caller sees.
    async fn ask(cache: &Cache, prices: &Region) -> Result<From, BoxError> {
        let mut from = From::Cache;
        let compute = async || {
            from = From::Computed;
            1999
        };
        let began = Instant::now();
        let price: i64 = prices.get_or_insert_with("anvil", compute).await?;
        let (took, breaker) = (began.elapsed(), cache.stats().breaker);
        let from_where = format!("{from:?}");
        println!("{price}, {from_where:<8} after {took:<8.1?} breaker {breaker:?}");
        Ok(from)
    }

    /// Whether there is a program to start.
    pub(super) fn has_server() -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::var_os("REGION_CACHE_REDIS_SERVER").is_some()
            || std::env::split_paths(&path).any(|folder| {
                ["redis-server", "valkey-server"].iter().any(|name| folder.join(name).is_file())
            })
    }
}
