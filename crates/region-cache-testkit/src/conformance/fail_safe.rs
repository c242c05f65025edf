//! A value that ran out of time stands in where its computation fails or takes too long.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use futures::future::{join, join3};
use region_cache::{BoxError, EntryOptions, Region, Result, loaded};

use super::loaders::{
    Door, Loaded, OutOfOrder, Watched, drive, fail, load, meanwhile, never, settle, until_stored,
};
use super::samples::{HOUR, MINUTE, Runs, SECOND, lease};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! fail_safe {
    ($fixture:ty) => {
        $crate::cases! { $fixture, fail_safe:
            a_stale_value_stands_in_for_a_failure
            a_stale_value_stands_in_for_a_panic
            a_stale_value_is_computed_anew_where_that_works
            what_was_invalidated_or_removed_stands_in_for_nothing
            what_was_invalidated_or_removed_meanwhile_stands_in_for_nothing
            a_stale_value_stands_in_for_a_while_only
            the_reader_says_how_stale_a_value_may_be
            a_stale_value_of_another_type_stands_in_for_nothing
            a_loader_that_takes_too_long_is_dropped
            a_loader_that_takes_too_long_goes_on_behind_its_caller
            nobody_is_given_up_where_nothing_stands_in
            who_joined_is_given_the_stale_value_too
            who_waits_for_another_process_is_given_the_stale_value_too
            a_failure_is_throttled_while_a_stale_value_stands_in
            a_failure_is_not_throttled_where_nothing_stands_in
            a_throttled_failure_does_not_outlive_an_invalidation
            what_was_computed_from_a_stale_value_is_not_stored
            what_was_joined_from_a_stale_value_is_not_stored
            stale_values_that_were_served_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("fail_safe.rs");

fn keeping(world: &World) -> Region {
    world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR))
}

/// A region that keeps stale values, with such a one.
async fn stale(world: &World) -> Result<Region> {
    let shop = keeping(world);
    shop.set("k", &1).await?;
    world.pass(MINUTE).await;
    Ok(shop)
}

pub async fn a_stale_value_stands_in_for_a_failure(world: &World) -> Case {
    let shop = keeping(world);
    shop.set_many([("ended", &1), ("expired", &2)]).await?;
    shop.expire("expired").await?;
    assert_eq!(shop.get_or_compute("expired", fail::<i64>).await?, 2);
    world.pass(MINUTE).await;
    assert_eq!(shop.get_or_compute("ended", fail::<i64>).await?, 1);
    assert_eq!(shop.get_or_compute("expired", fail::<i64>).await?, 2);
    let behind = shop.get_or_compute_with("ended", EntryOptions::new(), |_| fail::<i64>());
    assert_eq!(behind.await?, 1);
    assert_eq!(shop.get_many::<i64>(["ended", "expired"]).await?, [None; 2]);
    Ok(())
}

pub async fn a_stale_value_stands_in_for_a_panic(world: &World) -> Case {
    let shop = stale(world).await?;
    let runs = Runs::default();
    let panics = async || -> Loaded {
        runs.begin();
        panic!("boom")
    };
    assert_eq!(shop.get_or_compute("k", panics).await?, 1);
    assert_eq!(runs.count(), 1);
    world.pass(SECOND).await;
    let behind = shop.get_or_compute_with("k", EntryOptions::new(), |_| never::<i64>());
    assert_eq!(behind.await?, 1);
    drop(lease(&world.other().await.region("shop"), "k").await?);
    Ok(())
}

pub async fn a_stale_value_is_computed_anew_where_that_works(world: &World) -> Case {
    let shop = stale(world).await?;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    assert_eq!(shop.get("k").await?, Some(2));
    shop.expire("k").await?;
    assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 2);
    Ok(())
}

pub async fn what_was_invalidated_or_removed_stands_in_for_nothing(world: &World) -> Case {
    let catalog = world.region("shop.catalog").with(|o| o.stale_for(HOUR));
    for number in 0..4 {
        for expired in [false, true] {
            catalog.set("k", &1).await?;
            if expired {
                catalog.expire("k").await?;
                assert_eq!(catalog.get_or_compute("k", fail::<i64>).await?, 1);
            }
            match number {
                0 => drop(catalog.invalidate().await?),
                1 => drop(world.region("shop").invalidate().await?),
                2 => drop(world.cache().clear().await?),
                _ => drop(catalog.remove("k").await?),
            }
            let error = catalog.get_or_compute("k", fail::<i64>).await.unwrap_err();
            assert!(error.is_compute(), "{number}: {error:?}");
        }
    }
    Ok(())
}

