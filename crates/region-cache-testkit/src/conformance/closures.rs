//! The closures of transactions: their shapes, their ends, and what becomes of their handles.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::future::pending;

use futures::poll;
use region_cache::{Error, Region, Result, Transaction};
use tokio::task::{JoinSet, yield_now};

use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! closures {
    ($fixture:ty) => {
        $crate::cases! { $fixture, closures:
            the_closures_value_is_given_back
            an_error_discards_everything
            a_dropped_transaction_writes_nothing
            a_closure_that_writes_nothing_is_fine
            a_handle_is_dead_after_its_closure
            a_handle_of_a_failed_attempt_is_dead
            every_shape_of_closure_works
            it_runs_inside_a_task
        }
    };
}

pub const SOURCE: &str = include_str!("closures.rs");

pub async fn the_closures_value_is_given_back(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("k", &1).await?;
    let text: String =
        shop.transaction(async |t| Ok(format!("k is {:?}", t.get::<i64>("k").await?))).await?;
    assert_eq!(text, "k is Some(1)");
    Ok(())
}

pub async fn an_error_discards_everything(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("a", &1).await?;
    let error = shop
        .transaction(async |t| {
            t.set("a", &10)?;
            t.remove("b");
            t.increment("c", 1).await?;
            "seven".parse::<i64>().map_err(Error::other)
        })
        .await
        .unwrap_err();
    assert!(error.is_other());
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [Some(1), None, None]);
    assert_eq!(world.cache().stats().transactions, 0);
    Ok(())
}

pub async fn a_dropped_transaction_writes_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    let mut transaction = Box::pin(shop.transaction(async |t| {
        t.set("a", &1)?;
        assert_eq!(t.get("a").await?, Some(1));
        pending::<Result<()>>().await
    }));
    for _ in 0..10 {
        assert!(poll!(transaction.as_mut()).is_pending());
        yield_now().await;
    }
    drop(transaction);
    assert_eq!(shop.get::<i64>("a").await?, None);
    shop.transaction(async |t| t.set("a", &2)).await?;
    assert_eq!(shop.get("a").await?, Some(2));
    Ok(())
}

pub async fn a_closure_that_writes_nothing_is_fine(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(shop.transaction(async |_| Ok(7)).await?, 7);
    assert_eq!(shop.transaction(async |t| t.get::<i64>("k").await).await?, None);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

async fn is_dead(handle: &Transaction) -> bool {
    let errors = [
        handle.get::<i64>("k").await.unwrap_err(),
        handle.get_many::<i64>(["k", "l"]).await.unwrap_err(),
        handle.contains("k").await.unwrap_err(),
        handle.add("k", &1).await.unwrap_err(),
        handle.increment("k", 1).await.unwrap_err(),
        handle.set("k", &1).unwrap_err(),
        handle.region("shop.a").set("k", &1).unwrap_err(),
    ];
    handle.remove("k");
    handle.expire("k");
    errors.iter().all(Error::is_closed)
}

pub async fn a_handle_is_dead_after_its_closure(world: &World) -> Case {
    let shop = world.region("shop");
    let kept = shop
        .transaction(async |t| {
            t.set("k", &7)?;
            Ok(t)
        })
        .await?;
    assert!(is_dead(&kept).await);
    assert_eq!(shop.get("k").await?, Some(7));
    Ok(())
}

pub async fn a_handle_of_a_failed_attempt_is_dead(world: &World) -> Case {
    let shop = world.region("shop");
    let mut kept = None;
    let failed = shop.transaction(|t| {
        kept = Some(t.clone());
        async move {
            t.set("k", &7)?;
            Err::<(), _>(Error::other("no"))
        }
    });
    assert!(failed.await.is_err());
    assert!(is_dead(&kept.expect("the closure ran")).await);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

async fn visit(t: Transaction) -> Result<i64> {
    let visits = count(&t).await?;
    t.set("last", &visits)?;
    Ok(visits)
}

async fn count(t: &Transaction) -> Result<i64> {
    t.increment("visits", 1).await
}

pub async fn every_shape_of_closure_works(world: &World) -> Case {
    let shop = world.region("shop");
    let key = String::from("k");
    let mut runs = 0;

    shop.transaction(async |t| t.set(&key, &1)).await?;
    shop.transaction(|t| async move { t.set("k", &2) }).await?;
    shop.transaction(|t| {
        runs += 1;
        let key = &key;
        async move {
            let seen: i64 = t.get(key).await?.unwrap_or(0);
            t.set(key, &(seen + 1))
        }
    })
    .await?;
    shop.transaction(async |t| {
        let seen: i64 = t.get(key.as_str()).await?.unwrap_or(0);
        t.set(&key, &(seen + 1))?;
        Ok(())
    })
    .await?;
    assert_eq!(shop.transaction(visit).await?, 1);
    let again = |t: Transaction| async move { visit(t).await };
    assert_eq!(shop.transaction(again).await?, 2);
    assert_eq!((shop.get("k").await?, runs), (Some(4), 1));
    Ok(())
}

pub async fn it_runs_inside_a_task(world: &World) -> Case {
    async fn sell(shop: Region, key: String) -> Result<i64> {
        shop.transaction(async |t| {
            let left: i64 = t.get(&key).await?.unwrap_or(0);
            t.set(&key, &(left - 1))?;
            Ok(left - 1)
        })
        .await
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(sell(world.region("shop"), "anvil".to_owned()));
    let shop = world.region("shop");
    tasks.spawn(async move {
        let step = 10;
        shop.transaction(|t| async move { t.increment("hammer", step).await }).await
    });
    let shop = world.region("shop");
    tasks.spawn(async move { shop.transaction(async |t| t.increment("saw", 20).await).await });
    let mut values = Vec::new();
    while let Some(value) = tasks.join_next().await {
        values.push(value.expect("no task panics")?);
    }
    values.sort_unstable();
    assert_eq!(values, [-1, 10, 20]);
    Ok(())
}
