//! Several keys in one computation: those that are missing, and that nobody else computes.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::{BTreeMap, HashMap};

use futures::future::join3;
use region_cache::{BoxError, Key, Region, Result, loaded};

use super::loaders::{Door, OutOfOrder, drive, fail, give, load, never, pass_slowly, settle};
use super::samples::{HOUR, Runs, SECOND, lease};
use super::{Case, World};
use crate::backends::{Counting, Operation};

#[doc(hidden)]
#[macro_export]
macro_rules! many {
    ($fixture:ty) => {
        $crate::cases! { $fixture, many:
            values_come_in_the_order_asked
            only_what_is_missing_is_computed
            a_key_that_is_asked_for_twice_is_computed_once
            a_key_that_is_left_out_is_none_and_not_stored
            answers_that_nobody_asked_for_are_dropped
            of_two_answers_for_one_key_the_later_counts
            keys_keep_the_form_in_which_they_were_asked_for
            nothing_asked_for_is_nothing_computed
            all_keys_are_read_at_once
            a_failure_fails_for_all_and_stores_nothing
            stale_values_stand_in_if_there_is_one_for_each
            a_failure_is_throttled_while_stale_values_stand_in
            the_renewed_leases_of_several_keys_are_not_overtaken
            a_dropped_caller_frees_all_keys
        }
    };
}

pub const SOURCE: &str = include_str!("many.rs");
/// A loader that gives each key its number, a thousand times over.
async fn thousands(missing: Vec<u64>) -> Result<Vec<(u64, u64)>, BoxError> {
    give(missing.into_iter().map(|key| (key, 1_000 * key)).collect()).await
}

pub async fn values_come_in_the_order_asked(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set(3, &3).await?;
    let values = shop.get_or_compute_many([5_u64, 1, 3, 4], thousands).await?;
    assert_eq!(values, [Some(5_000), Some(1_000), Some(3), Some(4_000)]);
    let stored = shop.get_many::<u64>([1, 3, 4, 5]).await?;
    assert_eq!(stored, [Some(1_000), Some(3), Some(4_000), Some(5_000)]);
    Ok(())
}

pub async fn only_what_is_missing_is_computed(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([(2, &2), (4, &4)]).await?;
    let (runs, mut seen) = (Runs::default(), Vec::new());
    let values = shop.get_or_compute_many([1_u64, 2, 3, 4], |mut missing| {
        runs.begin();
        missing.sort_unstable();
        seen.clone_from(&missing);
        thousands(missing)
    });
    assert_eq!(values.await?, [Some(1_000), Some(2), Some(3_000), Some(4)]);
    assert_eq!((runs.count(), seen), (1, vec![1, 3]));
    Ok(())
}

pub async fn a_key_that_is_asked_for_twice_is_computed_once(world: &World) -> Case {
    let shop = world.region("shop");
    let values = shop.get_or_compute_many([1_u64, 2, 1, 1], |missing| {
        assert_eq!(missing.len(), 2);
        thousands(missing)
    });
    assert_eq!(values.await?, [Some(1_000), Some(2_000), Some(1_000), Some(1_000)]);
    // The same key in another form.
    let keys = [Key::from("7"), Key::from(7)];
    let values = shop.get_or_compute_many(keys, async |missing| {
        assert_eq!(missing.len(), 1);
        loaded(missing.into_iter().map(|key| (key, 7)))
    });
    assert_eq!(values.await?, [Some(7), Some(7)]);
    Ok(())
}

pub async fn a_key_that_is_left_out_is_none_and_not_stored(world: &World) -> Case {
    let shop = world.region("shop");
    let values = shop.get_or_compute_many(["a", "b", "c"], |_| give([("b", 1)])).await?;
    assert_eq!(values, [None, Some(1), None]);
    assert_eq!(shop.len().await?, 1);
    let there = world.other().await.region("shop");
    drop((lease(&there, "a").await?, lease(&there, "c").await?));
    let nothing = shop.get_or_compute_many(["a", "c"], |_| give(Vec::<(&str, i64)>::new()));
    assert_eq!(nothing.await?, [None, None]);
    assert_eq!(shop.get_or_compute("a", || load(2)).await?, 2);
    Ok(())
}

pub async fn answers_that_nobody_asked_for_are_dropped(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("present", &1).await?;
    let all = |_| give([("a", 2), ("present", 3), ("extra", 4)]);
    assert_eq!(shop.get_or_compute_many(["present", "a"], all).await?, [Some(1), Some(2)]);
    let stored = shop.get_many::<i64>(["present", "a", "extra"]).await?;
    assert_eq!(stored, [Some(1), Some(2), None]);
    Ok(())
}

