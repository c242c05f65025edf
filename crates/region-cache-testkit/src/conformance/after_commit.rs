//! Invalidations that wait for a commit.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::num::ParseIntError;
use std::pin::pin;

use futures::{FutureExt, poll};
use region_cache::{BoxError, Error, Result};
use tokio::task::yield_now;

use super::hearing::{living, next, set, soon};
use super::samples::{HOUR, SECOND, miss};
use super::{Case, World};
use crate::backends::{Counting, Operation, Stuck, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! after_commit {
    ($fixture:ty) => {
        $crate::cases! { $fixture, after_commit:
            the_commits_value_is_given_back
            invalidations_wait_for_the_commit
            removals_wait_for_the_commit
            expiries_wait_for_the_commit
            signals_wait_for_the_commit
            what_is_filled_before_the_commit_falls_with_it
            a_commit_that_fails_lets_nothing_fall
            a_dropped_commit_lets_nothing_fall
            a_call_that_is_dropped_after_the_commit_lets_all_fall
            a_bad_name_is_told_at_once
            what_is_written_is_written_at_once
            every_cache_is_waited_for
            outside_nothing_is_put_off
            what_a_spawned_task_does_is_not_put_off
            an_inner_commit_that_fails_lets_nothing_fall
            what_an_inner_commit_put_off_has_fallen_after_the_outer_one
            a_guard_within_a_commit_is_not_put_off
            what_fails_to_fall_is_an_error_and_is_done_again
            one_that_fails_does_not_keep_others_from_falling
        }
    };
}

pub const SOURCE: &str = include_str!("after_commit.rs");

pub async fn the_commits_value_is_given_back(world: &World) -> Case {
    let text = String::from("seven");
    let length = world.cache().after_commit(async || Ok::<_, BoxError>(text.len())).await?;
    assert_eq!(length, 5);
    let id = world.cache().after_commit(|| async { Ok::<i64, ParseIntError>(7) }).await?;
    assert_eq!(id, 7);
    Ok(())
}

pub async fn invalidations_wait_for_the_commit(world: &World) -> Case {
    let (shop, item, blog) = (world.region("shop"), world.region("shop.42"), world.region("blog"));
    set(&[&shop, &item, &blog]).await?;
    world
        .cache()
        .after_commit(async || {
            let put_off = item.invalidate().await?;
            assert_eq!(put_off.freed().await?, 0);
            assert_eq!(living(&[&shop, &item, &blog]).await?.len(), 3);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&shop, &item, &blog]).await?, ["shop", "blog"]);
    world
        .cache()
        .after_commit(async || {
            world.cache().clear().await?;
            assert_eq!(living(&[&shop, &blog]).await?.len(), 2);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&shop, &blog]).await?, [""; 0]);
    Ok(())
}

