//! Invalidations, removals and expiries that failed: they are errors, and are done again until they
//! are confirmed.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use region_cache::{Cache, ErrorKind, Key, Region, Result};

use super::loaders::{Door, drive, fail, give, load, meanwhile, settle};
use super::samples::{HOUR, SECOND, miss};
use super::{Case, World};
use crate::backends::{Failing, Operation, Stuck};

#[doc(hidden)]
#[macro_export]
macro_rules! replay {
    ($fixture:ty) => {
        $crate::cases! { $fixture, replay:
            a_failed_invalidation_is_an_error_and_is_done_again
            a_failed_removal_is_an_error_and_is_done_again
            a_failed_expiry_is_an_error_and_is_done_again
            a_failed_clear_is_an_error_and_is_done_again
            an_unconfirmed_invalidation_is_done_again
            what_failed_is_done_again_behind_everybody
            what_must_go_is_not_read
            what_must_go_is_computed_and_not_stored
            what_must_go_stands_in_for_nothing
            what_is_not_meant_is_read
            a_set_afterwards_is_not_taken_away_again
            an_increment_afterwards_begins_anew
            a_transaction_afterwards_is_not_taken_away_again
            a_computation_that_was_under_way_is_not_stored_for_good
            what_was_refused_is_not_done_again
            what_is_refused_keeps_nothing_else_from_being_done
            a_failed_set_is_not_done_again
            a_wider_failure_takes_the_narrower_in
            too_many_failures_become_an_invalidation_of_what_they_have_in_common
            a_shutdown_tries_once_more
        }
    };
}

pub const SOURCE: &str = include_str!("replay.rs");

/// A cache whose backend can be made to fail, with `k` and `l` stored in two regions.
async fn shaky(world: &World) -> Result<(Arc<Failing>, Cache)> {
    let failing = Failing::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(failing.clone())).await;
    for path in ["shop", "shop.catalog", "blog"] {
        cache.region(path).set_many([("k", &1), ("l", &1)]).await?;
    }
    Ok((failing, cache))
}

const CHANGES: [Operation; 2] = [Operation::Write, Operation::Invalidate];

fn queue(cache: &Cache) -> u64 {
    cache.stats().replay_queue
}

/// Lets so much time pass as replaying may need.
async fn give_time(world: &World) -> Result<()> {
    for _ in 0..20 {
        world.clock().advance(Duration::from_millis(100));
        settle(world.cache()).await?;
    }
    Ok(())
}

pub async fn a_failed_invalidation_is_an_error_and_is_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    assert!(cache.region("shop").invalidate().await.unwrap_err().is_unavailable());
    assert_eq!(queue(&cache), 1);
    assert_eq!(world.region("shop.catalog").get("k").await?, Some(1));
    failing.mend();
    assert_eq!(cache.region("shop.catalog").get::<i64>("k").await?, None);
    assert_eq!(queue(&cache), 0);
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    assert_eq!(world.region("blog").get("k").await?, Some(1));
    Ok(())
}

pub async fn a_failed_removal_is_an_error_and_is_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    failing.fail(CHANGES);
    assert!(shop.remove("k").await.unwrap_err().is_unavailable());
    assert!(cache.region("blog").remove_many(["k", "l"]).await.unwrap_err().is_unavailable());
    assert_eq!(queue(&cache), 3);
    failing.mend();
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [None, Some(1)]);
    assert_eq!(cache.region("blog").len().await?, 0);
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    assert_eq!(queue(&cache), 0);
    Ok(())
}

pub async fn a_failed_expiry_is_an_error_and_is_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &2).await?;
    failing.fail(CHANGES);
    assert!(shop.expire("k").await.unwrap_err().is_unavailable());
    failing.mend();
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!(miss::<i64>(&shop, "k").await?.stale(), Some(&2));
    Ok(())
}

pub async fn a_failed_clear_is_an_error_and_is_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    assert!(cache.clear().await.unwrap_err().is_unavailable());
    assert!(cache.region("blog").get::<i64>("k").await.unwrap_err().is_unavailable());
    failing.mend();
    assert_eq!(cache.region("blog").get::<i64>("k").await?, None);
    assert_eq!(world.cache().root().children().await?, []);
    Ok(())
}

pub async fn an_unconfirmed_invalidation_is_done_again(world: &World) -> Case {
    let stuck = Stuck::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    let shop = cache.region("shop");
    shop.set("k", &1).await?;
    stuck.lose_requests([Operation::Invalidate]);
    let mut invalidation = Box::pin(shop.invalidate());
    drive(&mut invalidation, || stuck.lost() == 1).await;
    world.clock().advance(SECOND);
    assert!(invalidation.await.unwrap_err().is_unconfirmed());
    assert_eq!(queue(&cache), 1);
    stuck.mend();
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!(queue(&cache), 0);
    Ok(())
}

