//! Loaders that fail, panic or hang, and values that cannot be stored.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::future::pending;
use std::panic::panic_any;

use futures::future::{join, join3};
use region_cache::{BoxError, EntryOptions, Error, Region, Result};
use serde::{Deserialize, Serialize, Serializer};
use tokio::task::{JoinSet, yield_now};

use super::loaders::{
    Door, Loaded, OutOfOrder, Watched, fail, give, load, pass_slowly, settle, until,
};
use super::samples::{SECOND, lease};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! failures {
    ($fixture:ty) => {
        $crate::cases! { $fixture, failures:
            the_error_of_a_loader_is_found_in_the_error
            an_error_of_a_cache_is_a_loaders_error_too
            nothing_is_stored_of_a_failure_and_the_next_computes_at_once
            a_panic_is_an_error_and_leaves_the_lease_free
            a_panic_without_a_text_is_an_error_too
            a_loader_that_hangs_is_ended_after_half_a_minute
            a_loader_that_hangs_is_ended_by_its_compute_timeout
            who_waits_for_a_loader_that_hangs_is_ended_too
            who_waits_for_another_process_is_ended_too
            a_circle_of_tasks_is_ended_by_the_compute_timeout
            a_value_that_cannot_be_encoded_is_an_error
            a_value_that_is_too_large_is_an_error
            failures_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("failures.rs");

/// Asserts that nothing is stored, and that whoever asks next may compute.
async fn assert_free(world: &World, key: &str) -> Result<()> {
    let there = world.other().await.region("shop");
    assert_eq!(there.get::<i64>(key).await?, None);
    drop(lease(&there, key).await?);
    Ok(())
}

pub async fn the_error_of_a_loader_is_found_in_the_error(world: &World) -> Case {
    let shop = world.region("shop");
    let errors = [
        shop.get_or_compute("k", fail::<i64>).await.unwrap_err(),
        shop.get_or_compute("k", async || Err::<i64, _>(OutOfOrder(7))).await.unwrap_err(),
        shop.get_or_compute_with("k", EntryOptions::new(), |_| fail::<i64>()).await.unwrap_err(),
        shop.get_or_compute_many(["k"], |_| fail::<[(&str, i64); 1]>()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_compute(), "{error:?}");
        assert_eq!(error.downcast_ref(), Some(&OutOfOrder(7)));
        let text = error.to_string();
        assert!(text.contains("shop") && text.contains("out of order, number 7"), "{text}");
    }
    let error = shop.get_or_compute("the key", fail::<i64>).await.unwrap_err();
    assert!(error.to_string().contains("the key"), "{error}");
    let error = shop.get_or_compute("k", async || Err::<i64, _>("a text")).await.unwrap_err();
    assert!(error.is_compute() && error.to_string().contains("a text"), "{error}");
    Ok(())
}

pub async fn an_error_of_a_cache_is_a_loaders_error_too(world: &World) -> Case {
    let shop = world.region("shop");
    let error = shop.get_or_compute("k", async || shop.region("a b").get::<i64>("k").await);
    let error = error.await.unwrap_err();
    assert!(error.is_compute(), "{error:?}");
    assert!(error.downcast_ref::<Error>().is_some_and(Error::is_invalid_name));
    let nested = async || shop.get_or_compute("inner", fail::<i64>).await;
    let error = shop.get_or_compute("outer", nested).await.unwrap_err();
    assert!(error.is_compute() && error.downcast_ref::<OutOfOrder>().is_some(), "{error:?}");
    Ok(())
}

pub async fn nothing_is_stored_of_a_failure_and_the_next_computes_at_once(world: &World) -> Case {
    let shop = world.region("shop");
    shop.get_or_compute("k", fail::<i64>).await.unwrap_err();
    assert_free(world, "k").await?;
    shop.get_or_compute("k", fail::<i64>).await.unwrap_err();
    assert_eq!(shop.get_or_compute("k", || load(1)).await?, 1);
    shop.get_or_compute_with("l", EntryOptions::new(), |_| fail::<i64>()).await.unwrap_err();
    assert_free(world, "l").await?;
    shop.get_or_compute_many(["m", "n"], |_| fail::<[(&str, i64); 1]>()).await.unwrap_err();
    assert_free(world, "m").await?;
    assert_free(world, "n").await?;
    Ok(())
}

async fn panics_later<T>() -> Loaded<T> {
    yield_now().await;
    panic!("boom")
}

/// The errors of loaders that panic: before there is a future, before its first pause, and after.
async fn panics(shop: &Region) -> [Error; 6] {
    let before = || -> std::future::Pending<Loaded> { panic!("boom") };
    let at_once = async || -> Loaded { panic!("boom") };
    let infallible = async || -> i64 { panic!("{}", String::from("boom")) };
    let behind_options = EntryOptions::new();
    [
        shop.get_or_compute("k", before).await.unwrap_err(),
        shop.get_or_compute("k", at_once).await.unwrap_err(),
        shop.get_or_compute("k", panics_later::<i64>).await.unwrap_err(),
        shop.get_or_compute_with("k", behind_options, |_| panics_later::<i64>()).await.unwrap_err(),
        shop.get_or_insert_with("k", infallible).await.unwrap_err(),
        shop.get_or_compute_many(["k"], |_| panics_later::<[(&str, i64); 1]>()).await.unwrap_err(),
    ]
}

pub async fn a_panic_is_an_error_and_leaves_the_lease_free(world: &World) -> Case {
    let shop = world.region("shop");
    for error in panics(&shop).await {
        assert!(error.is_panic(), "{error:?}");
        assert!(error.to_string().contains("boom"), "{error}");
        assert_free(world, "k").await?;
    }
    assert_eq!(shop.get_or_compute("k", || load(1)).await?, 1);
    Ok(())
}

pub async fn a_panic_without_a_text_is_an_error_too(world: &World) -> Case {
    let shop = world.region("shop");
    let error = shop.get_or_compute("k", async || -> Loaded { panic_any(7) }).await.unwrap_err();
    assert!(error.is_panic() && error.to_string().contains("panicked"), "{error}");
    assert_free(world, "k").await?;
    Ok(())
}

pub async fn a_loader_that_hangs_is_ended_after_half_a_minute(world: &World) -> Case {
    let shop = world.region("shop");
    let (door, watched) = (Door::new(), Watched::default());
    let hangs = async {
        let _watch = watched.watch();
        door.load(1).await
    };
    let time = async {
        door.until_came(1).await;
        pass_slowly(world, 29).await?;
        assert!(!watched.is_gone());
        pass_slowly(world, 1).await
    };
    let (ended, passed) = join(shop.get_or_compute("k", || hangs), time).await;
    passed?;
    let error = ended.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.to_string().contains("30s") && error.to_string().contains("compute_timeout"));
    assert!(watched.is_gone());
    assert_free(world, "k").await?;
    Ok(())
}

pub async fn a_loader_that_hangs_is_ended_by_its_compute_timeout(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.compute_timeout(3 * SECOND));
    let one = async || {
        pending::<()>().await;
        load(1).await
    };
    let behind = |_| async { pending::<Loaded>().await };
    let options = || EntryOptions::new().compute_timeout(2 * SECOND);
    let all = join3(
        shop.get_or_compute("k", one),
        shop.get_or_compute_with("l", options(), behind),
        shop.get_or_compute_many(["m", "n"], |_| pending::<Loaded<[(&str, i64); 1]>>()),
    );
    let ((one, behind, many), passed) = join(all, pass_slowly(world, 3)).await;
    passed?;
    for error in [one.unwrap_err(), behind.unwrap_err(), many.unwrap_err()] {
        assert!(error.is_timeout(), "{error:?}");
    }
    settle(world.cache()).await?;
    for key in ["k", "l", "m", "n"] {
        assert_free(world, key).await?;
    }
    Ok(())
}

pub async fn who_waits_for_a_loader_that_hangs_is_ended_too(world: &World) -> Case {
    let shop = world.region("shop");
    let hasty = shop.with(|o| o.compute_timeout(2 * SECOND));
    let door = Door::new();
    let first = shop.get_or_compute("k", || door.load(1));
    let second = async {
        door.until_came(1).await;
        let (ended, passed) =
            join(hasty.get_or_compute("k", || load(2)), pass_slowly(world, 2)).await;
        door.unhinge();
        (ended, passed)
    };
    let (first, (second, passed)) = join(first, second).await;
    passed?;
    assert!(second.unwrap_err().is_timeout());
    assert_eq!(first?, 1);
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn who_waits_for_another_process_is_ended_too(world: &World) -> Case {
    let (shop, other) = (world.region("shop"), world.other().await);
    let hasty = other.region("shop").with(|o| o.compute_timeout(2 * SECOND));
    let held = lease(&shop, "k").await?;
    let (ended, passed) = join(hasty.get_or_compute("k", || load(2)), pass_slowly(world, 2)).await;
    passed?;
    assert!(ended.unwrap_err().is_timeout());
    assert!(held.fill(&1).await?);
    Ok(())
}

/// Each waits for the other, and neither is part of the other's call chain.
pub async fn a_circle_of_tasks_is_ended_by_the_compute_timeout(world: &World) -> Case {
    let shop = world.region("shop");
    // Before a lease could be overtaken that a busy machine renews too late.
    let hasty = shop.with(|o| o.compute_timeout(2 * SECOND));
    let outer = hasty.get_or_compute("a", async || -> Result<i64, BoxError> {
        let (mut task, shop) = (JoinSet::new(), shop.clone());
        task.spawn(async move {
            shop.get_or_compute("b", async || -> Result<i64, BoxError> {
                let (mut task, shop) = (JoinSet::new(), shop.clone());
                task.spawn(async move { shop.get_or_compute("a", || load(1)).await });
                Ok(task.join_next().await.expect("it was spawned")??)
            })
            .await
        });
        Ok(task.join_next().await.expect("it was spawned")??)
    });
    let time = async {
        until("both compute", || world.cache().stats().computations == 2).await;
        pass_slowly(world, 2).await
    };
    let (ended, passed) = join(outer, time).await;
    passed?;
    assert!(ended.unwrap_err().is_timeout());
    settle(world.cache()).await?;
    assert_free(world, "a").await?;
    assert_free(world, "b").await?;
    Ok(())
}

/// It has no form that can be stored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Formless;

impl Serialize for Formless {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it has no form"))
    }
}

pub async fn a_value_that_cannot_be_encoded_is_an_error(world: &World) -> Case {
    let shop = world.region("shop");
    let errors = [
        shop.get_or_compute("k", || give(Formless)).await.unwrap_err(),
        shop.get_or_compute_with("k", EntryOptions::new(), |_| give(Formless)).await.unwrap_err(),
        shop.get_or_compute_many(["k"], |_| give([("k", Formless)])).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_encode(), "{error:?}");
    }
    assert_free(world, "k").await?;
    Ok(())
}

pub async fn a_value_that_is_too_large_is_an_error(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    let large = || give("x".repeat(101));
    assert!(shop.get_or_compute("k", large).await.unwrap_err().is_too_large());
    let many = |_| async { give([("l", large().await?), ("m", String::from("short"))]).await };
    let error = shop.get_or_compute_many(["l", "m"], many).await.unwrap_err();
    assert!(error.is_too_large(), "{error:?}");
    assert_free(world, "k").await?;
    assert_free(world, "l").await?;
    Ok(())
}

pub async fn failures_are_counted(world: &World) -> Case {
    let shop = world.region("shop");
    shop.get_or_compute("k", fail::<i64>).await.unwrap_err();
    panics(&shop).await;
    let stats = world.cache().stats();
    assert_eq!((stats.computations, stats.failed_computations), (7, 7));
    assert_eq!((stats.misses, stats.hits, stats.fills, stats.refused_fills), (7, 0, 0, 0));
    Ok(())
}
