//! A backend that does not answer is spared, and found again when it is back.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::time::Duration;

use region_cache::{BreakerState, Cache, ErrorKind, Region};

use super::loaders::{Door, drive, give, load, meanwhile, settle};
use super::samples::SECOND;
use super::{Case, World};
use crate::backends::{Counting, Failing, Operation, Stuck};

#[doc(hidden)]
#[macro_export]
macro_rules! breaker {
    ($fixture:ty) => {
        $crate::cases! { $fixture, breaker:
            a_backend_that_fails_in_a_row_is_spared
            what_the_backend_refuses_does_not_spare_it
            a_spared_backend_is_tried_by_one_at_a_time
            a_spared_backend_is_tried_less_and_less_often
            everything_is_normal_two_seconds_after_the_backend_is_back
        }
    };
}

pub const SOURCE: &str = include_str!("breaker.rs");

/// A cache whose backend can be made to fail, and counts what reaches it.
struct Shaky {
    counting: Arc<Counting>,
    failing: Arc<Failing>,
    cache: Cache,
}

impl Shaky {
    async fn new(world: &World) -> Self {
        let failing = Failing::new(world.connect().await);
        let counting = Counting::new(failing.clone());
        let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
        Self { counting, failing, cache }
    }

    fn shop(&self) -> Region {
        self.cache.region("shop")
    }

    fn breaker(&self) -> BreakerState {
        self.cache.stats().breaker
    }

    /// Fails until the backend is spared.
    async fn spare(&self) {
        self.failing.fail(Operation::ALL);
        for _ in 0..5 {
            assert_eq!(self.breaker(), BreakerState::Closed);
            assert!(self.shop().get::<i64>("k").await.unwrap_err().is_unavailable());
        }
        assert_eq!(self.breaker(), BreakerState::Open);
    }
}

pub async fn a_backend_that_fails_in_a_row_is_spared(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.spare().await;
    shaky.counting.reset();
    let shop = shaky.shop();
    let error = shop.get::<i64>("k").await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("breaker"), "{error}");
    assert!(shop.set("k", &1).await.unwrap_err().is_unavailable());
    assert!(shop.lookup::<i64>("k").await.unwrap_err().is_unavailable());
    assert!(shop.transaction(async |t| t.set("k", &1)).await.unwrap_err().is_unavailable());
    assert_eq!(shop.get_or_compute("k", || load(1)).await?, 1);
    let all = |_| give([("k", 1)]);
    assert_eq!(shop.get_or_compute_many(["k"], all).await?, [Some(1)]);
    assert_eq!(shaky.counting.total(), 0);
    Ok(())
}

pub async fn what_the_backend_refuses_does_not_spare_it(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.failing.fail_with([Operation::Read], ErrorKind::Denied);
    for _ in 0..10 {
        assert_eq!(shaky.shop().get::<i64>("k").await.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(shaky.breaker(), BreakerState::Closed);
    // An answer in between is an answer.
    shaky.failing.mend();
    for _ in 0..4 {
        shaky.failing.fail([Operation::Read]);
        for _ in 0..4 {
            shaky.shop().get::<i64>("k").await.unwrap_err();
        }
        shaky.failing.mend();
        shaky.shop().get::<i64>("k").await?;
    }
    assert_eq!(shaky.breaker(), BreakerState::Closed);
    Ok(())
}

pub async fn a_spared_backend_is_tried_by_one_at_a_time(world: &World) -> Case {
    let stuck = Stuck::new(world.connect().await);
    let counting = Counting::new(stuck.clone());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let shop = cache.region("shop");
    stuck.lose_requests(Operation::ALL);
    for _ in 0..5 {
        let lost = stuck.lost();
        let mut read = Box::pin(shop.get::<i64>("k"));
        drive(&mut read, || stuck.lost() > lost).await;
        world.clock().advance(SECOND);
        assert!(read.await.unwrap_err().is_timeout());
    }
    assert_eq!(cache.stats().breaker, BreakerState::Open);
    world.clock().advance(SECOND);
    counting.reset();
    let mut probe = Box::pin(shop.get::<i64>("k"));
    drive(&mut probe, || counting.total() == 1).await;
    assert_eq!(cache.stats().breaker, BreakerState::HalfOpen);
    for _ in 0..10 {
        assert!(shop.get::<i64>("k").await.unwrap_err().is_unavailable());
    }
    assert_eq!(counting.total(), 1);
    // A probe that is dropped has learnt nothing: the next one may try at once.
    drop(probe);
    assert_eq!(cache.stats().breaker, BreakerState::Open);
    stuck.mend();
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!((cache.stats().breaker, counting.total()), (BreakerState::Closed, 2));
    Ok(())
}

pub async fn a_spared_backend_is_tried_less_and_less_often(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.spare().await;
    shaky.counting.reset();
    let mut tries = Vec::new();
    for _ in 0..100 {
        world.clock().advance(Duration::from_millis(100));
        let before = shaky.counting.total();
        for _ in 0..5 {
            shaky.shop().get::<i64>("k").await.unwrap_err();
        }
        tries.push(shaky.counting.total() - before);
        assert_eq!(shaky.breaker(), BreakerState::Open);
    }
    assert!(tries.iter().all(|tries| *tries <= 1), "{tries:?}");
    let late = &tries[50..];
    let count = late.iter().sum::<u64>();
    assert!((5..=13).contains(&count), "in 5 s it was tried {count} times");
    Ok(())
}

pub async fn everything_is_normal_two_seconds_after_the_backend_is_back(world: &World) -> Case {
    let shaky = Shaky::new(world).await;
    shaky.spare().await;
    let shop = shaky.shop();
    for _ in 0..100 {
        world.clock().advance(Duration::from_millis(300));
        shop.get::<i64>("k").await.unwrap_err();
    }
    assert!(shop.invalidate().await.unwrap_err().is_unavailable());
    shaky.failing.mend();
    let (door, time) = (Door::new(), async {
        world.clock().advance(2 * SECOND);
        settle(world.cache()).await
    });
    meanwhile(&door, shop.get_or_compute("before", || door.load(1)), time).await?;
    assert_eq!(shop.get_or_compute("k", || load(2)).await?, 2);
    assert_eq!(shop.get("k").await?, Some(2));
    shop.set("l", &3).await?;
    assert_eq!(shop.get("l").await?, Some(3));
    let stats = shaky.cache.stats();
    assert_eq!((stats.breaker, stats.replay_queue), (BreakerState::Closed, 0));
    Ok(())
}
