//! `#[cached]` and `#[invalidates]`: functions, methods, and what deletes what.
//!
//! Run with: `cargo run --example memoize [url]`; without a URL it works in memory.

use std::sync::atomic::{AtomicU32, Ordering};

use region_cache::{BoxError, Cache, Error, cached, invalidates};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

#[derive(Clone, Debug, thiserror::Error)]
enum DbError {
    #[error("no user {0}")]
    NoSuchUser(u64),
    #[error(transparent)]
    Cache(#[from] Error),
}

/// How often the database was asked.
static QUERIES: AtomicU32 = AtomicU32::new(0);

/// One region for each tenant, one entry for each user.
#[cached(region = "example.users.{tenant}", key = "{id}", ttl = "10m")]
async fn load_user(tenant: &str, id: u64) -> Result<User, DbError> {
    QUERIES.fetch_add(1, Ordering::Relaxed);
    if id == 0 {
        return Err(DbError::NoSuchUser(id));
    }
    Ok(User { id, name: format!("user {id} of {tenant}") })
}

/// The same templates name the same entry.
#[invalidates(region = "example.users.{tenant}", key = "{id}")]
async fn rename_user(tenant: &str, id: u64, name: &str) -> Result<(), DbError> {
    println!("  update users set name = '{name}' where tenant = '{tenant}' and id = {id}");
    Ok(())
}

/// Without a region it has one of its own; without a key all arguments make it, but for what is skipped.
#[cached(ttl = "1m", skip(_log), store_if = |found| !found.is_empty())]
async fn search(_log: &str, words: &[&str], page: u32) -> Result<Vec<u64>, Error> {
    QUERIES.fetch_add(1, Ordering::Relaxed);
    Ok((0..words.len() as u64).map(|at| at + u64::from(page)).collect())
}

struct Shop {
    cache: Cache,
    tenant: String,
}

impl Shop {
    /// A function that cannot fail goes around a cache that does. `None` is kept for five seconds.
    #[cached(
        cache = "self.cache",
        region = "example.stock.{self.tenant}",
        key = "{id}",
        negative_ttl = "5s"
    )]
    async fn stock(&self, id: u64) -> Option<u32> {
        QUERIES.fetch_add(1, Ordering::Relaxed);
        (id < 100).then_some(12)
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let cache = Cache::connect(&url).await?;
    cache.region("example").invalidate().await?; // what an earlier run has left there
    cache.clone().set_global()?; // once, before the first call

    let user = load_user("acme", 7).await?;
    assert_eq!(load_user("acme", 7).await?, user);
    println!("asked twice for {user:?}: {} query", queries());

    rename_user("acme", 7, "Ada").await?;
    load_user("acme", 7).await?;
    println!("after it was renamed: {} query", queries());

    load_user("acme", 8).await?;
    load_user("umbrella", 7).await?;
    queries();
    load_user::invalidate_all("acme").await?; // every user of acme, and nobody else's
    for (tenant, id) in [("acme", 7), ("acme", 8), ("umbrella", 7)] {
        load_user(tenant, id).await?;
    }
    assert_eq!(queries(), 2);
    println!("after all of acme was invalidated: 2 queries for 3 users");

    // The caller whose own call ran gets its own error; errors are not cached.
    let error = load_user("acme", 0).await.expect_err("there is none");
    assert!(matches!(error, DbError::NoSuchUser(0)));
    queries();

    search("first", &["anvil", "rope"], 1).await?;
    search("second", &["anvil", "rope"], 1).await?;
    println!("searched twice: {} query, in region {}", queries(), search::region());
    search::invalidate(&["anvil", "rope"], 1).await?;
    search("third", &["anvil", "rope"], 1).await?;
    assert_eq!(queries(), 1);

    let shop = Shop { cache: cache.clone(), tenant: "acme".into() };
    assert_eq!((shop.stock(7).await, shop.stock(7).await), (Some(12), Some(12)));
    assert_eq!((shop.stock(404).await, shop.stock(404).await), (None, None));
    println!("asked four times for stock: {} queries", queries());
    shop.stock_invalidate(7).await?;
    assert_eq!(shop.stock(7).await, Some(12));

    cache.shutdown().await;
    Ok(())
}

/// How often the database was asked since this was last called.
fn queries() -> u32 {
    QUERIES.swap(0, Ordering::Relaxed)
}
