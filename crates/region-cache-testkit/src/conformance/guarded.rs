//! Guards: how they end, how long they hold, several at once, and those that get lost.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures::future::{join, pending};
use futures::{FutureExt, poll};
use region_cache::{BoxError, Error, Event, Region, Result};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::hearing::{living, next, set, soon};
use super::samples::{MINUTE, SECOND};
use super::{Case, World};
use crate::backends::{Counting, Operation, Stuck};

#[doc(hidden)]
#[macro_export]
macro_rules! guarded {
    ($fixture:ty) => {
        $crate::cases! { $fixture, guarded:
            the_commits_value_is_given_back
            everything_works_again_afterwards
            the_error_of_a_commit_is_found_again_and_the_region_is_open
            a_commit_that_panics_leaves_the_region_closed_for_half_a_minute
            a_commit_that_is_dropped_leaves_the_region_closed_for_half_a_minute
            a_long_commit_keeps_its_guard
            a_guard_within_a_guard_opens_nothing
            a_guard_of_a_region_above_keeps_it_closed
            the_last_of_several_guards_opens
            an_abandoned_guard_does_not_outlive_its_time_by_others
            a_guard_that_nobody_kept_alive_is_lost
            what_a_lost_guard_let_in_falls
            a_bad_name_commits_nothing
            without_a_backend_nothing_is_committed
            a_guard_that_cannot_be_taken_away_is_an_error
            listeners_hear_of_it
            a_guard_lives_on_only_where_it_is
        }
    };
}

pub const SOURCE: &str = include_str!("guarded.rs");

async fn assert_closed(region: &Region) {
    let error = region.set("k", &1).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
}

async fn assert_open(region: &Region) -> Result<()> {
    region.set("k", &1).await?;
    assert_eq!(region.get("k").await?, Some(1));
    Ok(())
}

/// Closed for the rest of half a minute, and then open.
async fn opens_in_time(world: &World, region: &Region) -> Case {
    assert_closed(region).await;
    world.pass(28 * SECOND).await;
    assert_closed(region).await;
    assert_eq!(region.get_or_insert_with("k", async || 7).await?, 7);
    assert_eq!(region.get::<i64>("k").await?, None);
    world.pass(2 * SECOND).await;
    assert_open(region).await?;
    Ok(())
}

/// A commit that begins at once, and ends when it is told to.
async fn commit(begun: oneshot::Sender<()>, end: oneshot::Receiver<()>) -> Result<i64, BoxError> {
    begun.send(()).map_err(|()| "nobody waits for the beginning")?;
    end.await?;
    Ok(7)
}

pub async fn the_commits_value_is_given_back(world: &World) -> Case {
    let shop = world.region("shop");
    let text = String::from("seven");
    let length = shop.guarded(async || Ok::<_, BoxError>(text.len())).await?;
    assert_eq!(length, 5);
    let id = shop.guarded(|| async { Ok::<i64, std::num::ParseIntError>(7) }).await?;
    assert_eq!(id, 7);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { shop.guarded(async || Ok::<_, BoxError>(8)).await });
    assert_eq!(tasks.join_next().await.expect("one").expect("it ends well")?, 8);
    Ok(())
}

pub async fn everything_works_again_afterwards(world: &World) -> Case {
    let (shop, item) = (world.region("shop"), world.region("shop.42"));
    for _ in 0..3 {
        set(&[&shop, &item]).await?;
        shop.guarded(async || Ok::<_, BoxError>(())).await?;
        assert_eq!(living(&[&shop, &item]).await?, [""; 0]);
        assert_open(&item).await?;
        assert_open(&shop).await?;
        assert_eq!(shop.transaction(async |t| t.increment("k", 1).await).await?, 2);
        assert_eq!(shop.get_or_insert_with("l", async || 3).await?, 3);
        assert_eq!(shop.get("l").await?, Some(3));
    }
    Ok(())
}

pub async fn the_error_of_a_commit_is_found_again_and_the_region_is_open(world: &World) -> Case {
    let shop = world.region("shop");
    set(&[&shop]).await?;
    let failed = shop.guarded(async || "seven".parse::<i64>()).await.unwrap_err();
    assert!(failed.is_other(), "{failed:?}");
    assert!(failed.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    assert_open(&shop).await?;
    Ok(())
}

pub async fn a_commit_that_panics_leaves_the_region_closed_for_half_a_minute(
    world: &World,
) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    set(&[&shop]).await?;
    let guarded = shop.guarded(async || {
        yield_now().await;
        if shop.path() == "shop" {
            panic!("on purpose");
        }
        Ok::<_, BoxError>(())
    });
    assert!(AssertUnwindSafe(guarded).catch_unwind().await.is_err());
    opens_in_time(world, &there).await
}