pub async fn what_failed_is_done_again_behind_everybody(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(Operation::ALL);
    cache.region("shop.catalog").invalidate().await.unwrap_err();
    cache.region("blog").remove("k").await.unwrap_err();
    give_time(world).await?;
    assert_eq!(queue(&cache), 2);
    failing.mend();
    give_time(world).await?;
    assert_eq!(queue(&cache), 0);
    assert_eq!(world.region("shop.catalog").get::<i64>("k").await?, None);
    assert_eq!(world.region("blog").get_many::<i64>(["k", "l"]).await?, [None, Some(1)]);
    Ok(())
}

pub async fn what_must_go_is_not_read(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let catalog = cache.region("shop.catalog");
    let keys = catalog.keys();
    failing.fail(CHANGES);
    cache.region("shop").invalidate().await.unwrap_err();
    let errors = [
        catalog.get::<i64>("k").await.unwrap_err(),
        catalog.get_many::<i64>(["k", "l"]).await.unwrap_err(),
        catalog.contains("k").await.unwrap_err(),
        catalog.ttl("k").await.unwrap_err(),
        catalog.len().await.unwrap_err(),
        catalog.lookup::<i64>("k").await.unwrap_err(),
        catalog.transaction(async |t| t.get::<i64>("k").await).await.unwrap_err(),
        keys.try_collect::<Vec<Key>>().await.unwrap_err(),
        catalog.entries().try_collect::<Vec<(Key, i64)>>().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_unavailable(), "{error:?}");
    }
    assert_eq!(queue(&cache), 1);
    Ok(())
}

pub async fn what_must_go_is_computed_and_not_stored(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    failing.fail(CHANGES);
    shop.remove("k").await.unwrap_err();
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    let all = |missing: Vec<&'static str>| give(missing.into_iter().map(|key| (key, 3)).collect());
    let values: Vec<Option<i64>> =
        shop.get_or_compute_many::<_, _, _, _, Vec<_>, _>(["k", "l"], all).await?;
    assert_eq!(values[0], Some(3));
    assert_eq!(world.region("shop").get_many::<i64>(["k", "l"]).await?, [Some(1); 2]);
    failing.mend();
    assert_eq!(shop.get_or_compute("k", || load(4)).await?, 4);
    assert_eq!(world.region("shop").get("k").await?, Some(4));
    Ok(())
}

pub async fn what_must_go_stands_in_for_nothing(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    failing.fail(CHANGES);
    shop.invalidate().await.unwrap_err();
    let error = shop.get_or_compute("k", fail::<i64>).await.unwrap_err();
    assert!(error.is_compute(), "{error:?}");
    Ok(())
}

pub async fn what_is_not_meant_is_read(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    cache.region("shop.catalog").invalidate().await.unwrap_err();
    cache.region("blog").remove("k").await.unwrap_err();
    assert_eq!(cache.region("shop").get("k").await?, Some(1));
    assert_eq!(cache.region("blog").get("l").await?, Some(1));
    assert!(cache.region("blog").get::<i64>("k").await.unwrap_err().is_unavailable());
    assert!(cache.region("blog").len().await.unwrap_err().is_unavailable());
    assert_eq!(cache.region("shop.orders").get_or_compute("k", || load(2)).await?, 2);
    Ok(())
}

pub async fn a_set_afterwards_is_not_taken_away_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let (shop, catalog) = (cache.region("shop"), cache.region("shop.catalog"));
    failing.fail(CHANGES);
    catalog.invalidate().await.unwrap_err();
    shop.remove("k").await.unwrap_err();
    failing.mend();
    catalog.set("k", &2).await?;
    shop.set("k", &2).await?;
    give_time(world).await?;
    assert_eq!((catalog.get("k").await?, shop.get("k").await?), (Some(2), Some(2)));
    assert_eq!(catalog.get::<i64>("l").await?, None);
    assert_eq!(queue(&cache), 0);
    Ok(())
}

pub async fn an_increment_afterwards_begins_anew(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    failing.fail(CHANGES);
    shop.remove_many(["k", "l"]).await.unwrap_err();
    failing.mend();
    assert_eq!(shop.increment("k", 7).await?, 7);
    assert!(shop.add("l", &7).await?);
    give_time(world).await?;
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [Some(7), Some(7)]);
    Ok(())
}

pub async fn a_transaction_afterwards_is_not_taken_away_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    failing.fail(CHANGES);
    shop.invalidate().await.unwrap_err();
    failing.mend();
    let seen = shop.transaction(async |t| {
        let seen = t.get::<i64>("k").await?;
        t.set("k", &7)?;
        Ok(seen)
    });
    assert_eq!(seen.await?, None);
    let blind = shop.transaction(async |t| t.set("l", &7));
    blind.await?;
    give_time(world).await?;
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [Some(7), Some(7)]);
    Ok(())
}