pub async fn what_was_invalidated_or_removed_meanwhile_stands_in_for_nothing(
    world: &World,
) -> Case {
    let other = world.other().await.region("shop");
    for removed in [false, true] {
        let (shop, door) = (stale(world).await?, Door::new());
        let failing = async || {
            door.pass().await;
            fail::<i64>().await
        };
        let overtake = async {
            match removed {
                true => other.remove("k").await.map(drop),
                false => other.invalidate().await.map(drop),
            }
        };
        let failed = meanwhile(&door, shop.get_or_compute("k", failing), overtake).await;
        assert!(failed.unwrap_err().is_compute());
    }
    Ok(())
}

pub async fn a_stale_value_stands_in_for_a_while_only(world: &World) -> Case {
    let shop = stale(world).await?;
    world.pass(HOUR - MINUTE).await;
    assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 1);
    world.pass(MINUTE).await;
    assert!(shop.get_or_compute("k", fail::<i64>).await.unwrap_err().is_compute());
    Ok(())
}

pub async fn the_reader_says_how_stale_a_value_may_be(world: &World) -> Case {
    let shop = stale(world).await?;
    world.pass(2 * MINUTE).await;
    let strict = shop.with(|o| o.stale_for(MINUTE));
    assert!(strict.get_or_compute("k", fail::<i64>).await.unwrap_err().is_compute());
    let none = world.region("shop");
    assert!(none.get_or_compute("k", fail::<i64>).await.unwrap_err().is_compute());
    let options = EntryOptions::new().stale_for(HOUR);
    assert_eq!(none.get_or_compute_with("k", options, |_| fail::<i64>()).await?, 1);
    Ok(())
}

pub async fn a_stale_value_of_another_type_stands_in_for_nothing(world: &World) -> Case {
    let shop = stale(world).await?;
    shop.set("k", "text").await?;
    shop.expire("k").await?;
    assert!(shop.get_or_compute("k", fail::<i64>).await.unwrap_err().is_compute());
    assert_eq!(shop.get_or_compute("k", fail::<String>).await?, "text");
    Ok(())
}

