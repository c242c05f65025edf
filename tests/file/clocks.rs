//! Time, from one run to the next.

use region_cache::{Clock, EntryOptions, RegionOptions};

use super::{HOUR, MINUTE, Place};

/// Each manual clock begins at the same moment, so the second run's is an hour behind the first's.
#[tokio::test]
async fn a_clock_that_was_set_back_lengthens_no_life() {
    let place = Place::new();
    let clock = Clock::manual();
    let cache = place.open_by(&clock).await;
    clock.advance(HOUR);
    let brief = || EntryOptions::new().ttl(10 * MINUTE);
    cache.region("shop").set_with("k", &1, brief()).await.unwrap();
    drop(cache);

    let clock = Clock::manual();
    let cache = place.open_by(&clock).await;
    let shop = cache.region("shop");
    assert_eq!(shop.ttl("k").await.unwrap(), Some(10 * MINUTE));
    // What is stored now lives just as long.
    shop.set_with("l", &1, brief()).await.unwrap();
    assert_eq!(shop.ttl("l").await.unwrap(), Some(10 * MINUTE));
    clock.advance(10 * MINUTE);
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await.unwrap(), [None, None]);
}

#[tokio::test]
async fn what_has_expired_does_not_live_again_when_the_clock_is_set_back() {
    let place = Place::new();
    let options = || RegionOptions::new().entry_ttl(MINUTE).stale_for(24 * HOUR);
    let clock = Clock::manual();
    let cache = place.builder().clock(clock.clone()).options(options()).build().await.unwrap();
    cache.region("shop").set("k", &1).await.unwrap();
    clock.advance(HOUR);
    assert_eq!(cache.region("shop").get::<i64>("k").await.unwrap(), None);
    // Something that is written tells the file how late it is.
    cache.region("shop").set("other", &1).await.unwrap();
    drop(cache);

    let builder = place.builder().clock(Clock::manual()).options(options());
    let cache = builder.build().await.unwrap();
    // It is still there, as a stale one.
    assert_eq!(cache.stats().entries, 2);
    assert_eq!(cache.region("shop").get::<i64>("k").await.unwrap(), None);
}
