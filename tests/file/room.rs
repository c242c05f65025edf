//! The file holds so much and no more.

use std::time::Duration;

use region_cache::backend::{Act, Address, Change, Draft, Expiry, When};
use region_cache::{Clock, EntryOptions, Key, RegionOptions};

use super::{HOUR, MINUTE, Place, until};

const CAPACITY: u64 = 200_000;

#[tokio::test]
async fn the_oldest_makes_room() {
    let place = Place::new();
    let cache = place.builder().file_capacity(CAPACITY).build().await.unwrap();
    let shop = cache.region("shop");
    for number in 0..500 {
        shop.set(number, &vec![0_u8; 1_000]).await.unwrap();
        assert!(cache.stats().bytes <= CAPACITY);
    }
    let stats = cache.stats();
    assert!(stats.evicted > 300 && stats.entries > 100, "{stats:?}");
    // The latest are there.
    let latest = shop.get_many::<Vec<u8>>(450..500).await.unwrap();
    assert!(latest.iter().all(Option::is_some));
    assert_eq!(shop.get::<Vec<u8>>(0).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_read_is_spared() {
    let place = Place::new();
    let cache = place.builder().file_capacity(CAPACITY).build().await.unwrap();
    let shop = cache.region("shop");
    shop.set("dear", "x").await.unwrap();
    for number in 0..1_000 {
        shop.set(number, &vec![0_u8; 1_000]).await.unwrap();
        assert!(shop.contains("dear").await.unwrap(), "after {number}");
    }
}

#[tokio::test]
async fn what_is_larger_than_everything_is_refused() {
    let place = Place::new();
    let cache = place.builder().file_capacity(CAPACITY).build().await.unwrap();
    let shop = cache.region("shop").with(|o| o.compress_above(usize::MAX));
    shop.set("small", &1).await.unwrap();
    let error = shop.set("large", &vec![1_u8; 300_000]).await.unwrap_err();
    assert!(error.is_too_large() && error.to_string().contains("file_capacity"), "{error}");
    assert_eq!(shop.get::<i64>("small").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_file_that_is_given_less_room_makes_do_with_it() {
    let place = Place::new();
    let cache = place.open().await;
    for number in 0..300 {
        cache.region("shop").set(number, &vec![0_u8; 1_000]).await.unwrap();
    }
    assert!(cache.stats().bytes > CAPACITY);
    drop(cache);

    let cache = place.builder().file_capacity(CAPACITY).build().await.unwrap();
    for number in 0..3 {
        cache.region("shop").set(number, &0).await.unwrap();
    }
    assert!(cache.stats().bytes <= CAPACITY);
}

#[tokio::test]
async fn what_has_expired_is_swept_out_without_being_asked_for() {
    let (place, clock) = (Place::new(), Clock::manual());
    let options = RegionOptions::new().entry_ttl(MINUTE);
    let builder = place.builder().clock(clock.clone()).options(options);
    let cache = builder.region("session", RegionOptions::new().ttl(HOUR)).build().await.unwrap();
    for number in 0..300 {
        let region = cache.region("shop").region(&format!("r{number}"));
        region.set("k", &1).await.unwrap();
    }
    let session = cache.region("session");
    session.set_with("k", &1, EntryOptions::new().no_ttl()).await.unwrap();
    clock.advance(2 * MINUTE);
    until("entries are swept out", async || Ok(cache.stats().entries == 1)).await;
    assert_eq!(cache.stats().regions, 1);
    clock.advance(HOUR);
    until("regions are swept out", async || Ok(cache.stats().entries == 0)).await;
    assert_eq!(cache.stats().regions, 0);
}

#[tokio::test]
async fn what_expired_between_two_runs_is_swept_out() {
    let (place, clock) = (Place::new(), Clock::manual());
    let cache = place.open_by(&clock).await;
    cache.region("shop").set_with("k", &1, EntryOptions::new().ttl(MINUTE)).await.unwrap();
    drop(cache);
    clock.advance(HOUR);
    let cache = place.open_by(&clock).await;
    until("it is swept out", async || Ok(cache.stats().entries == 0)).await;
}

#[tokio::test]
async fn a_region_that_is_of_use_only_as_a_whole_is_evicted_as_one() {
    const SIZE: u64 = 50;
    let place = Place::new();
    let cache = place.builder().file_capacity(CAPACITY).build().await.unwrap();
    let region = Address::parse("region-cache", "whole").unwrap();
    let changes = (0..SIZE).map(|number| Change {
        region: region.clone(),
        key: Key::from(number),
        act: Act::Put {
            draft: Draft::integer(1, 0, 0),
            expiry: Expiry::Never,
            keep: Duration::ZERO,
            when: When::Always,
        },
        region_ttl: None,
        refresh_region_ttl: false,
        requires: None,
        is_whole: true,
    });
    cache.backend().write(changes.collect()).await.unwrap();
    let (whole, rest) = (cache.region("whole"), cache.region("rest"));
    assert_eq!(cache.stats().entries, SIZE);
    for number in 0..1_000 {
        rest.set(number, &vec![0_u8; 1_000]).await.unwrap();
        let entries = cache.stats().entries - rest.len().await.unwrap();
        assert!(entries == 0 || entries == SIZE, "{entries} of {SIZE} are left");
    }
    assert_eq!(whole.len().await.unwrap(), 0);
}
