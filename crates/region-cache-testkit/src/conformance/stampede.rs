//! Many callers and one computation, in one process and in several; and holders that do not hold.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use futures::future::join;
use region_cache::{Cache, EntryOptions, Region, Result, loaded};
use tokio::task::JoinSet;

use super::loaders::{Door, drive, fail, load, pass_slowly, settle, until, until_stored};
use super::samples::{SECOND, lease};
use super::{Case, World};
use crate::backends::{Counting, Operation, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! stampede {
    ($fixture:ty) => {
        $crate::cases! { $fixture, stampede:
            a_thousand_callers_compute_once
            a_thousand_callers_in_each_of_two_processes_compute_once
            a_holder_that_lives_is_not_overtaken
            a_holder_that_is_never_polled_again_is_overtaken
            a_holder_in_another_process_that_is_never_polled_again_is_overtaken
            a_caller_that_is_never_polled_again_while_it_asks_is_passed
            a_holder_that_was_overtaken_gives_its_value_to_its_caller_only
            a_holder_that_is_dropped_frees_the_others_at_once
            a_holder_that_fails_frees_the_others_at_once
            a_holder_that_does_not_store_frees_the_others_at_once
            who_waits_for_another_process_does_not_spin
            who_waits_for_a_lookup_gets_what_it_fills
        }
    };
}

pub const SOURCE: &str = include_str!("stampede.rs");

/// The same cache as a process of its own would have it, with its requests counted.
async fn counted(world: &World) -> (Arc<Counting>, Cache) {
    let counting = Counting::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    (counting, cache)
}

fn call(
    callers: &mut JoinSet<Result<i64>>,
    shop: &Region,
    door: &Arc<Door>,
    values: std::ops::Range<i64>,
) {
    for value in values {
        let (shop, door) = (shop.clone(), door.clone());
        callers.spawn(async move { shop.get_or_compute("k", || door.load(value)).await });
    }
}

async fn values(callers: JoinSet<Result<i64>>) -> Result<Vec<i64>> {
    callers.join_all().await.into_iter().collect()
}

fn are_all(values: &[i64], count: usize) -> bool {
    values.len() == count && values.iter().all(|value| *value == values[0])
}

pub async fn a_thousand_callers_compute_once(world: &World) -> Case {
    let (counting, cache) = counted(world).await;
    let (shop, door, mut callers) = (cache.region("shop"), Door::new(), JoinSet::new());
    call(&mut callers, &shop, &door, 0..1_000);
    until("all have read", || counting.count(Operation::Read) >= 1_000).await;
    door.until_came(1).await;
    settle(&cache).await?;
    door.unhinge();
    assert!(are_all(&values(callers).await?, 1_000));
    assert_eq!(door.came(), 1);
    let stats = cache.stats();
    assert_eq!((stats.computations, stats.joined, stats.fills), (1, 999, 1));
    assert_eq!((stats.misses, stats.hits, stats.lease_waits), (1_000, 0, 0));
    // Where answers take no time, nobody else is there when one asks.
    assert!(
        counting.count(Operation::Lease) <= 100 || !world.fixture().is_remote(),
        "{counting:?}"
    );
    Ok(())
}

pub async fn a_thousand_callers_in_each_of_two_processes_compute_once(world: &World) -> Case {
    let ((one, here), (two, there)) = (counted(world).await, counted(world).await);
    let (door, mut callers) = (Door::new(), JoinSet::new());
    call(&mut callers, &here.region("shop"), &door, 0..1_000);
    call(&mut callers, &there.region("shop"), &door, 1_000..2_000);
    for counting in [&one, &two] {
        until("all have read", || counting.count(Operation::Read) >= 1_000).await;
    }
    door.until_came(1).await;
    settle(&here).await?;
    settle(&there).await?;
    door.unhinge();
    assert!(are_all(&values(callers).await?, 2_000));
    assert_eq!(door.came(), 1);
    let (here, there) = (here.stats(), there.stats());
    assert_eq!(here.computations + there.computations, 1);
    assert_eq!(here.lease_waits + there.lease_waits, 1);
    Ok(())
}

pub async fn a_holder_that_lives_is_not_overtaken(world: &World) -> Case {
    let ((counting, here), there) = (counted(world).await, world.other().await);
    let (door, mut callers) = (Door::new(), JoinSet::new());
    call(&mut callers, &here.region("shop"), &door, 0..1);
    door.until_came(1).await;
    call(&mut callers, &here.region("shop"), &door, 1..10);
    call(&mut callers, &there.region("shop"), &door, 10..20);
    pass_slowly(world, 20).await?;
    assert!(counting.count(Operation::Renew) >= 5, "{counting:?}");
    assert_eq!(door.came(), 1);
    door.unhinge();
    assert_eq!(values(callers).await?, [0; 20]);
    assert_eq!(here.stats().takeovers + there.stats().takeovers, 0);
    assert_eq!((here.stats().computations, there.stats().computations), (1, 0));
    Ok(())
}

pub async fn a_holder_that_is_never_polled_again_is_overtaken(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut paused = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut paused, || door.came() == 1).await;
    let mut callers = JoinSet::new();
    call(&mut callers, &shop, &door, 2..12);
    settle(world.cache()).await?;
    pass_slowly(world, 4).await?;
    assert_eq!(door.came(), 1);
    pass_slowly(world, 7).await?;
    door.until_came(2).await;
    settle(world.cache()).await?;
    assert_eq!(door.came(), 2);
    door.unhinge();
    let values = values(callers).await?;
    assert!(are_all(&values, 10) && values[0] != 1, "{values:?}");
    assert_eq!(world.cache().stats().takeovers, 1);
    drop(paused);
    assert_eq!(shop.get("k").await?, Some(values[0]));
    Ok(())
}

