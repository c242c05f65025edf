//! Who may join a computation: whoever came before it was overtaken, and nobody after.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use region_cache::{Cache, EntryOptions, Region, Result};
use tokio::task::JoinSet;

use super::loaders::{Door, OutOfOrder, drive, drive_on, fail, give, load, settle};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! joining {
    ($fixture:ty) => {
        $crate::cases! { $fixture, joining:
            who_joined_before_an_invalidation_gets_the_value
            nobody_joins_a_computation_that_was_overtaken
            nobody_waits_for_another_process_that_was_overtaken
            every_kind_of_computation_is_joined
            a_caller_of_another_type_does_not_join
            a_caller_of_another_schema_does_not_join
            who_joined_a_failure_gets_the_same_error
            who_joined_a_panic_gets_the_same_error
            who_joined_one_that_was_dropped_goes_on_alone
            a_caller_who_joined_can_be_dropped
        }
    };
}

pub const SOURCE: &str = include_str!("joining.rs");

/// Callers of `k`, each with a loader that waits at the door and gives this value.
fn call(callers: &mut JoinSet<Result<i64>>, shop: &Region, door: &Arc<Door>, value: i64) {
    let (shop, door) = (shop.clone(), door.clone());
    callers.spawn(async move { shop.get_or_compute("k", || door.load(value)).await });
}

async fn values(callers: JoinSet<Result<i64>>) -> Result<Vec<i64>> {
    callers.join_all().await.into_iter().collect()
}

async fn change(number: usize, cache: &Cache) -> Result<()> {
    let catalog = cache.region("shop.catalog");
    match number {
        0 => catalog.invalidate().await.map(drop),
        1 => cache.region("shop").invalidate().await.map(drop),
        2 => cache.clear().await.map(drop),
        3 => catalog.remove("k").await.map(drop),
        _ => catalog.expire("k").await.map(drop),
    }
}

pub async fn who_joined_before_an_invalidation_gets_the_value(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    for number in 0..5 {
        let (door, mut callers) = (Door::new(), JoinSet::new());
        for value in 0..4 {
            call(&mut callers, &catalog, &door, value);
        }
        door.until_came(1).await;
        settle(world.cache()).await?;
        change(number, world.cache()).await?;
        door.unhinge();
        let values = values(callers).await?;
        assert_eq!(values, [values[0]; 4], "change {number}");
        assert_eq!(door.came(), 1, "change {number}");
        assert_eq!(catalog.get::<i64>("k").await?, None, "change {number}");
    }
    assert_eq!(world.cache().stats().joined, 15);
    Ok(())
}

/// Race 10: whoever comes after an invalidation, or a removal, computes anew.
pub async fn nobody_joins_a_computation_that_was_overtaken(world: &World) -> Case {
    let (catalog, other) = (world.region("shop.catalog"), world.other().await);
    for number in 0..5 {
        for by in [world.cache(), &other] {
            let (old, mut before) = (Door::new(), JoinSet::new());
            for _ in 0..3 {
                call(&mut before, &catalog, &old, 1);
            }
            old.until_came(1).await;
            settle(world.cache()).await?;
            change(number, by).await?;
            let (new, mut after) = (Door::new(), JoinSet::new());
            for _ in 0..3 {
                call(&mut after, &catalog, &new, 2);
            }
            new.until_came(1).await;
            settle(world.cache()).await?;
            old.unhinge();
            assert_eq!(values(before).await?, [1; 3], "change {number}");
            new.unhinge();
            assert_eq!(values(after).await?, [2; 3], "change {number}");
            assert_eq!((old.came(), new.came()), (1, 1), "change {number}");
            assert_eq!(catalog.get("k").await?, Some(2), "change {number}");
            catalog.remove("k").await?;
        }
    }
    Ok(())
}

pub async fn nobody_waits_for_another_process_that_was_overtaken(world: &World) -> Case {
    let (here, other) = (world.region("shop.catalog"), world.other().await);
    for number in 0..5 {
        let (door, mut callers) = (Door::new(), JoinSet::new());
        call(&mut callers, &here, &door, 1);
        door.until_came(1).await;
        change(number, world.cache()).await?;
        let there = other.region("shop.catalog");
        assert_eq!(there.get_or_compute("k", || load(2)).await?, 2, "change {number}");
        door.unhinge();
        assert_eq!(values(callers).await?, [1]);
        assert_eq!(here.get("k").await?, Some(2));
        here.remove("k").await?;
    }
    Ok(())
}

