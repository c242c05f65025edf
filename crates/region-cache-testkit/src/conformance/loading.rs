//! What a loader that may go on behind its caller is told, and may say.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::time::Duration;

use region_cache::{EntryOptions, Loading, Region, Result, loaded};

use super::loaders::{Door, Watched, drive, drive_on, never, settle, until, until_stored};
use super::samples::{HOUR, MINUTE, lease};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! loading {
    ($fixture:ty) => {
        $crate::cases! { $fixture, loading:
            a_loader_sees_the_stale_value
            a_loader_sees_no_stale_value_where_none_is_kept
            a_loader_sees_nothing_that_was_invalidated
            a_version_is_kept_with_the_value
            what_is_unchanged_is_stored_anew_with_its_version
            a_version_that_is_too_long_is_refused
            a_loader_may_say_how_long_its_value_lives
            a_loader_may_say_how_long_its_value_is_kept_when_it_is_stale
            a_loader_learns_whether_its_value_was_stored
            a_loader_may_say_how_long_a_negative_result_lives
            a_loader_may_say_that_its_value_is_not_stored
            a_time_to_live_of_zero_is_not_stored
            what_is_not_stored_leaves_the_lease_free
            a_dropped_caller_leaves_its_loader_at_work
            a_dropped_caller_leaves_others_joined
            a_cache_that_ends_ends_its_loaders
        }
    };
}

pub const SOURCE: &str = include_str!("loading.rs");

fn none() -> EntryOptions {
    EntryOptions::new()
}

pub async fn a_loader_sees_the_stale_value(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    let next = shop.get_or_compute_with("k", none(), |loading| async move {
        loaded(loading.stale().copied().unwrap_or(100) + 1)
    });
    assert_eq!(next.await?, 2);
    assert_eq!(shop.get("k").await?, Some(2));
    let first = shop.get_or_compute_with("l", none(), |loading| async move {
        assert_eq!((loading.version(), loading.unchanged()), (None, None));
        loaded(loading.stale().copied().unwrap_or(100) + 1)
    });
    assert_eq!(first.await?, 101);
    Ok(())
}

/// Whether a loader sees something stale; it fails, so that it can be asked again.
async fn sees_stale(shop: &Region, options: EntryOptions) -> bool {
    let (tell, told) = tokio::sync::oneshot::channel();
    let computed = shop.get_or_compute_with("k", options, |loading| async move {
        tell.send(loading.stale().is_some()).map_err(|_| "nobody listens")?;
        loading.do_not_store();
        loaded(7)
    });
    computed.await.is_ok_and(|value: i64| value == 7) && told.await == Ok(true)
}

pub async fn a_loader_sees_no_stale_value_where_none_is_kept(world: &World) -> Case {
    let shop = world.region("shop");
    shop.with(|o| o.stale_for(HOUR)).set("k", &1).await?;
    shop.expire("k").await?;
    assert!(!sees_stale(&shop, none()).await);
    assert!(sees_stale(&shop, none().stale_for(HOUR)).await);
    world.pass(HOUR).await;
    assert!(!sees_stale(&shop, none().stale_for(HOUR)).await);
    Ok(())
}

pub async fn a_loader_sees_nothing_that_was_invalidated(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    for removed in [false, true] {
        shop.set("k", &1).await?;
        shop.expire("k").await?;
        assert!(sees_stale(&shop, none()).await);
        if removed {
            shop.remove("k").await?;
        } else {
            shop.invalidate().await?;
        }
        assert!(!sees_stale(&shop, none()).await);
    }
    Ok(())
}

/// Computes a value that is known by a version.
async fn versioned(shop: &Region, value: i64, version: &'static str) -> Result<i64> {
    let load = move |loading: Loading<i64>| async move {
        loading.set_version(version);
        loaded(value)
    };
    shop.get_or_compute_with("k", none(), load).await
}

