//! Corners in which earlier versions went wrong.

use std::time::Duration;

use futures::TryStreamExt;
use region_cache::codec::{Bincode, Codec, Decode, Encode, Json};
use region_cache::{
    BoxError, Cache, Clock, EntryOptions, Error, Key, Lookup, RegionOptions, Result,
};

const MINUTE: Duration = Duration::from_secs(60);

async fn with_clock(options: RegionOptions) -> (Cache, Clock) {
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).options(options).build().await.unwrap();
    (cache, clock)
}

/// A tree too large to be freed at once.
async fn large(cache: &Cache) {
    for number in 0..3_000 {
        cache.region("big").region(&number.to_string()).set("k", "v").await.unwrap();
    }
}

#[test]
fn freed_is_not_kept_waiting_by_a_runtime_that_nobody_drives() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (idle, driven) = (runtime(), runtime());
    let cache = Cache::in_memory();
    let invalidated = idle.block_on(async {
        large(&cache).await;
        cache.region("big").invalidate().await.unwrap()
    });
    assert_eq!(driven.block_on(invalidated.freed()).unwrap(), 3_001);
}

#[test]
fn shutdown_is_not_kept_waiting_by_a_runtime_that_nobody_drives() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (idle, driven) = (runtime(), runtime());
    let clock = Clock::system();
    let builder = Cache::builder().clock(clock).operation_timeout(Duration::from_millis(50));
    let cache = idle.block_on(builder.build()).unwrap();
    idle.block_on(async {
        large(&cache).await;
        cache.region("big").invalidate().await.unwrap();
    });
    driven.block_on(cache.shutdown());
}

#[tokio::test]
async fn what_is_freed_by_others_is_still_counted_for_its_own_walk() {
    let (cache, clock) = with_clock(RegionOptions::new()).await;
    large(&cache).await;
    let invalidated = cache.region("big").invalidate().await.unwrap();
    clock.advance(MINUTE);
    for _ in 0..200 {
        cache.region("other").set("k", "v").await.unwrap();
    }
    assert_eq!(invalidated.freed().await.unwrap(), 3_001);
    assert_eq!(cache.stats().entries, 1);
}

#[tokio::test]
async fn a_value_read_as_another_type_under_bincode_is_a_miss() {
    let region = Cache::in_memory().region("r").with(|o| o.codec(Bincode));
    region.set("k", &(u64::MAX, 1u8)).await.unwrap();
    assert_eq!(region.get::<String>("k").await.unwrap(), None);
    region.set("k", &(1u64 << 45, 1u8)).await.unwrap();
    assert_eq!(region.get::<Vec<u8>>("k").await.unwrap(), None);
    let many: Vec<u64> = (0..100_000).collect();
    region.set("k", &many).await.unwrap();
    assert_eq!(region.get::<Vec<u64>>("k").await.unwrap(), Some(many), "the limit leaves room");
}

#[tokio::test]
async fn only_integers_can_be_added_to_whatever_the_codec() {
    for region in [
        Cache::in_memory().region("r"),
        Cache::in_memory().region("r").with(|o| o.codec(Bincode)),
        Cache::in_memory().region("r").with(|o| o.codec(Json)),
    ] {
        region.set("bool", &true).await.unwrap();
        region.set("char", &'A').await.unwrap();
        region.set("none", &None::<i64>).await.unwrap();
        region.set("large", &u64::MAX).await.unwrap();
        region.set("tuple", &(200u64,)).await.unwrap();
        region.set("text", "7").await.unwrap();
        for key in ["bool", "char", "none", "large", "tuple", "text"] {
            assert!(region.increment(key, 1).await.unwrap_err().is_wrong_type(), "{key}");
        }
        assert_eq!(region.get::<bool>("bool").await.unwrap(), Some(true), "unchanged");
        assert_eq!(region.get::<u64>("large").await.unwrap(), Some(u64::MAX), "unchanged");
    }
}

#[tokio::test]
async fn beneath_a_bad_path_all_paths_are_bad() {
    let cache = Cache::in_memory();
    cache.region("users").set("k", "v").await.unwrap();
    let tenant = "";
    let error = cache.region(tenant).region("users").invalidate().await.unwrap_err();
    assert!(error.is_invalid_name());
    assert_eq!(cache.region("users").len().await.unwrap(), 1);
    let zero = cache.root().with(|o| o.ttl(Duration::ZERO));
    assert!(zero.children().await.unwrap_err().is_config());
    assert!(zero.region("users").len().await.unwrap_err().is_config());
}

#[tokio::test]
async fn a_conflict_waits_for_nobody_to_move_the_clock() {
    let (cache, _clock) = with_clock(RegionOptions::new()).await;
    let region = cache.region("r");
    let mut runs = 0;
    let result = region
        .transaction(|t| {
            runs += 1;
            let (region, is_early) = (region.clone(), runs < 5);
            async move {
                t.get::<i64>("k").await?;
                if is_early {
                    region.increment("k", 1).await?;
                }
                t.increment("k", 100).await
            }
        })
        .await;
    assert_eq!((result.unwrap(), runs), (104, 5));
}