pub async fn every_kind_of_computation_is_joined(world: &World) -> Case {
    let shop = world.region("shop");
    for kind in 0..3 {
        shop.remove("k").await?;
        let (door, mut callers) = (Door::new(), JoinSet::new());
        let (own, wait) = (shop.clone(), door.clone());
        callers.spawn(async move {
            match kind {
                0 => {
                    own.get_or_insert_with("k", || async { wait.load(1).await.unwrap_or(0) }).await
                }
                1 => {
                    let load = |_| async move { wait.load(1).await };
                    own.get_or_compute_with("k", EntryOptions::new(), load).await
                }
                _ => own.get_or_compute("k", || wait.load(1)).await,
            }
        });
        door.until_came(1).await;
        for value in 2..5 {
            call(&mut callers, &shop, &door, value);
        }
        let (own, wait) = (shop.clone(), door.clone());
        callers.spawn(async move {
            let load = |_| async move { wait.load(5).await };
            own.get_or_compute_with("k", EntryOptions::new(), load).await
        });
        settle(world.cache()).await?;
        door.unhinge();
        assert_eq!(values(callers).await?, [1; 5]);
        assert_eq!(door.came(), 1);
    }
    assert_eq!(world.cache().stats().joined, 12);
    Ok(())
}

pub async fn a_caller_of_another_type_does_not_join(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut number = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut number, || door.came() == 1).await;
    let mut text = Box::pin(shop.get_or_compute("k", || give(String::from("text"))));
    let mut again = Box::pin(shop.get_or_compute("k", || give(String::from("text"))));
    drive_on(&mut text, world.cache()).await?;
    drive_on(&mut again, world.cache()).await?;
    door.unhinge();
    let (number, text, again) = futures::future::join3(number, text, again).await;
    assert_eq!((number?, text?, again?), (1, "text".to_owned(), "text".to_owned()));
    assert_eq!(shop.get::<String>("k").await?.as_deref(), Some("text"));
    assert_eq!(world.cache().stats().computations, 2);
    Ok(())
}

pub async fn a_caller_of_another_schema_does_not_join(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let versioned = shop.with(|o| o.schema("v1"));
    let mut old = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut old, || door.came() == 1).await;
    let mut new = Box::pin(versioned.get_or_compute("k", || load(2)));
    drive_on(&mut new, world.cache()).await?;
    door.unhinge();
    let (old, new) = futures::future::join(old, new).await;
    assert_eq!((old?, new?), (1, 2));
    assert_eq!(versioned.get("k").await?, Some(2));
    Ok(())
}

pub async fn who_joined_a_failure_gets_the_same_error(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (shop, door) = (shop.clone(), door.clone());
        callers.spawn(async move {
            let load = async || match door.pass().await {
                1 => fail::<i64>().await,
                _ => load(1).await,
            };
            shop.get_or_compute("k", load).await
        });
    }
    door.until_came(1).await;
    settle(world.cache()).await?;
    door.unhinge();
    for ended in callers.join_all().await {
        let error = ended.unwrap_err();
        assert!(error.is_compute(), "{error:?}");
        assert_eq!(error.downcast_ref(), Some(&OutOfOrder(7)));
    }
    let stats = world.cache().stats();
    assert_eq!((stats.computations, stats.joined), (1, 9));
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    Ok(())
}

pub async fn who_joined_a_panic_gets_the_same_error(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (shop, door) = (shop.clone(), door.clone());
        callers.spawn(async move {
            let load = async || match door.pass().await {
                1 => panic!("boom"),
                _ => load(1).await,
            };
            shop.get_or_compute("k", load).await
        });
    }
    door.until_came(1).await;
    settle(world.cache()).await?;
    door.unhinge();
    for ended in callers.join_all().await {
        let error = ended.unwrap_err();
        assert!(error.is_panic() && error.to_string().contains("boom"), "{error:?}");
    }
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    Ok(())
}

pub async fn who_joined_one_that_was_dropped_goes_on_alone(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let mut first = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut first, || door.came() == 1).await;
    let mut others = JoinSet::new();
    for _ in 0..10 {
        call(&mut others, &shop, &door, 2);
    }
    settle(world.cache()).await?;
    drop(first);
    door.until_came(2).await;
    settle(world.cache()).await?;
    assert_eq!(door.came(), 2);
    door.unhinge();
    assert_eq!(values(others).await?, [2; 10]);
    assert_eq!(shop.get("k").await?, Some(2));
    assert_eq!(world.cache().stats().computations, 2);
    Ok(())
}

pub async fn a_caller_who_joined_can_be_dropped(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let (mut stays, mut goes) = (JoinSet::new(), JoinSet::new());
    call(&mut stays, &shop, &door, 1);
    door.until_came(1).await;
    for _ in 0..5 {
        call(&mut stays, &shop, &door, 2);
        call(&mut goes, &shop, &door, 3);
    }
    settle(world.cache()).await?;
    goes.shutdown().await;
    door.unhinge();
    assert_eq!(values(stays).await?, [1; 6]);
    assert_eq!(door.came(), 1);
    Ok(())
}
