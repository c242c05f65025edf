//! A value is computed anew before it expires, by one caller, while all others are served.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::time::{Duration, Instant};

use futures::future::join;
use region_cache::{Cache, EntryOptions, RefreshAhead, Region, Result};
use tokio::task::yield_now;

use super::loaders::{
    Door, Loaded, drive, drive_on, fail, load, meanwhile, never, settle, until_stored,
};
use super::samples::{MINUTE, Runs, SECOND};
use super::{Case, World};
use crate::backends::{Counting, Operation};

#[doc(hidden)]
#[macro_export]
macro_rules! refresh {
    ($fixture:ty) => {
        $crate::cases! { $fixture, refresh:
            nothing_is_refreshed_before_its_time
            who_comes_after_its_time_refreshes_a_value
            one_caller_in_the_fleet_refreshes_and_the_others_are_served
            a_refresh_that_fails_serves_what_is_there
            a_refresh_that_fails_is_throttled
            a_refresh_that_takes_too_long_serves_what_is_there
            a_refresh_behind_its_caller_makes_nobody_wait
            a_refresh_behind_its_caller_sees_what_is_there
            a_refresh_can_be_overtaken
            a_dropped_refresh_leaves_the_next_one_free
            what_has_expired_is_not_refreshed_but_computed
            what_has_no_end_is_not_refreshed
            a_costly_value_is_refreshed_by_its_cost
            a_cheap_value_is_hardly_refreshed_by_its_cost
            a_share_that_makes_no_sense_is_refused
            refreshes_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("refresh.rs");

/// A region whose values live for 100 s and are refreshed after 80, with a computed value; then so
/// many seconds pass.
async fn aged(world: &World, seconds: u32) -> Result<Region> {
    let shop = refreshing(world.cache());
    shop.get_or_compute("k", || load(1)).await?;
    world.pass(seconds * SECOND).await;
    Ok(shop)
}

fn refreshing(cache: &Cache) -> Region {
    cache.region("shop").with(|o| o.entry_ttl(100 * SECOND).refresh_ahead(0.8))
}

pub async fn nothing_is_refreshed_before_its_time(world: &World) -> Case {
    let shop = aged(world, 78).await?;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 1);
    let behind = shop.get_or_compute_with("k", EntryOptions::new(), |_| load(2));
    assert_eq!(behind.await?, 1);
    assert_eq!(world.cache().stats().refreshes, 0);
    Ok(())
}

pub async fn who_comes_after_its_time_refreshes_a_value(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    assert_eq!(shop.get("k").await?, Some(1));
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    assert_eq!(shop.get("k").await?, Some(2));
    world.assert_ttl(shop.ttl("k").await?, 100 * SECOND);
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 2);
    world.pass(80 * SECOND).await;
    assert_eq!(shop.get_or_compute("k", || load(4)).await?, 4);
    Ok(())
}

pub async fn one_caller_in_the_fleet_refreshes_and_the_others_are_served(world: &World) -> Case {
    let counting = Counting::new(world.connect().await);
    let there = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let (here, there) = (aged(world, 80).await?, refreshing(&there));
    let (door, runs) = (Door::new(), Runs::default());
    let mut first = Box::pin(here.get_or_compute("k", || door.load(2)));
    drive(&mut first, || door.came() == 1).await;
    for shop in [&here, &there] {
        for _ in 0..10 {
            let count = || {
                runs.begin();
                load(3)
            };
            assert_eq!(shop.get_or_compute("k", count).await?, 1);
        }
    }
    // Who was told that another is at it, does not ask at once again.
    assert_eq!(counting.count(Operation::Lease), 1);
    door.unhinge();
    assert_eq!(first.await?, 2);
    for shop in [&here, &there] {
        assert_eq!(shop.get_or_compute("k", never::<i64>).await?, 2);
    }
    assert_eq!((door.came(), runs.count()), (1, 0));
    Ok(())
}

pub async fn a_refresh_that_fails_serves_what_is_there(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 1);
    world.pass(SECOND).await;
    assert_eq!(shop.get_or_compute("k", never::<i64>).await?, 1);
    world.pass(SECOND).await;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    let stats = world.cache().stats();
    assert_eq!((stats.failed_computations, stats.stale_served), (2, 0));
    Ok(())
}

pub async fn a_refresh_that_fails_is_throttled(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    let runs = Runs::default();
    let fails = || {
        runs.begin();
        fail::<i64>()
    };
    for second in 1..=3 {
        for _ in 0..5 {
            assert_eq!(shop.get_or_compute("k", fails).await?, 1);
        }
        assert_eq!(runs.count(), second);
        world.pass(SECOND).await;
    }
    Ok(())
}

pub async fn a_refresh_that_takes_too_long_serves_what_is_there(world: &World) -> Case {
    let shop = aged(world, 80).await?.with(|o| o.soft_timeout(SECOND));
    let door = Door::new();
    let time = async {
        door.until_came(1).await;
        world.clock().advance(SECOND);
    };
    let (served, ()) = join(shop.get_or_compute("k", || door.load(2)), time).await;
    assert_eq!(served?, 1);
    assert_eq!(shop.get("k").await?, Some(1));
    world.clock().advance(SECOND);
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 3);
    Ok(())
}

