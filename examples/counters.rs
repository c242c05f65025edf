//! Counting, expiring, handing options down, and walking through keys.
//!
//! Run with: `cargo run --example counters`

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use region_cache::{Cache, EntryOptions, Error, Result};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();

    // An absent counter counts as 0, and no increment is lost, however many run at once.
    let visits = cache.region("stats.visits");
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let visits = visits.clone();
        tasks.spawn(async move {
            for _ in 0..100 {
                visits.increment("home", 1).await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(Error::other)??;
    }
    println!("home was visited {:?} times", visits.get::<i64>("home").await?);
    assert_eq!(visits.get::<i64>("home").await?, Some(1000));

    // Beyond the range of i64 there is an error, never a wrong number.
    visits.set("most", &i64::MAX).await?;
    let overflow = visits.increment("most", 1).await.expect_err("there is no such number");
    println!("one more than the most: {overflow}");
    assert!(overflow.is_overflow());
    assert_eq!(visits.get::<i64>("most").await?, Some(i64::MAX));

    // Options are inherited by the regions beneath a handle; the nearest `with` wins.
    let minute = Duration::from_secs(60);
    let sessions = cache.region("sessions").with(|o| o.entry_ttl(minute));
    sessions.region("alice").set("theme", "dark").await?;
    let left = sessions.region("alice").ttl("theme").await?;
    println!("alice's theme lives for {left:?}");
    assert!(left.is_some_and(|left| left <= minute));

    // One entry may have its own time to live.
    let began = Instant::now();
    let brief = EntryOptions::new().ttl(Duration::from_millis(50));
    sessions.set_with("code", "1234", brief).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    while sessions.contains("code").await? {
        assert!(began.elapsed() < minute, "the code should be gone");
        pace.tick().await;
    }
    println!("the code was gone after {:?}", began.elapsed());
    assert!(began.elapsed() >= Duration::from_millis(50));

    // Keys and entries come as streams, a portion at a time: a huge region never fits into an
    // answer.
    let many = cache.region("many");
    let numbers: Vec<u32> = (0..2500).collect();
    many.set_many(numbers.iter().map(|number| (*number, number))).await?;
    let counted = many.keys().try_fold(0, |count, _key| async move { Ok(count + 1) }).await?;
    let mut entries = many.entries::<u32>();
    let mut sum = 0;
    while let Some(entry) = entries.next().await {
        let (_key, number) = entry?;
        sum += number;
    }
    println!("{counted} keys, and their values add up to {sum}");
    assert_eq!((counted, sum), (2500, numbers.iter().sum()));

    cache.shutdown().await;
    Ok(())
}