pub async fn a_computation_that_was_under_way_is_not_stored_for_good(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    for tree in [true, false] {
        let door = Door::new();
        let failed = async {
            failing.fail(CHANGES);
            let error = match tree {
                true => shop.invalidate().await.unwrap_err(),
                false => shop.remove("new").await.unwrap_err(),
            };
            failing.mend();
            Ok(error)
        };
        let computed = shop.get_or_compute("new", || door.load(7));
        let (value, error) = meanwhile(&door, computed, failed).await?;
        assert!(value == 7 && error.is_unavailable());
        assert_eq!(shop.get::<i64>("new").await?, None);
        give_time(world).await?;
        assert_eq!(world.region("shop").get::<i64>("new").await?, None);
    }
    Ok(())
}

pub async fn what_was_refused_is_not_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    for kind in [ErrorKind::Denied, ErrorKind::WrongType, ErrorKind::Auth] {
        failing.fail_with(CHANGES, kind);
        assert_eq!(shop.invalidate().await.unwrap_err().kind(), kind);
        assert_eq!(shop.remove("k").await.unwrap_err().kind(), kind);
        assert_eq!(shop.expire("k").await.unwrap_err().kind(), kind);
        assert_eq!(queue(&cache), 0);
    }
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn a_failed_set_is_not_done_again(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    let shop = cache.region("shop");
    failing.fail(CHANGES);
    shop.set("k", &2).await.unwrap_err();
    shop.increment("k", 1).await.unwrap_err();
    shop.add("new", &1).await.unwrap_err();
    assert_eq!(queue(&cache), 0);
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn a_wider_failure_takes_the_narrower_in(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    for _ in 0..3 {
        cache.region("shop.catalog").remove("k").await.unwrap_err();
    }
    assert_eq!(queue(&cache), 1);
    cache.region("shop.catalog").expire("k").await.unwrap_err();
    cache.region("shop.catalog").remove("l").await.unwrap_err();
    cache.region("shop.catalog.42").invalidate().await.unwrap_err();
    cache.region("blog").remove("k").await.unwrap_err();
    assert!(queue(&cache) >= 4);
    cache.region("shop").invalidate().await.unwrap_err();
    assert_eq!(queue(&cache), 2);
    cache.clear().await.unwrap_err();
    assert_eq!(queue(&cache), 1);
    Ok(())
}

/// Removes 1,001 keys that cannot be removed, in these regions in turn.
async fn overflow(cache: &Cache, paths: &[&str]) -> Result<u64> {
    let regions: Vec<Region> = paths.iter().map(|path| cache.region(path)).collect();
    for (number, region) in (0..1_001).zip(regions.iter().cycle()) {
        region.remove(number).await.unwrap_err();
    }
    Ok(queue(cache))
}

pub async fn too_many_failures_become_an_invalidation_of_what_they_have_in_common(
    world: &World,
) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    assert_eq!(overflow(&cache, &["shop.catalog.42", "shop.catalog.7"]).await?, 1);
    failing.mend();
    give_time(world).await?;
    assert_eq!(queue(&cache), 0);
    assert_eq!(world.region("shop.catalog").get::<i64>("k").await?, None);
    assert_eq!(world.region("shop").get("k").await?, Some(1));
    failing.fail(CHANGES);
    assert!(overflow(&cache, &["shop", "shop.catalog", "blog"]).await? <= 1_000);
    failing.mend();
    for _ in 0..20 {
        give_time(world).await?;
    }
    assert_eq!(queue(&cache), 0);
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    assert_eq!(world.region("blog").get("k").await?, Some(1));
    Ok(())
}

pub async fn a_shutdown_tries_once_more(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    cache.region("shop").invalidate().await.unwrap_err();
    cache.region("blog").remove("k").await.unwrap_err();
    failing.mend();
    cache.shutdown().await;
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    assert_eq!(world.region("blog").get_many::<i64>(["k", "l"]).await?, [None, Some(1)]);
    Ok(())
}

/// What was queued is refused for good when it is tried again.
pub async fn what_is_refused_keeps_nothing_else_from_being_done(world: &World) -> Case {
    let (failing, cache) = shaky(world).await?;
    failing.fail(CHANGES);
    cache.region("shop").remove("k").await.unwrap_err();
    cache.region("blog").invalidate().await.unwrap_err();
    assert_eq!(queue(&cache), 2);
    failing.mend();
    failing.fail_with([Operation::Write], ErrorKind::WrongType);
    give_time(world).await?;
    assert_eq!(queue(&cache), 0);
    assert_eq!(world.region("blog").get::<i64>("k").await?, None);
    assert_eq!(cache.region("shop").get("k").await?, Some(1), "it is read again");
    Ok(())
}