pub async fn a_commit_that_is_dropped_leaves_the_region_closed_for_half_a_minute(
    world: &World,
) -> Case {
    let shop = world.region("shop");
    set(&[&shop]).await?;
    let (begun, has_begun) = oneshot::channel();
    let guarded = shop.guarded(async || {
        let _ = begun.send(());
        pending::<Result<(), BoxError>>().await
    });
    tokio::select! {
        early = guarded => panic!("{early:?}"),
        begun = has_begun => begun.map_err(Error::other)?,
    }
    opens_in_time(world, &shop).await
}

pub async fn a_long_commit_keeps_its_guard(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let (shop, here) = (cache.region("shop"), world.region("shop"));
    shop.guarded(async || {
        // What keeps the guard alive begins once the commit waits for something.
        yield_now().await;
        for kept in 1..=12 {
            world.pass(10 * SECOND).await;
            let guards = async || Ok(counting.count(Operation::Guard) > kept);
            soon("the guard is kept alive", guards).await?;
            assert_closed(&here).await;
        }
        Ok::<_, Error>(())
    })
    .await?;
    assert_open(&here).await?;
    Ok(())
}

pub async fn a_guard_within_a_guard_opens_nothing(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    shop.guarded(async || {
        there.guarded(async || Ok::<_, BoxError>(())).await?;
        assert_closed(&shop).await;
        assert_closed(&there).await;
        shop.region("deep").guarded(async || Ok::<_, BoxError>(())).await?;
        assert_closed(&shop.region("deep")).await;
        Ok::<_, Error>(())
    })
    .await?;
    assert_open(&shop.region("deep")).await?;
    assert_open(&there).await?;
    Ok(())
}

pub async fn a_guard_of_a_region_above_keeps_it_closed(world: &World) -> Case {
    let (shop, item) = (world.region("shop"), world.region("shop.catalog.42"));
    item.guarded(async || {
        shop.guarded(async || Ok::<_, BoxError>(())).await?;
        assert_closed(&item).await;
        assert_open(&shop).await?;
        world.cache().root().guarded(async || Ok::<_, BoxError>(())).await?;
        assert_closed(&item).await;
        assert_open(&shop).await?;
        Ok::<_, Error>(())
    })
    .await?;
    assert_open(&item).await?;
    Ok(())
}

pub async fn the_last_of_several_guards_opens(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let (begun, has_begun) = (oneshot::channel(), oneshot::channel());
    let (begun, begun_1, begun_2, has_begun) = (begun.0, begun.1, has_begun.0, has_begun.1);
    let ((end_1, ends_1), (end_2, ends_2)) = (oneshot::channel(), oneshot::channel());
    let first = shop.guarded(async || commit(begun, ends_1).await);
    let second = there.guarded(async || commit(begun_2, ends_2).await);
    let (mut first, mut second) = (pin!(first), pin!(second));
    tokio::select! {
        early = join(&mut first, &mut second) => panic!("{early:?}"),
        begun = join(begun_1, has_begun) => drop(begun),
    }
    let _ = end_2.send(());
    assert_eq!(second.await?, 7);
    assert_closed(&shop).await;
    let _ = end_1.send(());
    assert_eq!(first.await?, 7);
    assert_open(&shop).await?;
    Ok(())
}

pub async fn an_abandoned_guard_does_not_outlive_its_time_by_others(world: &World) -> Case {
    let (shop, backend) = (world.region("shop"), world.connect().await);
    let (address, id) = (world.address("shop"), region_cache::backend::Id::random());
    assert!(backend.guard(&address, id, 10 * SECOND, false).await?);
    shop.guarded(async || {
        world.pass(20 * SECOND).await;
        Ok::<_, Error>(())
    })
    .await?;
    assert_open(&shop).await?;
    assert!(!backend.unguard(&address, id).await?);
    Ok(())
}