pub async fn a_version_is_kept_with_the_value(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    assert_eq!(versioned(&shop, 1, "v1").await?, 1);
    assert_eq!(shop.get("k").await?, Some(1));
    shop.expire("k").await?;
    let there = world.other().await.region("shop").with(|o| o.stale_for(HOUR));
    let next = there.get_or_compute_with("k", none(), |loading| async move {
        let seen = (loading.stale().copied(), loading.version().map(str::to_owned));
        assert_eq!(seen, (Some(1), Some("v1".to_owned())));
        loading.set_version("");
        loaded(2)
    });
    assert_eq!(next.await?, 2);
    there.expire("k").await?;
    let last = shop.get_or_compute_with("k", none(), |loading| async move {
        assert_eq!((loading.stale(), loading.version()), (Some(&2), Some("")));
        loaded(3)
    });
    assert_eq!(last.await?, 3);
    shop.expire("k").await?;
    let unversioned = shop.get_or_compute_with("k", none(), |loading| async move {
        assert_eq!((loading.stale(), loading.version()), (Some(&3), None));
        loaded(4)
    });
    assert_eq!(unversioned.await?, 4);
    Ok(())
}

pub async fn what_is_unchanged_is_stored_anew_with_its_version(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR));
    versioned(&shop, 1, "v1").await?;
    for _ in 0..3 {
        world.pass(MINUTE).await;
        assert_eq!(shop.get::<i64>("k").await?, None);
        let same = shop.get_or_compute_with("k", none(), |loading| async move {
            assert_eq!(loading.version(), Some("v1"));
            loaded(loading.unchanged().unwrap_or(100_i64))
        });
        assert_eq!(same.await?, 1);
        assert_eq!(shop.get("k").await?, Some(1));
        world.assert_ttl(shop.ttl("k").await?, MINUTE);
    }
    Ok(())
}

pub async fn a_version_that_is_too_long_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    for (length, fits) in [(255, true), (256, false)] {
        shop.remove("k").await?;
        let computed = shop.get_or_compute_with("k", none(), move |loading| async move {
            loading.set_version("v".repeat(length));
            loaded(1)
        });
        let computed = computed.await;
        assert_eq!(computed.is_ok(), fits, "{length}");
        assert!(computed.is_ok_and(|value| value == 1) || shop.get::<i64>("k").await?.is_none());
    }
    drop(lease(&world.other().await.region("shop"), "k").await?);
    Ok(())
}

pub async fn a_loader_may_say_how_long_its_value_lives(world: &World) -> Case {
    let shop = world.region("shop");
    let brief = |loading: Loading<i64>| async move {
        loading.set_ttl(MINUTE);
        loaded(1)
    };
    shop.get_or_compute_with("k", none(), brief).await?;
    world.assert_ttl(shop.ttl("k").await?, MINUTE);
    shop.get_or_compute_with("l", none().ttl(HOUR), brief).await?;
    world.assert_ttl(shop.ttl("l").await?, MINUTE);
    shop.get_or_compute_with("m", none().no_ttl(), brief).await?;
    world.assert_ttl(shop.ttl("m").await?, MINUTE);
    Ok(())
}

pub async fn a_loader_may_say_how_long_its_value_is_kept_when_it_is_stale(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR));
    for (kept, is_there) in [(MINUTE * 2, true), (MINUTE / 2, false), (Duration::ZERO, false)] {
        shop.invalidate().await?;
        let stored = shop.get_or_compute_with("k", none(), move |loading| async move {
            loading.set_stale_for(kept);
            loaded(1)
        });
        stored.await?;
        world.pass(MINUTE * 2).await;
        assert_eq!(sees_stale(&shop, none()).await, is_there, "kept for {kept:?}");
    }
    Ok(())
}

