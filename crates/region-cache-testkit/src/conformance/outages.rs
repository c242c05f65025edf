//! Computing while the backend does not answer, and how it is spared and found again.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::future::Future;
use std::sync::Arc;

use futures::future::{join, try_join_all};
use region_cache::{Cache, EntryOptions, ErrorKind, OnUnavailable, Region, Result};
use tokio::task::JoinSet;

use super::loaders::{Door, OutOfOrder, drive, drive_on, fail, give, load, never, settle, until};
use super::samples::{HOUR, Runs, SECOND};
use super::{Case, World};
use crate::backends::{Failing, Operation, Stuck};

#[doc(hidden)]
#[macro_export]
macro_rules! outages {
    ($fixture:ty) => {
        $crate::cases! { $fixture, outages:
            what_cannot_be_read_is_computed_and_not_stored
            what_cannot_be_leased_is_computed_and_not_stored
            what_cannot_be_filled_is_computed_and_not_stored
            several_keys_are_computed_without_a_backend_too
            a_backend_that_does_not_answer_costs_one_timeout
            a_backend_that_stops_answering_meanwhile_costs_one_timeout
            several_keys_without_an_answer_cost_one_timeout
            a_cache_may_rather_fail_than_compute
            what_the_backend_refuses_is_an_error
            a_failure_without_a_backend_is_the_loaders
            a_stale_value_stands_in_for_a_failure_of_both
            who_waits_without_a_backend_shares_a_computation
            who_comes_later_does_not_share_a_computation_without_a_backend
            a_computation_without_a_backend_can_be_dropped
        }
    };
}

pub const SOURCE: &str = include_str!("outages.rs");
/// A cache whose backend can be made to fail.
struct Shaky {
    failing: Arc<Failing>,
    cache: Cache,
}

impl Shaky {
    async fn new(world: &World) -> Self {
        let failing = Failing::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(failing.clone())).await;
        Self { failing, cache }
    }

    fn shop(&self) -> Region {
        self.cache.region("shop")
    }
}

async fn without(world: &World, operation: Operation) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail([operation]);
    for value in 1..4 {
        assert_eq!(shaky.shop().get_or_compute("k", || load(value)).await?, value);
    }
    let behind = shaky.shop().get_or_compute_with("k", EntryOptions::new(), |_| load(7)).await?;
    assert_eq!(behind, 7);
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    let stats = shaky.cache.stats();
    assert_eq!((stats.computations, stats.failed_computations, stats.fills), (4, 0, 0));
    assert_eq!((stats.misses, stats.hits), (4, 0));
    Ok(())
}

pub async fn what_cannot_be_read_is_computed_and_not_stored(world: &World) -> Case {
    without(world, Operation::Read).await
}

pub async fn what_cannot_be_leased_is_computed_and_not_stored(world: &World) -> Case {
    without(world, Operation::Lease).await
}

pub async fn what_cannot_be_filled_is_computed_and_not_stored(world: &World) -> Case {
    without(world, Operation::Fill).await
}

pub async fn several_keys_are_computed_without_a_backend_too(world: &World) -> Case {
    for operation in [Operation::Read, Operation::Lease, Operation::Fill] {
        let shaky = Shaky::new(world).await;
        shaky.failing.fail([operation]);
        let all = |_| give([("a", 1), ("b", 2)]);
        let values = shaky.shop().get_or_compute_many(["a", "b", "c"], all).await?;
        assert_eq!(values, [Some(1), Some(2), None], "{operation:?}");
        // A lease that is granted although nothing could be read is as good as any.
        let is_stored = world.region("shop").remove_many(["a", "b"]).await? > 0;
        assert!(!is_stored || operation == Operation::Read, "{operation:?}");
    }
    Ok(())
}

/// A cache on a line that can be cut.
async fn on_a_line(world: &World) -> (Arc<Stuck>, Cache) {
    let stuck = Stuck::new(world.connect().await);
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    (stuck, cache)
}

/// What comes of a call if a request gets lost and the operation timeout passes, once.
async fn in_one_timeout<T>(
    world: &World,
    stuck: &Stuck,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let (lost, mut call) = (stuck.lost(), Box::pin(call));
    drive(&mut call, || stuck.lost() > lost).await;
    world.clock().advance(SECOND);
    let limit = Box::pin(async {
        settle(world.cache()).await.expect("this cache is well");
        panic!("one timeout was not enough");
    });
    futures::future::select(call, limit).await.factor_first().0
}

pub async fn a_backend_that_does_not_answer_costs_one_timeout(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    for cut in [&Operation::ALL[..], &[Operation::Lease, Operation::Release]] {
        stuck.lose_requests(cut.iter().copied());
        let computed = shop.get_or_compute("k", || load(1));
        assert_eq!(in_one_timeout(world, &stuck, computed).await?, 1);
        stuck.mend();
        settle(&cache).await?;
        assert_eq!(shop.get::<i64>("k").await?, None);
    }
    Ok(())
}

pub async fn a_backend_that_stops_answering_meanwhile_costs_one_timeout(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    let computed = shop.get_or_compute("k", async || {
        stuck.lose_requests(Operation::ALL);
        load(1).await
    });
    assert_eq!(in_one_timeout(world, &stuck, computed).await?, 1);
    stuck.mend();
    settle(&cache).await?;
    let failed = shop.get_or_compute("l", async || {
        stuck.lose_requests(Operation::ALL);
        fail::<i64>().await
    });
    assert!(in_one_timeout(world, &stuck, failed).await.unwrap_err().is_compute());
    Ok(())
}

