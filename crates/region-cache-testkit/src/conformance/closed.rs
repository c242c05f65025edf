//! Regions while they are guarded: nothing is found in them, and nothing is stored.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::atomic::{AtomicU32, Ordering};

use futures::TryStreamExt;
use futures::future::join_all;
use region_cache::{BoxError, EntryOptions, Error, Key, Region, Result};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::hearing::{living, set};
use super::samples::{HOUR, lease, miss};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! closed {
    ($fixture:ty) => {
        $crate::cases! { $fixture, closed:
            nothing_is_found_while_the_commit_runs
            nothing_is_found_by_another_process
            all_beneath_is_closed_too
            what_is_beside_and_above_stays_open
            the_whole_namespace_can_be_closed
            a_lookup_misses_and_leases_nothing
            what_would_store_is_a_conflict
            a_transaction_is_a_conflict_and_writes_nothing
            what_takes_away_is_allowed_and_keeps_it_closed
            what_is_computed_is_not_stored
            those_who_wait_share_one_computation
            many_are_computed_and_not_stored
            stale_values_are_not_served
            what_began_before_and_ends_within_is_not_stored
            what_began_before_and_ends_afterwards_is_not_stored
            what_began_within_and_ends_afterwards_is_not_stored
        }
    };
}

pub const SOURCE: &str = include_str!("closed.rs");

/// Begins a run; which one it is, counted from 1.
fn begin(runs: &AtomicU32) -> u32 {
    runs.fetch_add(1, Ordering::SeqCst) + 1
}

/// Runs something while a region is guarded.
async fn within<T>(region: &Region, act: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
    region.guarded(async || act().await).await
}

pub async fn nothing_is_found_while_the_commit_runs(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("k", &1), ("l", &2)]).await?;
    within(&shop, async || {
        assert_eq!(shop.get::<i64>("k").await?, None);
        assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [None; 2]);
        assert!(!shop.contains("k").await?);
        assert_eq!(shop.ttl("k").await?, None);
        assert_eq!(shop.len().await?, 0);
        assert_eq!(shop.keys().try_collect::<Vec<Key>>().await?, []);
        assert_eq!(shop.entries::<i64>().try_collect::<Vec<_>>().await?, []);
        Ok(())
    })
    .await?;
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [None; 2]);
    Ok(())
}

pub async fn nothing_is_found_by_another_process(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    there.set("k", &1).await?;
    assert!(there.contains("k").await?);
    within(&shop, async || {
        assert_eq!(there.get::<i64>("k").await?, None);
        assert!(there.set("k", &2).await.unwrap_err().is_conflict());
        assert_eq!(there.get_or_insert_with("k", async || 3).await?, 3);
        assert_eq!(there.get::<i64>("k").await?, None);
        Ok(())
    })
    .await?;
    there.set("k", &4).await?;
    assert_eq!(shop.get("k").await?, Some(4));
    Ok(())
}

pub async fn all_beneath_is_closed_too(world: &World) -> Case {
    let (shop, item) = (world.region("shop"), world.region("shop.catalog.42"));
    set(&[&item]).await?;
    within(&shop, async || {
        assert_eq!(living(&[&item]).await?, [""; 0]);
        for region in [&item, &world.region("shop.new.a")] {
            assert!(region.set("k", &2).await.unwrap_err().is_conflict());
            assert_eq!(region.get_or_insert_with("k", async || 3).await?, 3);
        }
        assert_eq!(shop.children().await?, []);
        Ok(())
    })
    .await?;
    set(&[&item]).await?;
    assert_eq!(living(&[&item]).await?, ["shop.catalog.42"]);
    Ok(())
}

pub async fn what_is_beside_and_above_stays_open(world: &World) -> Case {
    let open = ["shop", "shop.orders", "shop.catalogs", "blog"].map(|path| world.region(path));
    let all: Vec<&Region> = open.iter().collect();
    set(&all).await?;
    within(&world.region("shop.catalog"), async || {
        assert_eq!(living(&all).await?.len(), 4);
        for region in &open {
            region.set("k", &2).await?;
            region.transaction(async |t| t.increment("k", 1).await).await?;
            assert_eq!(region.get("k").await?, Some(3));
            assert!(lease(region, "l").await?.fill(&1).await?);
        }
        Ok(())
    })
    .await?;
    assert_eq!(living(&all).await?.len(), 4);
    Ok(())
}