pub async fn a_loader_learns_whether_its_value_was_stored(world: &World) -> Case {
    let shop = world.region("shop");
    let compute = async |is_overtaken: bool, is_to_be_stored: bool| -> Result<bool> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let region = shop.clone();
        let computed = shop.get_or_compute_with("k", none(), move |loading| async move {
            tell.send(loading.receipt()).map_err(|_| "nobody listens")?;
            if is_overtaken {
                region.invalidate().await?;
            }
            if !is_to_be_stored {
                loading.do_not_store();
            }
            loaded(1)
        });
        computed.await?;
        Ok(told.await.is_ok_and(|receipt| receipt.is_stored()))
    };
    assert!(!compute(true, true).await?);
    assert!(!compute(false, false).await?);
    assert!(compute(false, true).await?);
    Ok(())
}

pub async fn a_loader_may_say_how_long_a_negative_result_lives(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.negative_ttl(MINUTE));
    let long = shop.get_or_compute_with("k", none(), |loading| async move {
        loading.set_ttl(HOUR);
        loaded(None::<i64>)
    });
    assert_eq!(long.await?, None);
    world.assert_ttl(shop.ttl("k").await?, HOUR);
    Ok(())
}

async fn not_stored(shop: &Region, by_ttl: bool) -> Result<i64> {
    let load = move |loading: Loading<i64>| async move {
        if by_ttl {
            loading.set_ttl(Duration::ZERO);
        } else {
            loading.do_not_store();
        }
        loaded(1)
    };
    shop.get_or_compute_with("k", none(), load).await
}

pub async fn a_loader_may_say_that_its_value_is_not_stored(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(not_stored(&shop, false).await?, 1);
    assert_eq!(shop.get::<i64>("k").await?, None);
    let stats = world.cache().stats();
    assert_eq!((stats.fills, stats.refused_fills, stats.failed_computations), (0, 0, 0));
    Ok(())
}

pub async fn a_time_to_live_of_zero_is_not_stored(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(not_stored(&shop, true).await?, 1);
    assert_eq!(shop.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn what_is_not_stored_leaves_the_lease_free(world: &World) -> Case {
    let shop = world.region("shop");
    for by_ttl in [true, false] {
        not_stored(&shop, by_ttl).await?;
        drop(lease(&world.other().await.region("shop"), "k").await?);
    }
    Ok(())
}

pub async fn a_dropped_caller_leaves_its_loader_at_work(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let behind = door.clone();
    let load = |_| async move { behind.load(1).await };
    let mut caller = Box::pin(shop.get_or_compute_with("k", none(), load));
    drive(&mut caller, || door.came() == 1).await;
    drop(caller);
    settle(world.cache()).await?;
    assert_eq!(shop.get::<i64>("k").await?, None);
    door.unhinge();
    until_stored(&shop, "k", 1).await?;
    assert_eq!(world.cache().stats().computations, 1);
    Ok(())
}

pub async fn a_dropped_caller_leaves_others_joined(world: &World) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let behind = door.clone();
    let load = |_| async move { behind.load(1).await };
    let mut caller = Box::pin(shop.get_or_compute_with("k", none(), load));
    drive(&mut caller, || door.came() == 1).await;
    drop(caller);
    let mut other = Box::pin(shop.get_or_compute("k", never::<i64>));
    drive_on(&mut other, world.cache()).await?;
    door.unhinge();
    assert_eq!(other.await?, 1);
    Ok(())
}

pub async fn a_cache_that_ends_ends_its_loaders(world: &World) -> Case {
    let cache = world.other().await;
    let (shop, door, watched) = (cache.region("shop"), Door::new(), Watched::default());
    let (behind, watch) = (door.clone(), watched.watch());
    let load_slowly = |_| async move {
        let _watch = watch;
        behind.load(1).await
    };
    let mut caller = Box::pin(shop.get_or_compute_with("k", none(), load_slowly));
    drive(&mut caller, || door.came() == 1).await;
    cache.shutdown().await;
    until("the loader is dropped", || watched.is_gone()).await;
    assert!(caller.await.unwrap_err().is_closed());
    let there = world.region("shop");
    assert_eq!(there.get::<i64>("k").await?, None);
    Ok(())
}