/// A guarded commit that nobody polls for so long.
async fn asleep(world: &World, region: &Region, time: Duration) -> Result<Result<i64>> {
    let ((begun, has_begun), (end, ends)) = (oneshot::channel(), oneshot::channel());
    let mut guarded = pin!(region.guarded(async || commit(begun, ends).await));
    tokio::select! {
        early = &mut guarded => panic!("{early:?}"),
        begun = has_begun => begun.map_err(Error::other)?,
    }
    world.pass(time).await;
    let there = world.other().await.region(region.path());
    if time > MINUTE {
        there.set("k", &1).await?;
    }
    let _ = end.send(());
    Ok(guarded.await)
}

pub async fn a_guard_that_nobody_kept_alive_is_lost(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(asleep(world, &shop, 29 * SECOND).await??, 7);
    let error = asleep(world, &shop, 31 * SECOND).await?.unwrap_err();
    assert!(error.is_guard_lost(), "{error:?}");
    assert!(error.to_string().contains("`shop`"), "{error}");
    Ok(())
}

pub async fn what_a_lost_guard_let_in_falls(world: &World) -> Case {
    let shop = world.region("shop");
    assert!(asleep(world, &shop, 2 * MINUTE).await?.unwrap_err().is_guard_lost());
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    assert_open(&shop).await?;
    Ok(())
}

pub async fn a_bad_name_commits_nothing(world: &World) -> Case {
    let region = world.region("shop..a");
    let guarded = region.guarded(async || -> Result<(), BoxError> { panic!("it was committed") });
    assert!(guarded.await.unwrap_err().is_invalid_name());
    Ok(())
}

pub async fn without_a_backend_nothing_is_committed(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    stuck.lose_requests([Operation::Guard]);
    let shop = cache.region("shop");
    let mut guarded =
        pin!(shop.guarded(async || -> Result<(), BoxError> { panic!("it was committed") }));
    while stuck.lost() == 0 {
        assert!(poll!(guarded.as_mut()).is_pending());
        yield_now().await;
    }
    world.clock().advance(SECOND);
    assert!(guarded.await.unwrap_err().is_unconfirmed());
    assert_open(&world.region("shop")).await?;
    Ok(())
}

/// The commit has succeeded. The region stays closed until the guard's time is over, and falls then.
pub async fn a_guard_that_cannot_be_taken_away_is_an_error(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    stuck.lose_requests([Operation::Unguard, Operation::Invalidate]);
    let shop = cache.region("shop");
    let mut guarded = pin!(shop.guarded(async || Ok::<_, BoxError>(7)));
    while stuck.lost() == 0 {
        assert!(poll!(guarded.as_mut()).is_pending());
        yield_now().await;
    }
    world.clock().advance(SECOND);
    let error = guarded.await.unwrap_err();
    assert!(error.is_unconfirmed(), "{error:?}");
    assert_eq!(cache.stats().replay_queue, 1);
    assert_closed(&world.region("shop")).await;
    stuck.mend();
    world.pass(30 * SECOND).await;
    assert_open(&shop).await?;
    assert_eq!(cache.stats().replay_queue, 0);
    Ok(())
}

pub async fn listeners_hear_of_it(world: &World) -> Case {
    let there = world.other().await;
    let mut stream = there.subscribe("shop.catalog").await?;
    world
        .region("shop")
        .guarded(async || {
            // Before the commit, so that nobody goes on with what he keeps.
            let event = next(&mut stream).await;
            assert!(matches!(&event, Event::Invalidated { path, .. } if path == "shop"));
            Ok::<_, BoxError>(())
        })
        .await?;
    let event = next(&mut stream).await;
    assert!(matches!(&event, Event::Invalidated { path, .. } if path == "shop"), "{event:?}");
    Ok(())
}

pub async fn a_guard_lives_on_only_where_it_is(world: &World) -> Case {
    let (backend, there) = (world.backend(), world.connect().await);
    let (address, other) = (world.address("shop"), world.address("shop.a"));
    let id = region_cache::backend::Id::random();
    assert!(!backend.guard(&address, id, MINUTE, true).await?);
    assert_open(&world.region("shop")).await?;
    assert!(backend.guard(&address, id, MINUTE, false).await?);
    assert!(there.guard(&address, id, MINUTE, true).await?);
    assert!(!there.guard(&other, id, MINUTE, true).await?);
    assert!(!there.unguard(&other, id).await?);
    assert_closed(&world.region("shop")).await;
    assert!(there.unguard(&address, id).await?);
    assert!(!backend.unguard(&address, id).await?);
    assert_open(&world.region("shop")).await?;
    Ok(())
}
