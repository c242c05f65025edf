//! What was overtaken while it was computed is handed to its caller, and not stored.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use futures::future::{BoxFuture, join};
use region_cache::{Cache, EntryOptions, Region, Result, loaded};

use super::loaders::{Door, Loaded, load, meanwhile};
use super::samples::lease;
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! no_stale_fill {
    ($fixture:ty) => {
        $crate::cases! { $fixture, no_stale_fill:
            an_invalidation_at_any_level_overtakes_a_computation
            every_kind_of_change_of_the_key_overtakes_a_computation
            every_kind_of_computation_can_be_overtaken
            an_invalidated_region_that_lives_again_refuses_what_was_computed
            a_loader_can_overtake_itself
            one_of_several_keys_can_be_overtaken
            an_expiry_of_an_unreadable_value_overtakes_its_computation
            what_happens_elsewhere_overtakes_nothing
            a_doomed_lease_is_taken_over_at_once
            a_doomed_computation_leaves_the_next_one_its_lease
            refused_values_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("no_stale_fill.rs");

/// Something that overtakes what is computed for `k` in `shop.catalog`.
type Overtaking = fn(Cache) -> BoxFuture<'static, Result<Option<i64>>>;

/// What it is, and what the key has afterwards.
const INVALIDATIONS: [Overtaking; 4] = [
    |cache| Box::pin(async move { cache.region("shop.catalog").invalidate().await.map(|_| None) }),
    |cache| Box::pin(async move { cache.region("shop").invalidate().await.map(|_| None) }),
    |cache| Box::pin(async move { cache.root().invalidate().await.map(|_| None) }),
    |cache| Box::pin(async move { cache.clear().await.map(|_| None) }),
];

const CHANGES: [Overtaking; 8] = [
    |cache| Box::pin(async move { catalog(&cache).remove("k").await.map(|_| None) }),
    |cache| Box::pin(async move { catalog(&cache).expire("k").await.map(|_| None) }),
    |cache| Box::pin(async move { catalog(&cache).set("k", &7).await.map(|()| Some(7)) }),
    |cache| Box::pin(async move { catalog(&cache).add("k", &7).await.map(|_| Some(7)) }),
    |cache| Box::pin(async move { catalog(&cache).increment("k", 7).await.map(Some) }),
    |cache| Box::pin(async move { catalog(&cache).set_many([("k", &7)]).await.map(|()| Some(7)) }),
    |cache| {
        Box::pin(async move {
            let set = catalog(&cache).transaction(async |t| t.set("k", &7)).await;
            set.map(|()| Some(7))
        })
    },
    |cache| {
        Box::pin(async move {
            catalog(&cache).set("k", &7).await?;
            catalog(&cache).remove("k").await.map(|_| None)
        })
    },
];

fn catalog(cache: &Cache) -> Region {
    cache.region("shop.catalog")
}

/// Has something overtake a computation, by this process and by another.
async fn overtake(world: &World, all: &[Overtaking]) -> Case {
    let (here, there) = (world.cache().clone(), world.other().await);
    for by in [&here, &there] {
        for (number, overtaking) in all.iter().enumerate() {
            catalog(&here).remove("k").await?;
            let door = Door::new();
            let compute = catalog(&here);
            let compute = compute.get_or_compute("k", || door.load(1));
            let (computed, wanted) = meanwhile(&door, compute, overtaking(by.clone())).await?;
            assert_eq!(computed, 1, "number {number}");
            for cache in [&here, &there] {
                assert_eq!(catalog(cache).get("k").await?, wanted, "number {number}");
            }
        }
    }
    Ok(())
}

/// Race 1: compute, invalidate, store, and the stale value lives for ever.
pub async fn an_invalidation_at_any_level_overtakes_a_computation(world: &World) -> Case {
    overtake(world, &INVALIDATIONS).await
}

/// Race 1 by the key.
pub async fn every_kind_of_change_of_the_key_overtakes_a_computation(world: &World) -> Case {
    overtake(world, &CHANGES).await
}

pub async fn every_kind_of_computation_can_be_overtaken(world: &World) -> Case {
    let shop = world.region("shop");
    for overtaking in [INVALIDATIONS[1], |cache: Cache| {
        Box::pin(
            async move { cache.region("shop").remove_many(["a", "b", "c"]).await.map(|_| None) },
        ) as BoxFuture<'static, Result<Option<i64>>>
    }] {
        let door = Door::new();
        let infallible = async || {
            door.pass().await;
            1
        };
        let compute = shop.get_or_insert_with("a", infallible);
        meanwhile(&door, compute, overtaking(world.cache().clone())).await?;
        let door = Door::new();
        let behind = door.clone();
        let load = |_| async move { behind.load(1).await };
        let compute = shop.get_or_compute_with("b", EntryOptions::new(), load);
        meanwhile(&door, compute, overtaking(world.cache().clone())).await?;
        let door = Door::new();
        let compute = shop.get_or_compute_many(["a", "c"], |_| door.give([("a", 1), ("c", 2)]));
        let (many, _) = meanwhile(&door, compute, overtaking(world.cache().clone())).await?;
        assert_eq!(many, [Some(1), Some(2)]);
        assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [None; 3]);
    }
    Ok(())
}

pub async fn an_invalidated_region_that_lives_again_refuses_what_was_computed(
    world: &World,
) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let again = async {
        shop.invalidate().await?.freed().await?;
        shop.set("other", &2).await
    };
    assert_eq!(meanwhile(&door, shop.get_or_compute("k", || door.load(1)), again).await?.0, 1);
    assert_eq!(shop.get_many::<i64>(["k", "other"]).await?, [None, Some(2)]);
    Ok(())
}

pub async fn a_loader_can_overtake_itself(world: &World) -> Case {
    let shop = world.region("shop.catalog");
    let set = shop.get_or_compute("set", async || {
        shop.set("set", &7).await?;
        loaded(1)
    });
    assert_eq!(set.await?, 1);
    assert_eq!(shop.get("set").await?, Some(7));
    let invalidated = shop.get_or_compute("invalidated", async || {
        world.region("shop").invalidate().await?;
        loaded(1)
    });
    assert_eq!(invalidated.await?, 1);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn one_of_several_keys_can_be_overtaken(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let all = |_| door.give([("a", 1), ("b", 2), ("c", 3)]);
    let compute = shop.get_or_compute_many(["a", "b", "c"], all);
    let (computed, _) = meanwhile(&door, compute, shop.set("b", &7)).await?;
    assert_eq!(computed, [Some(1), Some(2), Some(3)]);
    assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [Some(1), Some(7), Some(3)]);
    let stats = world.cache().stats();
    assert_eq!((stats.fills, stats.refused_fills), (2, 1));
    Ok(())
}

pub async fn an_expiry_of_an_unreadable_value_overtakes_its_computation(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    shop.set("k", "text").await?;
    let compute = shop.get_or_compute("k", || door.load(1));
    meanwhile(&door, compute, shop.expire("k")).await?;
    assert_eq!(shop.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn what_happens_elsewhere_overtakes_nothing(world: &World) -> Case {
    let (catalog, door) = (world.region("shop.catalog"), Door::new());
    let elsewhere = async {
        for path in ["shop.catalog.42", "shop.orders", "shop.cat", "blog"] {
            world.region(path).set("k", &2).await?;
            world.region(path).invalidate().await?.freed().await?;
        }
        world.region("shop").set("k", &2).await?;
        catalog.set("other", &2).await?;
        catalog.remove("other").await
    };
    meanwhile(&door, catalog.get_or_compute("k", || door.load(1)), elsewhere).await?;
    assert_eq!(catalog.get("k").await?, Some(1));
    Ok(())
}

/// Race 15: the lease of a computation that can no longer be stored makes nobody wait.
pub async fn a_doomed_lease_is_taken_over_at_once(world: &World) -> Case {
    let other = world.other().await;
    for overtaking in INVALIDATIONS.iter().chain(&CHANGES[..2]) {
        for cache in [world.cache(), &other] {
            let door = Door::new();
            let compute = catalog(world.cache());
            let compute = compute.get_or_compute("k", || door.load(1));
            let anew = async {
                overtaking(cache.clone()).await?;
                catalog(cache).get_or_compute("k", || load(2)).await
            };
            assert_eq!(meanwhile(&door, compute, anew).await?, (1, 2));
            assert_eq!(catalog(world.cache()).get("k").await?, Some(2));
            catalog(world.cache()).remove("k").await?;
        }
    }
    assert_eq!((world.cache().stats().lease_waits, other.stats().lease_waits), (0, 0));
    Ok(())
}

/// The end of a computation that was overtaken takes nothing from who computes now.
pub async fn a_doomed_computation_leaves_the_next_one_its_lease(world: &World) -> Case {
    let shop = world.region("shop");
    for fails in [false, true] {
        shop.remove("k").await?;
        let (first, second) = (Door::new(), Door::new());
        let doomed = async || -> Loaded {
            let value = first.load(1).await?;
            if fails { Err("it failed".into()) } else { Ok(value) }
        };
        let next = async {
            first.until_came(1).await;
            shop.invalidate().await?;
            let held = lease(&shop, "k").await?;
            first.unhinge();
            second.until_came(1).await;
            held.fill(&2).await
        };
        let doomed = async {
            let ended = shop.get_or_compute("k", doomed).await;
            second.unhinge();
            second.pass().await;
            ended
        };
        let (ended, filled) = join(doomed, next).await;
        assert_eq!(ended.is_err(), fails);
        assert!(filled?);
        assert_eq!(shop.get("k").await?, Some(2));
    }
    Ok(())
}

pub async fn refused_values_are_counted(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    meanwhile(&door, shop.get_or_compute("k", || door.load(1)), shop.remove("k")).await?;
    let stats = world.cache().stats();
    assert_eq!((stats.fills, stats.refused_fills), (0, 1));
    assert_eq!((stats.computations, stats.failed_computations), (1, 0));
    Ok(())
}