pub async fn removals_wait_for_the_commit(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("a", &1), ("b", &1), ("c", &1), ("d", &1)]).await?;
    world
        .cache()
        .after_commit(async || {
            assert!(!shop.remove("a").await?, "nobody knows yet");
            assert_eq!(shop.remove_many(["b", "c"]).await?, 0);
            assert_eq!(shop.len().await?, 4);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(shop.get_many(["a", "b", "c", "d"]).await?, [None, None, None, Some(1)]);
    Ok(())
}

pub async fn expiries_wait_for_the_commit(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    world
        .cache()
        .after_commit(async || {
            assert!(!shop.expire("k").await?, "nobody knows yet");
            assert_eq!(shop.get("k").await?, Some(1));
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(miss::<i64>(&shop, "k").await?.stale(), Some(&1));
    Ok(())
}

pub async fn signals_wait_for_the_commit(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on("changed").await?;
    set(&[&shop]).await?;
    let mut stream = world.cache().subscribe("changed").await?;
    world
        .cache()
        .after_commit(async || {
            let emitted = world.cache().emit("changed").await?;
            assert_eq!((emitted.regions, emitted.processes), (0, 0), "nobody knows yet");
            assert_eq!(living(&[&shop]).await?, ["shop"]);
            assert!(futures::StreamExt::next(&mut stream).now_or_never().is_none());
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    next(&mut stream).await;
    assert_eq!(world.cache().stats().signals, 1);
    Ok(())
}

/// Somebody has read what was there before.
pub async fn what_is_filled_before_the_commit_falls_with_it(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let held = world
        .cache()
        .after_commit(async || {
            shop.invalidate().await?;
            shop.remove("l").await?;
            assert_eq!(there.get_or_insert_with("k", async || 1).await?, 1);
            miss::<i64>(&there, "l").await
        })
        .await?;
    assert!(!there.contains("k").await?);
    assert!(!held.fill(&1).await?);
    Ok(())
}

pub async fn a_commit_that_fails_lets_nothing_fall(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on("changed").await?;
    set(&[&shop]).await?;
    let failed = world.cache().after_commit(async || {
        shop.invalidate().await?;
        shop.remove("k").await?;
        shop.expire("k").await?;
        world.cache().clear().await?;
        world.cache().emit("changed").await?;
        "seven".parse::<i64>().map_err(BoxError::from)
    });
    let error = failed.await.unwrap_err();
    assert!(error.is_other(), "{error:?}");
    assert!(error.downcast_ref::<ParseIntError>().is_some());
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    let stats = world.cache().stats();
    assert_eq!((stats.invalidations, stats.signals), (0, 0));
    Ok(())
}

pub async fn a_dropped_commit_lets_nothing_fall(world: &World) -> Case {
    let shop = world.region("shop");
    set(&[&shop]).await?;
    {
        let mut commit = pin!(world.cache().after_commit(async || {
            shop.invalidate().await?;
            std::future::pending::<Result<()>>().await
        }));
        assert!(poll!(commit.as_mut()).is_pending());
    }
    yield_now().await;
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    shop.invalidate().await?;
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    Ok(())
}

pub async fn a_bad_name_is_told_at_once(world: &World) -> Case {
    let bad = world.region("shop..a");
    world
        .cache()
        .after_commit(async || {
            assert!(bad.invalidate().await.unwrap_err().is_invalid_name());
            assert!(bad.remove("k").await.unwrap_err().is_invalid_name());
            assert!(world.cache().emit("a b").await.unwrap_err().is_invalid_name());
            assert!(world.cache().emit("a.*").await.unwrap_err().is_invalid_name());
            Ok::<_, Error>(())
        })
        .await?;
    Ok(())
}

pub async fn what_is_written_is_written_at_once(world: &World) -> Case {
    let shop = world.region("shop");
    world
        .cache()
        .after_commit(async || {
            shop.set("k", &1).await?;
            shop.increment("k", 1).await?;
            shop.transaction(async |t| {
                t.remove("l");
                Ok(())
            })
            .await?;
            assert_eq!(shop.get("k").await?, Some(2));
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn every_cache_is_waited_for(world: &World) -> Case {
    let there = world.other().await;
    let name = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(name)).await;
    let all = [world.region("a"), there.region("b"), elsewhere.region("c")];
    set(&[&all[0], &all[1], &all[2]]).await?;
    world
        .cache()
        .after_commit(async || {
            for region in &all {
                region.invalidate().await?;
            }
            assert_eq!(living(&[&all[0], &all[1], &all[2]]).await?.len(), 3);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&all[0], &all[1], &all[2]]).await?, [""; 0]);
    Ok(())
}

pub async fn outside_nothing_is_put_off(world: &World) -> Case {
    let shop = world.region("shop");
    let mut commit = pin!(world.cache().after_commit(async || {
        yield_now().await;
        Ok::<_, BoxError>(())
    }));
    assert!(poll!(commit.as_mut()).is_pending());
    set(&[&shop]).await?;
    shop.invalidate().await?;
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    commit.await?;
    Ok(())
}

pub async fn what_a_spawned_task_does_is_not_put_off(world: &World) -> Case {
    let shop = world.region("shop");
    set(&[&shop]).await?;
    world
        .cache()
        .after_commit(async || {
            let (mut tasks, there) = (tokio::task::JoinSet::new(), shop.clone());
            tasks.spawn(async move { there.invalidate().await.map(drop) });
            tasks.join_next().await.expect("one").map_err(Error::other)??;
            assert_eq!(living(&[&shop]).await?, [""; 0]);
            Ok::<_, Error>(())
        })
        .await?;
    Ok(())
}

pub async fn an_inner_commit_that_fails_lets_nothing_fall(world: &World) -> Case {
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    set(&[&shop, &blog]).await?;
    world
        .cache()
        .after_commit(async || {
            let failed = world.cache().after_commit(async || {
                shop.invalidate().await?;
                "x".parse::<i64>().map_err(BoxError::from)
            });
            assert!(failed.await.is_err());
            blog.invalidate().await?;
            assert_eq!(living(&[&shop, &blog]).await?.len(), 2);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&shop, &blog]).await?, ["shop"]);
    Ok(())
}

/// Only the outer one makes visible what was changed in the inner one; who fills in between fills what
/// was there before.
pub async fn what_an_inner_commit_put_off_has_fallen_after_the_outer_one(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    world
        .cache()
        .after_commit(async || {
            world.cache().after_commit(async || shop.invalidate().await.map(drop)).await?;
            assert_eq!(there.get_or_insert_with("k", async || 1).await?, 1);
            Ok::<_, Error>(())
        })
        .await?;
    assert_eq!(living(&[&shop]).await?, [""; 0]);
    Ok(())
}

/// It is a commit of its own, and its region is closed and opened around it.
pub async fn a_guard_within_a_commit_is_not_put_off(world: &World) -> Case {
    let shop = world.region("shop");
    set(&[&shop]).await?;
    world
        .cache()
        .after_commit(async || {
            shop.guarded(async || Ok::<_, BoxError>(())).await?;
            assert_eq!(living(&[&shop]).await?, [""; 0]);
            set(&[&shop]).await
        })
        .await?;
    Ok(())
}

pub async fn what_fails_to_fall_is_an_error_and_is_done_again(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    let (shop, here) = (cache.region("shop"), world.region("shop"));
    set(&[&shop]).await?;
    stuck.lose_requests(Operation::ALL);
    let mut commit = pin!(cache.after_commit(async || {
        shop.invalidate().await?;
        Ok::<_, Error>(())
    }));
    while stuck.lost() == 0 {
        assert!(poll!(commit.as_mut()).is_pending());
        yield_now().await;
    }
    world.clock().advance(SECOND);
    let error = commit.await.unwrap_err();
    assert!(error.is_unconfirmed(), "{error:?}");
    assert_eq!((cache.stats().replay_queue, living(&[&here]).await?), (1, vec!["shop"]));
    stuck.mend();
    cache.ping().await?;
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!((cache.stats().replay_queue, living(&[&here]).await?.len()), (0, 0));
    Ok(())
}

pub async fn one_that_fails_does_not_keep_others_from_falling(world: &World) -> Case {
    let stuck = Stuck::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(stuck.clone())).await;
    let (lost, shop, blog) = (cache.region("lost"), world.region("shop"), world.region("blog"));
    set(&[&shop, &blog]).await?;
    stuck.lose_requests([Operation::Invalidate]);
    let mut commit = pin!(world.cache().after_commit(async || {
        shop.invalidate().await?;
        lost.invalidate().await?;
        blog.invalidate().await?;
        Ok::<_, Error>(())
    }));
    while stuck.lost() == 0 || !living(&[&shop, &blog]).await?.is_empty() {
        assert!(poll!(commit.as_mut()).is_pending());
        yield_now().await;
    }
    world.clock().advance(SECOND);
    assert!(commit.await.unwrap_err().is_unconfirmed());
    assert_eq!(cache.stats().replay_queue, 1);
    Ok(())
}

/// As by a client that hangs up: the commit has succeeded all the same.
pub async fn a_call_that_is_dropped_after_the_commit_lets_all_fall(world: &World) -> Case {
    let counting = Counting::new(Yielding::new(world.connect().await));
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    set(&[&shop, &blog]).await?;
    let mut commit = Box::pin(cache.after_commit(async || {
        cache.region("shop").invalidate().await?;
        cache.region("blog").invalidate().await?;
        Ok::<_, BoxError>(())
    }));
    while counting.count(Operation::Invalidate) == 0 {
        assert!(poll!(commit.as_mut()).is_pending());
        yield_now().await;
    }
    drop(commit);
    soon("all of it falls", async || Ok(living(&[&shop, &blog]).await?.is_empty())).await?;
    Ok(())
}