pub async fn a_loader_that_takes_too_long_is_dropped(world: &World) -> Case {
    let shop = stale(world).await?.with(|o| o.soft_timeout(SECOND));
    let (door, watched) = (Door::new(), Watched::default());
    let slow = async {
        let _watch = watched.watch();
        door.load(2).await
    };
    let time = async {
        door.until_came(1).await;
        world.clock().advance(SECOND - std::time::Duration::from_millis(1));
        settle(world.cache()).await?;
        assert!(!watched.is_gone());
        world.clock().advance(std::time::Duration::from_millis(1));
        Ok(())
    };
    let (ended, passed): (_, Result<()>) = join(shop.get_or_compute("k", || slow), time).await;
    passed?;
    assert_eq!(ended?, 1);
    assert!(watched.is_gone());
    drop(lease(&world.other().await.region("shop"), "k").await?);
    assert_eq!(shop.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn a_loader_that_takes_too_long_goes_on_behind_its_caller(world: &World) -> Case {
    let shop = stale(world).await?;
    let (door, runs) = (Door::new(), Runs::default());
    let behind = door.clone();
    let slow = |_| async move { behind.load(2).await };
    let options = EntryOptions::new().soft_timeout(SECOND);
    let time = async {
        door.until_came(1).await;
        world.clock().advance(SECOND);
    };
    let (ended, ()) = join(shop.get_or_compute_with("k", options, slow), time).await;
    assert_eq!(ended?, 1);
    let count = || {
        runs.begin();
        load(3)
    };
    assert_eq!(shop.get_or_compute("k", count).await?, 1);
    door.unhinge();
    until_stored(&shop, "k", 2).await?;
    assert_eq!((door.came(), runs.count()), (1, 0));
    Ok(())
}

pub async fn nobody_is_given_up_where_nothing_stands_in(world: &World) -> Case {
    let shop = keeping(world).with(|o| o.soft_timeout(SECOND));
    let door = Door::new();
    let time = async {
        world.clock().advance(3 * SECOND);
        settle(world.cache()).await
    };
    let computed = meanwhile(&door, shop.get_or_compute("k", || door.load(2)), time).await?;
    assert_eq!(computed.0, 2);
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn who_joined_is_given_the_stale_value_too(world: &World) -> Case {
    let shop = stale(world).await?;
    let door = Door::new();
    let fails = async || {
        door.pass().await;
        fail::<i64>().await
    };
    let mut first = Box::pin(shop.get_or_compute("k", fails));
    drive(&mut first, || door.came() == 1).await;
    let hasty = shop.with(|o| o.soft_timeout(SECOND));
    let time = async {
        settle(world.cache()).await?;
        world.clock().advance(SECOND);
        Ok(())
    };
    let second = hasty.get_or_compute("k", || load(3));
    let (second, passed): (_, Result<()>) = join(second, time).await;
    passed?;
    assert_eq!(second?, 1);
    let another = world.cache_with(|builder| builder).await;
    let strict = another.region("shop");
    let mut waits = Box::pin(strict.get_or_compute("k", || load(4)));
    drive(&mut waits, || another.stats().lease_waits == 1).await;
    door.unhinge();
    assert_eq!(first.await?, 1);
    assert_eq!(waits.await?, 4);
    assert_eq!(world.cache().stats().stale_served, 2);
    Ok(())
}

pub async fn who_waits_for_another_process_is_given_the_stale_value_too(world: &World) -> Case {
    let shop = stale(world).await?.with(|o| o.soft_timeout(SECOND));
    let held = lease(&world.other().await.region("shop"), "k").await?;
    let runs = Runs::default();
    let count = || {
        runs.begin();
        load(2)
    };
    let time = async {
        settle(world.cache()).await?;
        world.clock().advance(SECOND);
        Ok(())
    };
    let (ended, passed): (_, Result<()>) = join(shop.get_or_compute("k", count), time).await;
    passed?;
    assert_eq!(ended?, 1);
    // The next ones do not wait as long.
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 1);
    assert!(held.fill(&4).await?);
    assert_eq!(shop.get_or_compute("k", || load(5)).await?, 4);
    assert_eq!(runs.count(), 0);
    Ok(())
}

pub async fn a_failure_is_throttled_while_a_stale_value_stands_in(world: &World) -> Case {
    let shop = stale(world).await?;
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
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    shop.expire("k").await?;
    assert_eq!(shop.get_or_compute("k", || load(3)).await?, 3);
    Ok(())
}

pub async fn a_failure_is_not_throttled_where_nothing_stands_in(world: &World) -> Case {
    let shop = keeping(world);
    for _ in 0..3 {
        assert!(shop.get_or_compute("k", fail::<i64>).await.unwrap_err().is_compute());
    }
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    assert_eq!(world.cache().stats().computations, 4);
    Ok(())
}

pub async fn a_throttled_failure_does_not_outlive_an_invalidation(world: &World) -> Case {
    let shop = stale(world).await?;
    assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 1);
    shop.invalidate().await?;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    Ok(())
}

/// Stored, it would count as fresh for a whole time to live.
pub async fn what_was_computed_from_a_stale_value_is_not_stored(world: &World) -> Case {
    let shop = stale(world).await?;
    let middle = async || {
        let part = shop.get_or_compute("k", fail::<i64>).await?;
        loaded(part + 10)
    };
    let outer = shop.get_or_compute("outer", async || {
        Ok::<_, BoxError>(shop.get_or_compute("middle", middle).await? + 100)
    });
    assert_eq!(outer.await?, 111);
    let many = shop.get_or_compute_many(["many"], async |_| {
        loaded([("many", shop.get_or_compute("k", fail::<i64>).await?)])
    });
    assert_eq!(many.await?, [Some(1)]);
    assert_eq!(shop.get_many::<i64>(["outer", "middle", "many"]).await?, [None; 3]);
    for key in ["outer", "middle", "many"] {
        drop(lease(&world.other().await.region("shop"), key).await?);
    }
    // A sound part makes a sound whole.
    world.pass(SECOND).await;
    let outer = shop.get_or_compute("outer", async || {
        Ok::<_, BoxError>(shop.get_or_compute("k", || load(2)).await? + 100)
    });
    assert_eq!(outer.await?, 102);
    assert_eq!(shop.get("outer").await?, Some(102));
    Ok(())
}

pub async fn what_was_joined_from_a_stale_value_is_not_stored(world: &World) -> Case {
    let (shop, door) = (stale(world).await?, Door::new());
    let part = async || {
        let value = shop.get_or_compute("k", fail::<i64>).await?;
        door.pass().await;
        loaded(value)
    };
    let first = shop.get_or_compute("part", part);
    let outer = async {
        door.until_came(1).await;
        let nested = async || shop.get_or_compute("part", never::<i64>).await;
        shop.get_or_compute("outer", nested).await
    };
    let open = async {
        door.until_came(1).await;
        settle(world.cache()).await?;
        door.unhinge();
        Ok(())
    };
    let (first, outer, opened): (_, _, Result<()>) = join3(first, outer, open).await;
    opened?;
    assert_eq!((first?, outer?), (1, 1));
    assert_eq!(shop.get_many::<i64>(["part", "outer"]).await?, [None; 2]);
    Ok(())
}

pub async fn stale_values_that_were_served_are_counted(world: &World) -> Case {
    let shop = stale(world).await?;
    shop.get_or_compute("k", fail::<i64>).await?;
    shop.get_or_compute("k", fail::<i64>).await?;
    let error = shop.get_or_compute("l", fail::<i64>).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&OutOfOrder(7)));
    let stats = world.cache().stats();
    assert_eq!((stats.stale_served, stats.computations, stats.failed_computations), (2, 2, 2));
    assert_eq!((stats.hits, stats.misses), (0, 3));
    Ok(())
}