pub async fn the_whole_namespace_can_be_closed(world: &World) -> Case {
    let (shop, blog) = (world.region("shop.catalog"), world.region("blog"));
    set(&[&shop, &blog]).await?;
    within(&world.cache().root(), async || {
        for region in [&shop, &blog, &world.region("new")] {
            assert_eq!(region.get::<i64>("k").await?, None);
            assert!(region.set("k", &2).await.unwrap_err().is_conflict());
            assert_eq!(region.get_or_insert_with("k", async || 3).await?, 3);
        }
        Ok(())
    })
    .await?;
    set(&[&shop, &blog]).await?;
    assert_eq!(living(&[&shop, &blog]).await?.len(), 2);
    Ok(())
}

pub async fn a_lookup_misses_and_leases_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    within(&shop, async || {
        for _ in 0..2 {
            let missed = miss::<i64>(&shop, "k").await?;
            assert!(!missed.holds_lease());
            assert!(!missed.fill(&1).await?);
        }
        assert_eq!(shop.get::<i64>("k").await?, None);
        Ok(())
    })
    .await?;
    assert!(lease(&shop, "k").await?.fill(&1).await?);
    Ok(())
}

pub async fn what_would_store_is_a_conflict(world: &World) -> Case {
    let shop = world.region("shop");
    let many: Vec<(String, i64)> = (0..5_000).map(|n| (n.to_string(), n)).collect();
    within(&shop, async || {
        let errors = [
            shop.set("k", &1).await.unwrap_err(),
            shop.set_with("k", &1, EntryOptions::new()).await.unwrap_err(),
            shop.add("k", &1).await.unwrap_err(),
            shop.increment("k", 1).await.unwrap_err(),
            shop.set_many([("k", &1), ("l", &2)]).await.unwrap_err(),
            shop.set_many(many.iter().map(|(key, value)| (key, value))).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_conflict(), "{error:?}");
            assert!(error.to_string().contains("`shop`"), "{error}");
        }
        assert_eq!(shop.len().await?, 0);
        Ok(())
    })
    .await?;
    shop.set_many(many.iter().map(|(key, value)| (key, value))).await?;
    assert_eq!(shop.len().await?, 5_000);
    Ok(())
}

pub async fn a_transaction_is_a_conflict_and_writes_nothing(world: &World) -> Case {
    let (shop, catalog) = (world.region("shop"), world.region("shop.catalog"));
    within(&catalog, async || {
        let error = shop
            .transaction(async |t| {
                t.set("k", &1)?;
                t.region("shop.catalog").set("k", &1)
            })
            .await
            .unwrap_err();
        assert!(error.is_conflict(), "{error:?}");
        let error = shop
            .transaction(async |t| t.region("shop.catalog").increment("k", 1).await)
            .await
            .unwrap_err();
        assert!(error.is_conflict(), "{error:?}");
        assert_eq!(living(&[&shop, &catalog]).await?, [""; 0]);
        let seen = shop.transaction(async |t| t.region("shop.catalog").get::<i64>("k").await);
        assert_eq!(seen.await?, None, "reading is no conflict");
        Ok(())
    })
    .await?;
    Ok(())
}

pub async fn what_takes_away_is_allowed_and_keeps_it_closed(world: &World) -> Case {
    let (shop, catalog) = (world.region("shop"), world.region("shop.catalog"));
    set(&[&catalog]).await?;
    within(&catalog, async || {
        assert!(!catalog.remove("k").await?);
        assert_eq!(catalog.remove_many(["k", "l"]).await?, 0);
        assert!(!catalog.expire("k").await?);
        catalog
            .transaction(async |t| {
                t.remove("k");
                Ok(())
            })
            .await?;
        catalog.invalidate().await?.freed().await?;
        catalog.region("42").invalidate().await?.freed().await?;
        shop.invalidate().await?.freed().await?;
        world.cache().clear().await?.freed().await?;
        world.cache().emit("changed").await?;
        assert!(catalog.set("k", &1).await.unwrap_err().is_conflict());
        shop.set("k", &1).await?;
        Ok(())
    })
    .await?;
    assert_eq!(living(&[&shop, &catalog]).await?, ["shop"]);
    Ok(())
}

