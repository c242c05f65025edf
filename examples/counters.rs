//! Counters and sets: computed on first use, then changed in place, and gone with their region.
//!
//! Run with: `cargo run --example counters [url]`; without a URL it works in memory.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::TryStreamExt;
use parking_lot::Mutex;
use region_cache::{BoxError, Cache, Error};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let cache = Cache::connect(&url).await?;
    let item = cache.region("example.catalog.42");
    item.invalidate().await?; // what an earlier run has left there

    // A plain counter begins at zero, and no step is lost, however many count at once.
    let views = item.counter("views");
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let views = views.clone();
        tasks.spawn(async move {
            for _ in 0..100 {
                views.increment(1).await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    println!("viewed {} times", views.get().await?);
    assert_eq!(views.get().await?, 1_000);

    // Beyond the range of i64 there is an error, never a wrong number.
    views.set(i64::MAX).await?;
    let overflow = views.increment(1).await.expect_err("there is no such number");
    println!("one more than the most: {overflow}");
    assert!(overflow.is_overflow() && views.get().await? == i64::MAX);

    // A computed counter begins with what the database says, and is counted up beside it. First the
    // row, then the counter: where it is absent it is computed, and has seen the row.
    let database = Database::default();
    let likes = item.counter("likes").ttl(Duration::from_secs(60));
    let likes = likes.computed(|| database.count_fans());
    database.add_fan(9);
    println!("{} like it", likes.increment(1).await?);
    database.add_fan(10);
    println!("{} like it", likes.increment(1).await?);
    assert_eq!((likes.get().await?, database.queries()), (4, 1));

    // The same for a set: whether somebody is in it is one round trip, however many are.
    let fans = item.set_of::<u64>("fans").computed(|| database.fans());
    assert!(fans.contains(&7).await? && !fans.contains(&11).await?);
    database.add_fan(11);
    assert!(fans.add(&11).await? && fans.contains(&11).await?);
    let all: BTreeSet<u64> = fans.members().try_collect().await?;
    println!("{} fans: {all:?}, after {} queries in all", fans.len().await?, database.queries());
    assert_eq!((all, database.queries()), (BTreeSet::from([7, 8, 9, 10, 11]), 2));

    // Both fall with their region, and are computed anew.
    cache.region("example.catalog").invalidate().await?;
    assert_eq!((likes.peek().await?, likes.get().await?), (None, 5));
    println!("after the invalidation: {} like it, {} fans", likes.get().await?, fans.len().await?);

    cache.shutdown().await;
    Ok(())
}

/// Who likes the item, and how often that was asked.
struct Database(Mutex<(BTreeSet<u64>, u32)>);

impl Default for Database {
    fn default() -> Self {
        Self(Mutex::new((BTreeSet::from([7, 8]), 0)))
    }
}

impl Database {
    fn add_fan(&self, user: u64) {
        self.0.lock().0.insert(user);
    }

    async fn fans(&self) -> Result<Vec<u64>, BoxError> {
        tokio::task::yield_now().await; // the query
        let mut database = self.0.lock();
        database.1 += 1;
        Ok(database.0.iter().copied().collect())
    }

    async fn count_fans(&self) -> Result<i64, BoxError> {
        Ok(i64::try_from(self.fans().await?.len())?)
    }

    fn queries(&self) -> u32 {
        self.0.lock().1
    }
}