pub async fn a_refresh_behind_its_caller_makes_nobody_wait(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    let door = Door::new();
    let behind = door.clone();
    let refresh = |_| async move { behind.load(2).await };
    assert_eq!(shop.get_or_compute_with("k", EntryOptions::new(), refresh).await?, 1);
    door.until_came(1).await;
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 1);
    door.unhinge();
    until_stored(&shop, "k", 2).await?;
    assert_eq!(world.cache().stats().refreshes, 1);
    Ok(())
}

pub async fn a_refresh_behind_its_caller_sees_what_is_there(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    let refresh = shop.get_or_compute_with("k", EntryOptions::new(), |loading| async move {
        load(loading.stale().copied().unwrap_or(100) + 1).await
    });
    assert_eq!(refresh.await?, 1);
    until_stored(&shop, "k", 2).await?;
    Ok(())
}

pub async fn a_refresh_can_be_overtaken(world: &World) -> Case {
    let other = world.other().await.region("shop");
    for change in 0..4 {
        let (shop, door) = (aged(world, 80).await?, Door::new());
        let overtake = async {
            match change {
                0 => other.invalidate().await.map(|_| None),
                1 => other.remove("k").await.map(|_| None),
                2 => other.expire("k").await.map(|_| None),
                _ => other.set("k", &7).await.map(|()| Some(7)),
            }
        };
        let refresh = shop.get_or_compute("k", || door.load(2));
        let (computed, wanted) = meanwhile(&door, refresh, overtake).await?;
        assert_eq!(computed, 2, "change {change}");
        assert_eq!(shop.get("k").await?, wanted, "change {change}");
        shop.remove("k").await?;
    }
    assert_eq!(world.cache().stats().refused_fills, 4);
    Ok(())
}

pub async fn a_dropped_refresh_leaves_the_next_one_free(world: &World) -> Case {
    let (shop, door) = (aged(world, 80).await?, Door::new());
    let mut dropped = Box::pin(shop.get_or_compute("k", || door.load(2)));
    drive(&mut dropped, || door.came() == 1).await;
    drop(dropped);
    settle(world.cache()).await?;
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 3);
    Ok(())
}

pub async fn what_has_expired_is_not_refreshed_but_computed(world: &World) -> Case {
    let (shop, door) = (aged(world, 100).await?, Door::new());
    let mut first = Box::pin(shop.get_or_compute("k", || door.load(2)));
    drive(&mut first, || door.came() == 1).await;
    let mut second = Box::pin(shop.get_or_compute("k", never::<i64>));
    drive_on(&mut second, world.cache()).await?;
    door.unhinge();
    assert_eq!(join(first, second).await.1?, 2);
    assert_eq!(world.cache().stats().refreshes, 0);
    Ok(())
}

pub async fn what_has_no_end_is_not_refreshed(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.no_ttl().refresh_ahead(0.5));
    shop.set("k", &1).await?;
    world.pass(60 * MINUTE).await;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 1);
    Ok(())
}

/// A loader that takes a millisecond.
async fn slow(value: i64) -> Loaded {
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(1) {
        yield_now().await;
    }
    Ok(value)
}

pub async fn a_costly_value_is_refreshed_by_its_cost(world: &World) -> Case {
    // A millisecond, so many times over, is far longer than any value lives.
    let by_cost = RefreshAhead::by_cost_times(1e18);
    let shop = world.region("shop").with(|o| o.refresh_ahead(by_cost));
    assert_eq!(shop.get_or_compute("k", || slow(1)).await?, 1);
    assert_eq!(shop.get_or_compute("k", || slow(2)).await?, 2);
    let all = |_| async { Ok::<_, region_cache::BoxError>([("l", slow(1).await?)]) };
    assert_eq!(shop.get_or_compute_many(["l"], all).await?, [Some(1)]);
    assert_eq!(shop.get_or_compute("l", || slow(2)).await?, 2);
    // What was set cost nothing.
    shop.set("m", &1).await?;
    assert_eq!(shop.get_or_compute("m", || load(2)).await?, 1);
    Ok(())
}

pub async fn a_cheap_value_is_hardly_refreshed_by_its_cost(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.refresh_ahead(RefreshAhead::by_cost()));
    shop.get_or_compute("k", || slow(1)).await?;
    for _ in 0..100 {
        assert_eq!(shop.get_or_compute("k", || load(2)).await?, 1);
    }
    Ok(())
}

pub async fn a_share_that_makes_no_sense_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    for share in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
        let wrong = shop.with(|o| o.refresh_ahead(share));
        assert!(wrong.get_or_compute("k", never::<i64>).await.unwrap_err().is_config(), "{share}");
        let wrong = EntryOptions::new().refresh_ahead(share);
        let computed = shop.get_or_compute_with("k", wrong, |_| never::<i64>()).await;
        assert!(computed.unwrap_err().is_config(), "{share}");
    }
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let wrong = shop.with(|o| o.refresh_ahead(RefreshAhead::by_cost_times(beta)));
        assert!(wrong.get_or_compute("k", never::<i64>).await.unwrap_err().is_config(), "{beta}");
    }
    Ok(())
}

pub async fn refreshes_are_counted(world: &World) -> Case {
    let shop = aged(world, 80).await?;
    shop.get_or_compute("k", || load(2)).await?;
    shop.get_or_compute("k", never::<i64>).await?;
    let stats = world.cache().stats();
    assert_eq!((stats.hits, stats.misses), (2, 1));
    assert_eq!((stats.computations, stats.refreshes, stats.fills), (2, 1, 2));
    Ok(())
}