pub async fn what_is_computed_is_not_stored(world: &World) -> Case {
    let shop = world.region("shop");
    let runs = AtomicU32::new(0);
    within(&shop, async || {
        for run in 1..=2 {
            let value = shop.get_or_compute("k", async || Ok::<_, BoxError>(begin(&runs)));
            assert_eq!(value.await?, run);
            let options = EntryOptions::new();
            let value = shop.get_or_compute_with("l", options, |loading| async move {
                assert_eq!(loading.stale(), None);
                Ok::<_, BoxError>(7)
            });
            assert_eq!(value.await?, 7);
            assert_eq!(shop.get_or_insert_with("m", async || 7).await?, 7);
        }
        let failed = shop.get_or_compute("k", async || "x".parse::<i64>()).await.unwrap_err();
        assert!(failed.downcast_ref::<std::num::ParseIntError>().is_some());
        assert_eq!(shop.len().await?, 0);
        Ok(())
    })
    .await?;
    assert_eq!((shop.len().await?, world.cache().stats().fills), (0, 0));
    assert_eq!(shop.get_or_insert_with("k", async || 3).await?, 3);
    assert_eq!(shop.get("k").await?, Some(3));
    Ok(())
}

pub async fn those_who_wait_share_one_computation(world: &World) -> Case {
    let shop = world.region("shop");
    let runs = AtomicU32::new(0);
    within(&shop, async || {
        let compute = async || {
            let run = begin(&runs);
            for _ in 0..1_000 {
                yield_now().await;
            }
            Ok::<_, BoxError>(run)
        };
        let all = join_all((0..20).map(|_| shop.get_or_compute("k", compute))).await;
        all.into_iter().collect::<Result<Vec<u32>>>()
    })
    .await?;
    // Who came when it had begun already must not have what was read before that.
    assert!(runs.load(Ordering::SeqCst) <= 5, "{runs:?} computations");
    Ok(())
}

pub async fn many_are_computed_and_not_stored(world: &World) -> Case {
    let shop = world.region("shop");
    within(&shop, async || {
        for _ in 0..2 {
            let computed = shop.get_or_compute_many(["a", "b", "c"], async |missing| {
                assert_eq!(missing, ["a", "b", "c"]);
                Ok::<_, BoxError>([("a", 1), ("c", 3)])
            });
            assert_eq!(computed.await?, [Some(1), None, Some(3)]);
        }
        Ok(())
    })
    .await?;
    assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [None; 3]);
    Ok(())
}

/// They are what was there before the commit.
pub async fn stale_values_are_not_served(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    within(&shop, async || {
        assert_eq!(miss::<i64>(&shop, "k").await?.stale(), None);
        let failed = shop.get_or_compute("k", async || "x".parse::<i64>()).await;
        assert!(failed.unwrap_err().is_compute());
        Ok(())
    })
    .await?;
    assert_eq!(miss::<i64>(&shop, "k").await?.stale(), None);
    Ok(())
}

pub async fn what_began_before_and_ends_within_is_not_stored(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let before = [lease(&shop, "a").await?, lease(&there, "b").await?];
    let deep = lease(&shop.region("deep"), "c").await?;
    within(&shop, async || {
        for miss in before {
            assert!(!miss.fill(&1).await?);
        }
        assert!(!deep.fill(&1).await?);
        Ok(())
    })
    .await?;
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [None; 2]);
    assert_eq!(shop.region("deep").get::<i64>("c").await?, None);
    Ok(())
}

pub async fn what_began_before_and_ends_afterwards_is_not_stored(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let before = [lease(&shop, "a").await?, lease(&there, "b").await?];
    within(&shop, async || Ok(())).await?;
    for miss in before {
        assert!(!miss.fill(&1).await?);
    }
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [None; 2]);
    Ok(())
}

/// It may have read before the commit took effect.
pub async fn what_began_within_and_ends_afterwards_is_not_stored(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let (end, ended) = oneshot::channel::<()>();
    let (begin, begun) = oneshot::channel::<()>();
    let mut computing = Box::pin(there.get_or_compute("k", async move || {
        begin.send(()).map_err(|()| Error::other("nobody waits"))?;
        ended.await.map_err(Error::other)?;
        Ok::<_, Error>(1)
    }));
    let missed = within(&shop, async || {
        tokio::select! {
            early = &mut computing => panic!("{early:?}"),
            begun = begun => begun.map_err(Error::other)?,
        }
        miss::<i64>(&there, "l").await
    })
    .await?;
    end.send(()).expect("it waits");
    assert_eq!(computing.await?, 1);
    assert!(!missed.fill(&1).await?);
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [None; 2]);
    Ok(())
}
