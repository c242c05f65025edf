//! Several keys at a time by several callers, some of whom want the same.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use futures::future::{join, join3};
use parking_lot::Mutex;
use region_cache::{BoxError, Error, Region, Result, loaded};
use tokio::task::JoinSet;

use super::loaders::{
    Door, drive, drive_on, fail, give, load, never, pass_slowly, settle, until_stored,
};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! many_at_once {
    ($fixture:ty) => {
        $crate::cases! { $fixture, many_at_once:
            who_wants_the_same_keys_in_another_order_waits_for_nobody_for_ever
            overlapping_wishes_compute_each_key_once
            processes_with_overlapping_wishes_compute_each_key_once
            many_callers_of_many_keys_compute_each_once
            a_single_caller_joins_a_computation_of_several
            a_computation_of_several_joins_a_single_one
            a_computation_of_several_goes_on_where_a_single_one_failed
            a_computation_that_needs_one_of_several_keys_does_not_wait_for_them_all
        }
    };
}

pub const SOURCE: &str = include_str!("many_at_once.rs");

/// A loader that gives each key its number, a thousand times over.
async fn thousands(missing: Vec<u64>) -> Result<Vec<(u64, u64)>, BoxError> {
    give(missing.into_iter().map(|key| (key, 1_000 * key)).collect()).await
}

/// A caller of several keys, whose loader waits at the door and remembers what it was asked for.
fn call(
    callers: &mut JoinSet<Result<Vec<Option<u64>>>>,
    shop: &Region,
    keys: Vec<u64>,
    door: &Arc<Door>,
    computed: &Arc<Mutex<Vec<u64>>>,
) {
    let (shop, door, computed) = (shop.clone(), door.clone(), computed.clone());
    callers.spawn(async move {
        let load = |missing: Vec<u64>| async move {
            door.pass().await;
            computed.lock().extend(&missing);
            thousands(missing).await
        };
        shop.get_or_compute_many(keys, load).await
    });
}

/// Computes these wishes at the same time, by these handles in turn; asserts that each key was computed
/// once.
async fn at_once(world: &World, shops: &[Region], wishes: &[Vec<u64>]) -> Case {
    let (door, computed) = (Door::new(), Arc::default());
    let mut callers = JoinSet::new();
    for (wish, shop) in wishes.iter().zip(shops.iter().cycle()) {
        call(&mut callers, shop, wish.clone(), &door, &computed);
    }
    door.until_came(1).await;
    settle(world.cache()).await?;
    door.unhinge();
    let mut found = Vec::new();
    for values in callers.join_all().await {
        found.push(values?);
    }
    let wanted = wishes.iter().map(|wish| wish.iter().map(|key| Some(1_000 * key)).collect());
    let mut wanted: Vec<Vec<_>> = wanted.collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    let mut computed = computed.lock().clone();
    let count = computed.len();
    computed.sort_unstable();
    computed.dedup();
    assert_eq!(computed.len(), count, "a key was computed twice");
    Ok(())
}

pub async fn who_wants_the_same_keys_in_another_order_waits_for_nobody_for_ever(
    world: &World,
) -> Case {
    let shop = world.region("shop");
    at_once(world, &[shop], &[vec![1, 2, 3, 4], vec![4, 3, 2, 1]]).await
}

pub async fn overlapping_wishes_compute_each_key_once(world: &World) -> Case {
    let shop = world.region("shop");
    let wishes = [vec![3, 4, 5], vec![5, 1, 3], vec![2, 4, 1], vec![6, 5, 4, 3, 2, 1]];
    at_once(world, &[shop], &wishes).await
}

pub async fn processes_with_overlapping_wishes_compute_each_key_once(world: &World) -> Case {
    let shops = [world.region("shop"), world.other().await.region("shop")];
    let wishes = [vec![3, 4, 5], vec![5, 1, 3], vec![2, 4, 1], vec![6, 5, 4, 3, 2, 1]];
    at_once(world, &shops, &wishes).await
}