pub async fn a_holder_in_another_process_that_is_never_polled_again_is_overtaken(
    world: &World,
) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let mut paused = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut paused, || door.came() == 1).await;
    let mut callers = JoinSet::new();
    call(&mut callers, &there.region("shop"), &door, 2..12);
    pass_slowly(world, 4).await?;
    assert_eq!(door.came(), 1);
    world.pass(SECOND).await;
    door.until_came(2).await;
    door.unhinge();
    let values = values(callers).await?;
    assert!(are_all(&values, 10) && values[0] != 1, "{values:?}");
    assert_eq!((there.stats().takeovers, there.stats().computations), (1, 1));
    Ok(())
}

pub async fn a_caller_that_is_never_polled_again_while_it_asks_is_passed(world: &World) -> Case {
    let counting = Counting::new(Yielding::new(world.connect().await));
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let (shop, door, mut callers) = (cache.region("shop"), Door::new(), JoinSet::new());
    let mut paused = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut paused, || counting.count(Operation::Lease) == 1).await;
    call(&mut callers, &shop, &door, 2..12);
    door.unhinge();
    pass_slowly(world, 11).await?;
    assert!(shop.get::<i64>("k").await?.is_some(), "everybody waits for a caller that is paused");
    let values = values(callers).await?;
    assert!(are_all(&values, 10) && values[0] != 1, "{values:?}");
    drop(paused);
    Ok(())
}

pub async fn a_holder_that_was_overtaken_gives_its_value_to_its_caller_only(world: &World) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let mut paused = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut paused, || door.came() == 1).await;
    world.pass(5 * SECOND).await;
    assert_eq!(there.region("shop").get_or_compute("k", || load(2)).await?, 2);
    door.unhinge();
    assert_eq!(paused.await?, 1);
    assert_eq!(shop.get("k").await?, Some(2));
    assert_eq!(world.cache().stats().refused_fills, 1);
    Ok(())
}

pub async fn a_holder_that_is_dropped_frees_the_others_at_once(world: &World) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let mut first = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut first, || door.came() == 1).await;
    let mut callers = JoinSet::new();
    call(&mut callers, &there.region("shop"), &door, 2..12);
    until("they wait", || there.stats().lease_waits > 0).await;
    settle(&there).await?;
    drop(first);
    door.until_came(2).await;
    door.unhinge();
    let values = values(callers).await?;
    assert!(are_all(&values, 10) && values[0] != 1, "{values:?}");
    Ok(())
}

pub async fn a_holder_that_fails_frees_the_others_at_once(world: &World) -> Case {
    ends_for_others(world, false).await
}

pub async fn a_holder_that_does_not_store_frees_the_others_at_once(world: &World) -> Case {
    ends_for_others(world, true).await
}

/// A computation here ends without a stored value: another process, which waits, computes.
async fn ends_for_others(world: &World, succeeds: bool) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let own = door.clone();
    let compute = shop.get_or_compute_with("k", EntryOptions::new(), move |loading| async move {
        loading.do_not_store();
        let value = own.load(1).await?;
        if succeeds { loaded(value) } else { fail().await }
    });
    let others = async {
        door.until_came(1).await;
        let wait = there.region("shop");
        let wait = wait.get_or_compute("k", || load(2));
        let release = async {
            until("it waits", || there.stats().lease_waits > 0).await;
            door.unhinge();
        };
        join(wait, release).await.0
    };
    let (own, others): (Result<i64>, Result<i64>) = join(compute, others).await;
    assert_eq!((own.is_ok(), others?), (succeeds, 2));
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn who_waits_for_another_process_does_not_spin(world: &World) -> Case {
    let (counting, there) = counted(world).await;
    let (shop, door, mut callers) = (world.region("shop"), Door::new(), JoinSet::new());
    call(&mut callers, &shop, &door, 0..1);
    door.until_came(1).await;
    call(&mut callers, &there.region("shop"), &door, 1..101);
    pass_slowly(world, 20).await?;
    let (leases, waits) = (counting.count(Operation::Lease), counting.count(Operation::Wait));
    assert!((1..=10).contains(&leases) && (1..=10).contains(&waits), "{counting:?}");
    assert_eq!(counting.count(Operation::Read), 100);
    door.unhinge();
    assert_eq!(values(callers).await?, [0; 101]);
    assert_eq!(there.stats().computations, 0);
    Ok(())
}

pub async fn who_waits_for_a_lookup_gets_what_it_fills(world: &World) -> Case {
    let (shop, there, door) = (world.region("shop"), world.other().await, Door::new());
    let (held, mut callers) = (lease(&shop, "k").await?, JoinSet::new());
    call(&mut callers, &shop, &door, 2..12);
    call(&mut callers, &there.region("shop"), &door, 2..12);
    for cache in [world.cache(), &there] {
        until("they wait", || cache.stats().lease_waits > 0).await;
    }
    assert!(held.fill(&1).await?);
    until_stored(&shop, "k", 1).await?;
    assert_eq!(values(callers).await?, [1; 20]);
    assert_eq!(door.came(), 0);
    Ok(())
}