pub async fn of_two_answers_for_one_key_the_later_counts(world: &World) -> Case {
    let shop = world.region("shop");
    let twice = |_| give([("k", 1), ("k", 2)]);
    assert_eq!(shop.get_or_compute_many(["k"], twice).await?, [Some(2)]);
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn keys_keep_the_form_in_which_they_were_asked_for(world: &World) -> Case {
    let shop = world.region("shop");
    let owned = |missing: Vec<String>| async move {
        loaded(missing.into_iter().map(|key| (key.clone(), key)).collect::<BTreeMap<_, _>>())
    };
    let values = shop.get_or_compute_many([String::from("a")], owned).await?;
    assert_eq!(values, [Some(String::from("a"))]);
    let numbers = |missing: Vec<i32>| async move {
        loaded(missing.into_iter().map(|key| (key, -key)).collect::<HashMap<_, _>>())
    };
    assert_eq!(shop.get_or_compute_many(vec![-1, 1], numbers).await?, [Some(1), Some(-1)]);
    assert_eq!(shop.get(-1).await?, Some(1));
    Ok(())
}

pub async fn nothing_asked_for_is_nothing_computed(world: &World) -> Case {
    let shop = world.region("shop");
    let none = shop.get_or_compute_many(Vec::<u64>::new(), |_| never::<Vec<(u64, i64)>>());
    assert_eq!(none.await?, []);
    assert_eq!(world.cache().stats().computations, 0);
    Ok(())
}

pub async fn all_keys_are_read_at_once(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let shop = cache.region("shop");
    shop.get_or_compute_many(0..50_u64, thousands).await?;
    counting.reset();
    shop.get_or_compute_many(0..100_u64, thousands).await?;
    assert_eq!(counting.count(Operation::Read), 1);
    assert_eq!((counting.count(Operation::Lease), counting.count(Operation::Fill)), (50, 50));
    assert_eq!((counting.total(), cache.stats().computations), (101, 2));
    Ok(())
}

pub async fn a_failure_fails_for_all_and_stores_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("present", &1).await?;
    let failing = |_| fail::<[(&str, i64); 1]>();
    let error = shop.get_or_compute_many(["present", "a", "b"], failing).await.unwrap_err();
    assert!(error.is_compute(), "{error:?}");
    assert_eq!(error.downcast_ref(), Some(&OutOfOrder(7)));
    assert!(error.to_string().contains("shop"), "{error}");
    let there = world.other().await.region("shop");
    drop((lease(&there, "a").await?, lease(&there, "b").await?));
    assert_eq!(shop.len().await?, 1);
    Ok(())
}

/// A region with two stale values and a fresh one.
async fn stale(world: &World) -> Result<Region> {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set_many([("a", &1), ("b", &2), ("fresh", &3)]).await?;
    shop.expire("a").await?;
    shop.expire("b").await?;
    Ok(shop)
}

pub async fn stale_values_stand_in_if_there_is_one_for_each(world: &World) -> Case {
    let shop = stale(world).await?;
    let failing = |_| fail::<[(&str, i64); 1]>();
    let error = shop.get_or_compute_many(["a", "b", "absent"], failing).await.unwrap_err();
    assert!(error.is_compute(), "{error:?}");
    world.pass(SECOND).await;
    let values = shop.get_or_compute_many(["b", "fresh", "a"], failing).await?;
    assert_eq!(values, [Some(2), Some(3), Some(1)]);
    assert_eq!(world.cache().stats().stale_served, 2);
    shop.invalidate().await?;
    shop.get_or_compute_many(["a"], failing).await.unwrap_err();
    Ok(())
}

pub async fn a_failure_is_throttled_while_stale_values_stand_in(world: &World) -> Case {
    let (shop, runs) = (stale(world).await?, Runs::default());
    let failing = |_: Vec<&'static str>| {
        runs.begin();
        fail::<[(&str, i64); 1]>()
    };
    for second in 1..=2 {
        for _ in 0..3 {
            let values = shop.get_or_compute_many(["a", "b"], failing).await?;
            assert_eq!(values, [Some(1), Some(2)]);
        }
        assert_eq!(runs.count(), second);
        world.pass(SECOND).await;
    }
    let values = shop.get_or_compute_many(["a", "b"], |_| give([("a", 10), ("b", 20)])).await?;
    assert_eq!(values, [Some(10), Some(20)]);
    Ok(())
}

pub async fn the_renewed_leases_of_several_keys_are_not_overtaken(world: &World) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let all = |_| door.give([("a", 1), ("b", 2)]);
    let time = async {
        door.until_came(1).await;
        let passed = pass_slowly(world, 12).await;
        door.unhinge();
        passed
    };
    let waits = async {
        door.until_came(1).await;
        there.region("shop").get_or_compute("b", never::<i64>).await
    };
    let (values, waited, passed) =
        join3(shop.get_or_compute_many(["a", "b"], all), waits, time).await;
    passed?;
    assert_eq!((values?, waited?), (vec![Some(1), Some(2)], 2));
    Ok(())
}

pub async fn a_dropped_caller_frees_all_keys(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let all = |_| door.give([("a", 1), ("b", 2)]);
    let mut dropped = Box::pin(shop.get_or_compute_many(["a", "b", "c"], all));
    drive(&mut dropped, || door.came() == 1).await;
    drop(dropped);
    settle(world.cache()).await?;
    let there = world.other().await.region("shop");
    for key in ["a", "b", "c"] {
        drop(lease(&there, key).await?);
    }
    Ok(())
}