#[tokio::test]
async fn nothing_is_committed_after_a_shutdown() {
    let cache = Cache::in_memory();
    let backend = cache.backend();
    let region = cache.region("r");
    let error = region
        .transaction(async |t| {
            t.set("k", "v")?;
            cache.clone().shutdown().await;
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(error.is_closed());
    let again = Cache::builder().backend(backend).build().await.unwrap();
    assert_eq!(again.region("r").len().await.unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_is_not_torn_by_eviction() {
    let cache = Cache::builder().memory_capacity(10_000).build().await.unwrap();
    let region = cache.region("r").with(|o| o.compress_above(usize::MAX));
    let value = "x".repeat(4_000);
    let three = [("a", &value), ("b", &value), ("c", &value)];
    assert!(region.set_many(three).await.unwrap_err().is_too_large());
    region.set_many([("a", &value), ("b", &value)]).await.unwrap();
    region.set_many([("c", &value), ("d", &value)]).await.unwrap();
    let found = region.get_many::<String>(["a", "b", "c", "d"]).await.unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(cache.stats().evicted, 2);
}

#[tokio::test]
async fn what_never_was_together_fails_no_closure() {
    let cache = Cache::in_memory();
    let region = cache.region("r");
    region.set_many([("a", &50), ("b", &50)]).await.unwrap();
    let mut runs = 0;
    region
        .transaction(|t| {
            runs += 1;
            let (region, is_first) = (region.clone(), runs == 1);
            async move {
                let a: i64 = t.get("a").await?.unwrap_or(0);
                if is_first {
                    region.set_many([("a", &0), ("b", &100)]).await?;
                }
                let b: i64 = t.get("b").await?.unwrap_or(0);
                if a + b == 100 { Ok(()) } else { Err(Error::other(format!("{a} + {b}"))) }
            }
        })
        .await
        .unwrap();
    assert_eq!(runs, 2);
}

#[tokio::test]
async fn regions_inside_a_transaction_inherit_its_handles_options() {
    let (cache, _clock) = with_clock(RegionOptions::new()).await;
    let home = cache.region("a.b").with(|o| o.schema("v2").entry_ttl(MINUTE));
    home.transaction(async |t| {
        t.region("a.b").set("k", "v")?;
        t.region("a.b.c").set("k", "v")?;
        t.region("a").set("k", "v")
    })
    .await
    .unwrap();
    assert_eq!(home.ttl("k").await.unwrap(), Some(MINUTE));
    assert_eq!(home.region("c").ttl("k").await.unwrap(), Some(MINUTE));
    assert_eq!(cache.region("a").ttl("k").await.unwrap(), Some(MINUTE * 60 * 24));
}

#[tokio::test]
async fn a_transaction_refuses_another_caches_handle() {
    let (one, other) = (Cache::in_memory(), Cache::in_memory().region("r"));
    let result: Result<()> =
        one.region("r").transaction(async |t| t.region(&other).set("k", "v")).await;
    assert!(result.unwrap_err().is_cross_root());
}

#[tokio::test]
async fn two_codecs_with_one_number_are_refused() {
    #[derive(Debug)]
    struct Named(&'static str);
    impl Codec for Named {
        fn id(&self) -> u8 {
            128
        }
        fn name(&self) -> &'static str {
            self.0
        }
        fn encode(&self, value: Encode<'_>, into: &mut dyn std::io::Write) -> Result<(), BoxError> {
            Json.encode(value, into)
        }
        fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
            Json.decode(bytes, into)
        }
    }
    let builder =
        Cache::builder().codec(Named("one")).region("r", RegionOptions::new().codec(Named("two")));
    assert!(builder.build().await.unwrap_err().is_config());
    let cache = Cache::builder().codec(Named("one")).build().await.unwrap();
    let error = cache.region("r").with(|o| o.codec(Named("two"))).set("k", &1).await.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("128"), "{error}");
}

#[tokio::test]
async fn a_fixed_region_begins_anew_when_all_in_it_has_expired_however_much_it_was() {
    let options = RegionOptions::new().ttl(MINUTE * 2).refresh_ttl_on_write(false);
    for many in [10, 1_000] {
        let (cache, clock) = with_clock(options.clone().entry_ttl(MINUTE)).await;
        let region = cache.region("r");
        for key in 0..many {
            region.set(key, "v").await.unwrap();
        }
        clock.advance(MINUTE);
        let long = EntryOptions::new().ttl(MINUTE * 9);
        region.set_with("new", "v", long).await.unwrap();
        assert_eq!(region.ttl("new").await.unwrap(), Some(MINUTE * 2), "{many}");
    }
}

#[tokio::test]
async fn a_region_that_ended_shows_nothing_of_what_it_was() {
    let (cache, clock) = with_clock(RegionOptions::new().ttl(MINUTE).stale_for(MINUTE)).await;
    let region = cache.region("r");
    for key in 0..5_000 {
        region.set(key, &key).await.unwrap();
    }
    clock.advance(MINUTE);
    region.set(1, "new").await.unwrap();
    let keys: Vec<Key> = region.keys().try_collect().await.unwrap();
    assert_eq!(keys, [Key::from(1)]);
    match region.lookup::<i32>(2).await.unwrap() {
        Lookup::Miss(miss) => assert_eq!(miss.stale(), None),
        Lookup::Hit(value) => panic!("{value}"),
    }
    // The old entries go little by little, and take nothing of the new ones along.
    for _ in 0..100 {
        cache.stats();
    }
    assert_eq!(cache.stats().entries, 1);
    assert_eq!(region.get::<String>(1).await.unwrap().as_deref(), Some("new"));
}

#[tokio::test]
async fn leases_weigh_something() {
    let cache = Cache::in_memory();
    let miss = cache.region("r").lookup::<i32>("k".repeat(2_000)).await.unwrap();
    assert!(cache.stats().bytes > 4_000);
    drop(miss);
    let stats = cache.stats();
    assert!(stats.bytes < 1_000 && stats.regions == 0, "{stats:?}");
}