pub async fn several_keys_without_an_answer_cost_one_timeout(world: &World) -> Case {
    let (stuck, cache) = on_a_line(world).await;
    let shop = cache.region("shop");
    stuck.lose_requests(Operation::ALL);
    let computed = shop.get_or_compute_many(["a", "b"], |_| give([("a", 1), ("b", 2)]));
    let computed = in_one_timeout(world, &stuck, computed).await?;
    assert_eq!(computed, [Some(1), Some(2)]);
    Ok(())
}

pub async fn a_cache_may_rather_fail_than_compute(world: &World) -> Case {
    let failing = Failing::new(world.connect().await);
    let stuck = Stuck::new(failing.clone());
    let cache =
        world.cache_with(|b| b.backend(stuck.clone()).on_unavailable(OnUnavailable::Error)).await;
    let shop = cache.region("shop").with(|o| o.stale_for(HOUR));
    for operation in [Operation::Read, Operation::Lease] {
        failing.fail([operation]);
        let error = shop.get_or_compute("k", never::<i64>).await.unwrap_err();
        assert!(error.is_unavailable(), "{error:?}");
        let many = shop.get_or_compute_many(["k"], |_| never::<Vec<(&str, i64)>>());
        assert!(many.await.unwrap_err().is_unavailable());
        failing.mend();
        stuck.lose_requests([operation]);
        let lost = stuck.lost();
        let time = async {
            until("a request is lost", || stuck.lost() > lost).await;
            world.clock().advance(SECOND);
        };
        let (computed, ()) = join(shop.get_or_compute("k", never::<i64>), time).await;
        assert!(computed.unwrap_err().is_timeout());
        stuck.mend();
        cache.ping().await?;
    }
    shop.set("stale", &1).await?;
    shop.expire("stale").await?;
    failing.fail([Operation::Lease]);
    assert_eq!(shop.get_or_compute("stale", || load(2)).await?, 1);
    assert_eq!(cache.stats().computations, 0);
    Ok(())
}

/// It is there, and says no: nobody is helped by computing again and again.
pub async fn what_the_backend_refuses_is_an_error(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    for kind in [ErrorKind::Denied, ErrorKind::WrongType, ErrorKind::Auth] {
        for operation in [Operation::Read, Operation::Lease] {
            shaky.failing.mend();
            shaky.failing.fail_with([operation], kind);
            let error = shaky.shop().get_or_compute("k", never::<i64>).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{operation:?}");
        }
    }
    Ok(())
}

pub async fn a_failure_without_a_backend_is_the_loaders(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail(Operation::ALL);
    let error = shaky.shop().get_or_compute("k", fail::<i64>).await.unwrap_err();
    assert!(error.is_compute() && error.downcast_ref() == Some(&OutOfOrder(7)), "{error:?}");
    assert!(shaky.shop().get_or_compute("k", never::<i64>).await.unwrap_err().is_panic());
    Ok(())
}

pub async fn a_stale_value_stands_in_for_a_failure_of_both(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    let shop = shaky.shop().with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    shaky.failing.fail([Operation::Lease]);
    assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 1);
    world.clock().advance(SECOND);
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    Ok(())
}

pub async fn who_waits_without_a_backend_shares_a_computation(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail(Operation::ALL);
    let (door, mut callers) = (Door::new(), JoinSet::new());
    for value in 0..100_i64 {
        let (shop, door) = (shaky.shop(), door.clone());
        callers.spawn(async move { shop.get_or_compute("k", || door.load(value)).await });
    }
    door.until_came(1).await;
    settle(world.cache()).await?;
    assert_eq!(door.came(), 1);
    door.unhinge();
    let values: Result<Vec<i64>> = callers.join_all().await.into_iter().collect();
    // One for who was there first, and one for all who came while it was computed.
    let mut values = values?;
    values.sort_unstable();
    values.dedup();
    assert_eq!((values.len(), door.came()), (2, 2));
    assert_eq!(shaky.cache.stats().joined, 98);
    Ok(())
}

/// Whoever comes later may know of a change that came later too.
pub async fn who_comes_later_does_not_share_a_computation_without_a_backend(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail(Operation::ALL);
    let (shop, door, changed) = (shaky.shop(), Door::new(), Runs::default());
    let value = async || {
        let seen = changed.count();
        door.pass().await;
        Ok::<_, region_cache::BoxError>(seen)
    };
    let mut before = Box::pin(try_join_all((0..3).map(|_| shop.get_or_compute("k", value))));
    drive(&mut before, || door.came() == 1).await;
    changed.begin();
    let mut after = Box::pin(try_join_all((0..3).map(|_| shop.get_or_compute("k", value))));
    drive_on(&mut after, world.cache()).await?;
    door.unhinge();
    let (before, after) = join(before, after).await;
    assert_eq!((before?[0], after?), (0, vec![1; 3]));
    Ok(())
}

pub async fn a_computation_without_a_backend_can_be_dropped(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail(Operation::ALL);
    let (shop, door) = (shaky.shop(), Door::new());
    let mut dropped = Box::pin(shop.get_or_compute("k", || door.load(1)));
    drive(&mut dropped, || door.came() == 1).await;
    let mut waits = Box::pin(shop.get_or_compute("k", || load(2)));
    drive_on(&mut waits, world.cache()).await?;
    drop(dropped);
    assert_eq!(waits.await?, 2);
    Ok(())
}