pub async fn many_callers_of_many_keys_compute_each_once(world: &World) -> Case {
    let shops = [world.region("shop"), world.other().await.region("shop")];
    let wishes: Vec<Vec<u64>> =
        (0..40).map(|caller| (0..10).map(|key| (caller * 7 + key * 3) % 23).collect()).collect();
    at_once(world, &shops, &wishes).await
}

pub async fn a_single_caller_joins_a_computation_of_several(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let all = |_| door.give([("a", 1), ("b", 2_i64)]);
    let mut several = Box::pin(shop.get_or_compute_many(["a", "b", "c"], all));
    drive(&mut several, || door.came() == 1).await;
    let mut single = Box::pin(shop.get_or_compute("b", never::<i64>));
    drive_on(&mut single, world.cache()).await?;
    let mut left_out = Box::pin(shop.get_or_compute("c", || load(3)));
    drive_on(&mut left_out, world.cache()).await?;
    door.unhinge();
    let (several, single, left_out) = join3(several, single, left_out).await;
    assert_eq!(several?, [Some(1), Some(2), None]);
    assert_eq!((single?, left_out?), (2, 3));
    let stats = world.cache().stats();
    assert_eq!((stats.computations, stats.joined), (2, 1));
    Ok(())
}

pub async fn a_computation_of_several_joins_a_single_one(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut single = Box::pin(shop.get_or_compute("b", || door.load(2)));
    drive(&mut single, || door.came() == 1).await;
    let others = |missing: Vec<&'static str>| {
        assert_eq!(missing, ["a", "c"]);
        give([("a", 1_i64), ("c", 3)])
    };
    let mut several = Box::pin(shop.get_or_compute_many(["a", "b", "c"], others));
    drive_on(&mut several, world.cache()).await?;
    door.unhinge();
    let (single, several) = join(single, several).await;
    assert_eq!((single?, several?), (2, vec![Some(1), Some(2), Some(3)]));
    assert_eq!(world.cache().stats().joined, 1);
    Ok(())
}

pub async fn a_computation_of_several_goes_on_where_a_single_one_failed(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let failing = async || {
        door.pass().await;
        fail::<i64>().await
    };
    let mut single = Box::pin(shop.get_or_compute("b", failing));
    drive(&mut single, || door.came() == 1).await;
    let all = |_| give([("a", 1), ("b", 2)]);
    let mut several = Box::pin(shop.get_or_compute_many(["a", "b"], all));
    drive_on(&mut several, world.cache()).await?;
    door.unhinge();
    let (single, several) = join(single, several).await;
    assert!(single.unwrap_err().is_compute());
    assert_eq!(several?, [Some(1), Some(2)]);
    Ok(())
}

/// Who waits for a key must not keep another from which that key is computed.
pub async fn a_computation_that_needs_one_of_several_keys_does_not_wait_for_them_all(
    world: &World,
) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let single = shop.get_or_compute("b", async || {
        door.pass().await;
        loaded(shop.get_or_compute("a", || load(1)).await? + 1)
    });
    let several = async {
        door.until_came(1).await;
        let all = |missing: Vec<&'static str>| async move {
            loaded(missing.into_iter().map(|key| (key, 10)).collect::<Vec<_>>())
        };
        shop.get_or_compute_many(["a", "b"], all).await
    };
    let time = async {
        door.until_came(1).await;
        settle(world.cache()).await?;
        door.unhinge();
        // Less than a lease lasts that a busy machine renews late.
        pass_slowly(world, 2).await?;
        // Neither waits for the other any more.
        until_stored(&shop, "a", 1).await?;
        until_stored(&shop, "b", 2).await?;
        let stored = shop.get_many::<i64>(["a", "b"]).await?;
        // Until who waits in vain is ended.
        pass_slowly(world, 27).await?;
        Ok::<_, Error>(stored)
    };
    let (single, several, stored) = join3(single, several, time).await;
    let stored = stored?;
    let (single, several) = (single?, several?);
    assert_eq!((several, Some(single)), (stored.clone(), stored[1]));
    Ok(())
}
