//! Expiring, handing options down, and walking through keys.
//!
//! Run with: `cargo run --example entries`

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use region_cache::{Cache, EntryOptions, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();

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
