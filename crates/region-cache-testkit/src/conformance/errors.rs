//! Backends that do not answer, and caches that are closed.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::future::join;
use futures::{StreamExt, poll};
use region_cache::{Cache, Error, Lookup, Region, Result};
use tokio::task::yield_now;

use super::samples::{SECOND, lease};
use super::{Case, World};
use crate::backends::{Counting, Failing, Operation, Stuck, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! errors {
    ($fixture:ty) => {
        $crate::cases! { $fixture, errors:
            a_read_that_is_not_answered_times_out
            a_change_that_is_not_answered_is_unconfirmed
            a_transaction_that_is_not_answered_times_out_or_is_unconfirmed
            an_unconfirmed_change_may_have_happened
            an_answer_just_in_time_counts
            the_timeout_is_the_builders
            a_backend_that_does_not_answer_cannot_be_built_on
            a_lease_whose_answer_was_lost_is_given_back
            a_lease_whose_connection_was_lost_is_given_back
            everything_works_again_when_the_backend_does
            a_closed_cache_refuses_everything
            every_handle_of_a_closed_cache_is_closed
            what_is_under_way_when_the_cache_closes_is_refused
            another_cache_on_the_same_storage_stays_open
            a_lent_backend_is_left_open
            shutdown_waits_for_what_is_under_way
            errors_can_be_cloned_and_sent
        }
    };
}

pub const SOURCE: &str = include_str!("errors.rs");

/// A cache on a line that can be cut.
async fn on_a_line(world: &World) -> (std::sync::Arc<Stuck>, Cache) {
    let stuck = Stuck::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    (stuck, cache)
}

/// The error of an operation that gets lost, and so waits until the operation timeout, a second, is
/// over.
async fn late<T>(
    world: &World,
    stuck: &Stuck,
    operation: impl Future<Output = Result<T>>,
) -> Error {
    let lost = stuck.lost();
    let mut operation = pin!(operation);
    while stuck.lost() == lost {
        assert!(poll!(operation.as_mut()).is_pending());
        yield_now().await;
    }
    world.clock().advance(Duration::from_millis(999));
    assert!(poll!(operation.as_mut()).is_pending());
    world.clock().advance(Duration::from_millis(1));
    match operation.await {
        Ok(_) => panic!("nothing answered, and still it succeeded"),
        Err(error) => error,
    }
}

/// The same, one after the other, with an answer in between: so the backend is not spared.
macro_rules! late_each {
    ($world:ident, $stuck:ident, $cache:ident: $($operation:expr,)*) => {
        [$({
            $stuck.mend();
            $cache.ping().await?;
            $stuck.lose_requests(Operation::ALL);
            late($world, &$stuck, $operation).await
        }),*]
    };
}

pub async fn a_read_that_is_not_answered_times_out(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    let errors = late_each! { world, stuck, cache:
        shop.get::<i64>("k"),
        shop.get_many::<i64>(["k"]),
        shop.contains("k"),
        shop.ttl("k"),
        shop.len(),
        shop.children(),
        shop.lookup::<i64>("k"),
        async { shop.keys().next().await.expect("an item") },
        cache.ping(),
    };
    for error in errors {
        assert!(error.is_timeout(), "{error:?}");
        assert!(error.to_string().contains("1s"), "{error}");
    }
    Ok(())
}

pub async fn a_change_that_is_not_answered_is_unconfirmed(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    let held = lease(&shop, "held").await?;
    let errors = late_each! { world, stuck, cache:
        shop.set("k", &1),
        shop.set_many([("k", &1)]),
        shop.add("k", &1),
        shop.increment("k", 1),
        shop.expire("k"),
        shop.remove("k"),
        shop.remove_many(["k"]),
        held.fill(&1),
        shop.invalidate(),
        cache.clear(),
    };
    for error in errors {
        assert!(error.is_unconfirmed(), "{error:?}");
        assert!(error.to_string().contains("may or may not"), "{error}");
    }
    Ok(())
}

pub async fn a_transaction_that_is_not_answered_times_out_or_is_unconfirmed(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    for (operation, is_change) in
        [(Operation::Begin, false), (Operation::SessionRead, false), (Operation::Commit, true)]
    {
        stuck.lose_requests([operation]);
        let transaction = shop.transaction(async |t| t.increment("k", 1).await);
        let error = late(world, &stuck, transaction).await;
        assert_eq!((error.is_timeout(), error.is_unconfirmed()), (!is_change, is_change));
        stuck.mend();
        assert!(!shop.contains("k").await?);
    }
    Ok(())
}

pub async fn an_unconfirmed_change_may_have_happened(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    let there = world.other().await.region("shop");
    stuck.lose_answers(Operation::ALL);
    assert!(late(world, &stuck, shop.set("k", &1)).await.is_unconfirmed());
    assert_eq!(there.get("k").await?, Some(1));
    let transaction = shop.transaction(async |t| t.set("k", &2));
    stuck.mend();
    stuck.lose_answers([Operation::Commit]);
    assert!(late(world, &stuck, transaction).await.is_unconfirmed());
    assert_eq!(there.get("k").await?, Some(2));
    stuck.lose_answers([Operation::Invalidate]);
    assert!(late(world, &stuck, shop.invalidate()).await.is_unconfirmed());
    assert_eq!(there.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn an_answer_just_in_time_counts(world: &World) -> Case {
    let backend = Yielding::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(backend)).await;
    let shop = cache.region("shop");
    let mut set = pin!(shop.set("k", &1));
    assert!(poll!(set.as_mut()).is_pending());
    world.clock().advance(Duration::from_millis(999));
    set.await?;
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn the_timeout_is_the_builders(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    let cache = world
        .cache_with(|builder| builder.backend(stuck.clone()).operation_timeout(30 * SECOND))
        .await;
    stuck.lose_requests(Operation::ALL);
    let mut ping = pin!(cache.ping());
    assert!(poll!(ping.as_mut()).is_pending());
    world.clock().advance(29 * SECOND);
    assert!(poll!(ping.as_mut()).is_pending());
    world.clock().advance(SECOND);
    let error = ping.await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("30s"), "{error}");
    Ok(())
}

pub async fn a_backend_that_does_not_answer_cannot_be_built_on(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    stuck.lose_requests(Operation::ALL);
    let build = world.builder().backend(stuck.clone()).build();
    assert!(late(world, &stuck, build).await.is_timeout());
    let lazy = world.builder().backend(stuck.clone()).connect_lazily(true).build().await?;
    stuck.mend();
    lazy.ping().await?;
    Ok(())
}

pub async fn a_lease_whose_answer_was_lost_is_given_back(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    stuck.lose_answers([Operation::Lease]);
    assert!(late(world, &stuck, shop.lookup::<i64>("k")).await.is_timeout());
    let dropped = shop.lookup::<i64>("l");
    {
        let mut dropped = pin!(dropped);
        assert!(poll!(dropped.as_mut()).is_pending());
    }
    stuck.mend();
    yield_now().await;
    assert!(lease(&shop, "k").await?.fill(&1).await?);
    Ok(())
}

/// Fails where "not reachable" is taken for "never sent".
pub async fn a_lease_whose_connection_was_lost_is_given_back(world: &World) -> Case {
    let failing = Failing::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(failing.clone())).await;
    let shop = cache.region("shop");
    failing.lose_leases();
    assert!(shop.lookup::<i64>("k").await.unwrap_err().is_unavailable());
    failing.mend();
    for _ in 0..1_000 {
        match shop.lookup::<i64>("k").await? {
            Lookup::Miss(miss) if miss.holds_lease() => {
                assert!(miss.fill(&1).await?);
                return Ok(());
            }
            _ => yield_now().await,
        }
    }
    panic!("nobody gave it back");
}

pub async fn everything_works_again_when_the_backend_does(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    stuck.lose_requests(Operation::ALL);
    assert!(late(world, &stuck, shop.set("k", &1)).await.is_unconfirmed());
    assert!(late(world, &stuck, shop.get::<i64>("k")).await.is_timeout());
    assert!(late(world, &stuck, shop.invalidate()).await.is_unconfirmed());
    stuck.mend();
    shop.set("k", &2).await?;
    assert_eq!(shop.get("k").await?, Some(2));
    shop.transaction(async |t| t.increment("k", 1).await).await?;
    assert!(lease(&shop, "l").await?.fill(&1).await?);
    assert_eq!(shop.invalidate().await?.freed().await?, 1);
    Ok(())
}

/// The errors of everything that a region and a cache can be asked for.
async fn errors(cache: &Cache, region: &Region) -> Vec<Error> {
    vec![
        region.get::<i64>("k").await.unwrap_err(),
        region.set("k", &1).await.unwrap_err(),
        region.set_with("k", &1, region_cache::EntryOptions::new()).await.unwrap_err(),
        region.add("k", &1).await.unwrap_err(),
        region.remove("k").await.unwrap_err(),
        region.contains("k").await.unwrap_err(),
        region.get_many::<i64>(["k"]).await.unwrap_err(),
        region.set_many([("k", &1)]).await.unwrap_err(),
        region.remove_many(["k"]).await.unwrap_err(),
        region.increment("k", 1).await.unwrap_err(),
        region.expire("k").await.unwrap_err(),
        region.ttl("k").await.unwrap_err(),
        region.len().await.unwrap_err(),
        region.children().await.unwrap_err(),
        region.lookup::<i64>("k").await.unwrap_err(),
        region.transaction(async |t| t.set("k", &1)).await.unwrap_err(),
        region.invalidate().await.unwrap_err(),
        region.keys().next().await.expect("an item").unwrap_err(),
        region.entries::<i64>().next().await.expect("an item").unwrap_err(),
        cache.clear().await.unwrap_err(),
        cache.ping().await.unwrap_err(),
        cache.root().children().await.unwrap_err(),
    ]
}

pub async fn a_closed_cache_refuses_everything(world: &World) -> Case {
    let cache = world.other().await;
    let shop = cache.region("shop");
    shop.set("k", &1).await?;
    cache.clone().shutdown().await;
    for error in errors(&cache, &shop).await {
        assert!(error.is_closed(), "{error:?}");
    }
    assert_eq!(cache.stats().writes, 1);
    assert_eq!(world.region("shop").get("k").await?, Some(1));
    Ok(())
}

pub async fn every_handle_of_a_closed_cache_is_closed(world: &World) -> Case {
    let cache = world.other().await;
    let (clone, shop) = (cache.clone(), cache.region("shop"));
    shop.set("k", &1).await?;
    let invalidated = shop.invalidate().await?;
    assert_eq!(invalidated.freed().await?, 1);
    cache.shutdown().await;
    assert!(clone.region("new").get::<i64>("k").await.unwrap_err().is_closed());
    assert!(shop.with(|o| o.schema(1)).region("a").len().await.unwrap_err().is_closed());
    // There is nothing left to free, so nobody needs to be asked.
    assert_eq!(invalidated.freed().await?, 1);
    clone.shutdown().await;
    Ok(())
}

pub async fn what_is_under_way_when_the_cache_closes_is_refused(world: &World) -> Case {
    let cache = world.other().await;
    let shop = cache.region("shop");
    let (filled, dropped) = (lease(&shop, "k").await?, lease(&shop, "l").await?);
    let mut keys = shop.keys();
    let closed = shop
        .transaction(async |t| {
            t.set("written", &1)?;
            t.get::<i64>("read").await?;
            cache.clone().shutdown().await;
            assert!(t.get::<i64>("read again").await.unwrap_err().is_closed());
            Ok(())
        })
        .await;
    assert!(closed.unwrap_err().is_closed());
    assert!(filled.fill(&1).await.unwrap_err().is_closed());
    drop(dropped);
    assert!(keys.next().await.expect("an item").unwrap_err().is_closed());
    assert_eq!(world.region("shop").len().await?, 0);
    Ok(())
}

pub async fn another_cache_on_the_same_storage_stays_open(world: &World) -> Case {
    let cache = world.other().await;
    cache.region("shop").set("k", &1).await?;
    cache.shutdown().await;
    let shop = world.region("shop");
    assert_eq!(shop.get("k").await?, Some(1));
    shop.set("k", &2).await?;
    assert_eq!(world.other().await.region("shop").get("k").await?, Some(2));
    Ok(())
}

pub async fn a_lent_backend_is_left_open(world: &World) -> Case {
    let counting = Counting::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    cache.region("shop").set("k", &1).await?;
    cache.clone().shutdown().await;
    cache.shutdown().await;
    assert_eq!(counting.count(Operation::Close), 0);
    Ok(())
}

pub async fn shutdown_waits_for_what_is_under_way(world: &World) -> Case {
    let backend = Yielding::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(backend)).await;
    let shop = cache.region("shop");
    let mut set = Box::pin(shop.set("k", &1));
    assert!(poll!(set.as_mut()).is_pending());
    let (first, second) = (cache.clone().shutdown(), cache.clone().shutdown());
    let mut both = Box::pin(join(first, second));
    for _ in 0..10 {
        assert!(poll!(both.as_mut()).is_pending());
        yield_now().await;
    }
    set.await?;
    both.await;
    assert_eq!(world.region("shop").get("k").await?, Some(1));
    assert!(shop.set("k", &2).await.unwrap_err().is_closed());
    Ok(())
}

pub async fn errors_can_be_cloned_and_sent(world: &World) -> Case {
    fn is_good<E: std::error::Error + Clone + Send + Sync + 'static>(_: &E) {}

    let error = world.region("shop..42").get::<i64>("k").await.unwrap_err();
    is_good(&error);
    let clone = error.clone();
    assert_eq!((clone.kind(), clone.to_string()), (error.kind(), error.to_string()));
    let shop = world.region("shop");
    let failed = shop.transaction(async |_| Err::<(), _>(Error::other(error.clone())));
    let failed = failed.await.unwrap_err();
    assert!(failed.clone().is_other());
    assert!(failed.downcast_ref::<Error>().is_some_and(Error::is_invalid_name));
    Ok(())
}
