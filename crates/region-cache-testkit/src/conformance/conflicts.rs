//! Transactions that meet others.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{Error, Result};
use tokio::task::JoinSet;

use super::samples::{Runs, miss};
use super::{Case, World};
use crate::backends::Yielding;

#[doc(hidden)]
#[macro_export]
macro_rules! conflicts {
    ($fixture:ty) => {
        $crate::cases! { $fixture, conflicts:
            the_closure_runs_again_when_what_it_read_has_changed
            every_kind_of_change_makes_it_run_again
            what_was_absent_counts_as_read
            what_only_reads_is_checked_too
            a_retry_begins_with_nothing_written
            what_was_not_read_does_not_matter
            blind_writes_meet_no_conflict
            an_invalidation_makes_it_run_again
            an_invalidation_where_nothing_was_makes_it_run_again
            a_blind_write_after_an_invalidation_is_stored_whole
            it_gives_up_in_the_end_and_writes_nothing
            increments_by_read_and_write_all_count
            nobody_ever_sees_half_of_a_transaction
        }
    };
}

pub const SOURCE: &str = include_str!("conflicts.rs");

pub async fn the_closure_runs_again_when_what_it_read_has_changed(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    shop.set("k", &1).await?;
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        let run = runs.begin();
        let seen: i64 = t.get("k").await?.unwrap_or(0);
        if run == 1 {
            other.set("k", &10).await?;
        }
        t.set("k", &(seen + 1))?;
        Ok(seen)
    });
    assert_eq!(transaction.await?, 10);
    assert_eq!((runs.count(), shop.get("k").await?), (2, Some(11)));
    Ok(())
}

pub async fn every_kind_of_change_makes_it_run_again(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    for change in 0..6 {
        shop.set("k", &1).await?;
        let runs = Runs::default();
        let transaction = shop.transaction(async |t| {
            let run = runs.begin();
            t.contains("k").await?;
            if run == 1 {
                match change {
                    // The same value again is a change all the same.
                    0 => other.set("k", &1).await?,
                    1 => assert!(other.remove("k").await?),
                    2 => assert!(other.expire("k").await?),
                    3 => assert_eq!(other.increment("k", 1).await?, 2),
                    4 => other.set_many([("k", &2)]).await?,
                    _ => other.transaction(async |t| t.set("k", &2)).await?,
                }
            }
            t.set("seen", &change)
        });
        transaction.await?;
        assert_eq!(runs.count(), 2, "change {change}");
    }
    Ok(())
}

pub async fn what_was_absent_counts_as_read(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    for change in 0..3 {
        shop.invalidate().await?;
        let runs = Runs::default();
        let transaction = shop.transaction(async |t| {
            let run = runs.begin();
            let is_absent = t.get_many::<i64>(["k"]).await? == [None];
            if run == 1 {
                match change {
                    0 => other.set("k", &1).await?,
                    1 => assert!(other.add("k", &1).await?),
                    _ => assert!(miss(&other, "k").await?.fill(&1).await?),
                }
            }
            t.set("was absent", &is_absent)
        });
        transaction.await?;
        assert_eq!(
            (runs.count(), shop.get("was absent").await?),
            (2, Some(false)),
            "change {change}"
        );
    }
    Ok(())
}

pub async fn what_only_reads_is_checked_too(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop.catalog");
    shop.set("a", &1).await?;
    other.set("b", &1).await?;
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        let run = runs.begin();
        let a: Option<i64> = t.get("a").await?;
        if run == 1 {
            other
                .transaction(async |t| {
                    t.set("b", &2)?;
                    t.region("shop").set("a", &2)
                })
                .await?;
        }
        let b: Option<i64> = t.region("shop.catalog").get("b").await?;
        Ok((a, b))
    });
    assert_eq!(transaction.await?, (Some(2), Some(2)));
    assert_eq!(runs.count(), 2);
    Ok(())
}

pub async fn a_retry_begins_with_nothing_written(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        let run = runs.begin();
        assert_eq!(t.get::<i64>("own").await?, None);
        t.set("own", &run)?;
        if run == 1 {
            t.set("only in the first run", &1)?;
            t.get::<i64>("k").await?;
            other.set("k", &1).await?;
        }
        Ok(())
    });
    transaction.await?;
    assert_eq!(shop.get("own").await?, Some(2));
    assert!(!shop.contains("only in the first run").await?);
    Ok(())
}

pub async fn what_was_not_read_does_not_matter(world: &World) -> Case {
    for path in ["shop", "shop.catalog", "shop.orders", "shop.orders-2", "blog"] {
        world.region(path).set("other", &0).await?;
    }
    let shop = world.region("shop");
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        let run = runs.begin();
        t.get::<i64>("k").await?;
        t.region("shop.orders-2").get::<i64>("other").await?;
        world.region("shop.catalog").set("k", &run).await?;
        world.region("shop.orders").invalidate().await?;
        world.region("blog").set("k", &run).await?;
        t.set("k", &run)
    });
    transaction.await?;
    let most = if world.fixture().coarse_conflicts() { 2 } else { 1 };
    assert!(runs.count() <= most, "{} runs", runs.count());
    assert_eq!(shop.get("k").await?, Some(runs.count()));
    Ok(())
}

pub async fn blind_writes_meet_no_conflict(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        runs.begin();
        t.set("k", &1)?;
        other.set("k", &2).await?;
        other.set("l", &2).await?;
        t.remove("l");
        // Its own write is no read of what is stored.
        assert_eq!(t.get("k").await?, Some(1));
        Ok(())
    });
    transaction.await?;
    assert_eq!((runs.count(), shop.get_many::<i64>(["k", "l"]).await?), (1, vec![Some(1), None]));
    Ok(())
}

pub async fn an_invalidation_makes_it_run_again(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    let other = world.other().await;
    for target in ["shop.catalog", "shop", ""] {
        catalog.set("k", &1).await?;
        let runs = Runs::default();
        let transaction = catalog.transaction(async |t| {
            let run = runs.begin();
            let seen: Option<i64> = t.get("k").await?;
            if run == 1 {
                if target.is_empty() {
                    other.clear().await?;
                } else {
                    other.region(target).invalidate().await?;
                }
            }
            t.set("seen", &seen)
        });
        transaction.await?;
        assert_eq!(runs.count(), 2, "invalidated `{target}`");
        assert_eq!(catalog.get("seen").await?, Some(None::<i64>));
    }
    Ok(())
}

/// What was read elsewhere may be as old as the invalidation says, though nothing was here.
pub async fn an_invalidation_where_nothing_was_makes_it_run_again(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    for target in ["shop.catalog", "shop"] {
        let runs = Runs::default();
        let transaction = catalog.transaction(async |t| {
            let run = runs.begin();
            assert_eq!(t.get::<i64>("k").await?, None);
            if run == 1 {
                world.region(target).invalidate().await?;
            }
            t.set("computed", &run)
        });
        transaction.await?;
        assert_eq!(
            (runs.count(), catalog.get("computed").await?),
            (2, Some(2)),
            "invalidated `{target}`"
        );
    }
    Ok(())
}

/// Race 11: with guessed stamps half of this was readable, or none of it.
pub async fn a_blind_write_after_an_invalidation_is_stored_whole(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await;
    for target in ["shop.a", "shop.b", "shop", ""] {
        other.region("shop.a").set("old", &0).await?;
        other.region("shop.b").set("old", &0).await?;
        let transaction = shop.transaction(async |t| {
            t.region("shop.a").set("k", &1)?;
            t.region("shop.b").set("k", &2)?;
            if target.is_empty() {
                other.clear().await?;
            } else {
                other.region(target).invalidate().await?;
            }
            t.region("shop.b.c").set("k", &3)
        });
        transaction.await?;
        for (path, value) in [("shop.a", 1), ("shop.b", 2), ("shop.b.c", 3)] {
            assert_eq!(other.region(path).get("k").await?, Some(value), "{path} after `{target}`");
        }
    }
    Ok(())
}

pub async fn it_gives_up_in_the_end_and_writes_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    let runs = Runs::default();
    let transaction = shop.transaction(async |t| {
        let run = runs.begin();
        t.get::<u32>("k").await?;
        other.set("k", &run).await?;
        t.set("own", &run)
    });
    let error = transaction.await.unwrap_err();
    let runs = runs.count();
    assert!(error.is_conflict(), "{error:?}");
    assert!(error.to_string().contains(&format!("{runs} times")), "{error} after {runs} runs");
    assert!((2..=100).contains(&runs));
    assert_eq!(shop.get("k").await?, Some(runs));
    assert!(!shop.contains("own").await?);
    let stats = world.cache().stats();
    assert_eq!((stats.transactions, stats.conflicts), (0, u64::from(runs)));
    Ok(())
}

pub async fn increments_by_read_and_write_all_count(world: &World) -> Case {
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let backend = Yielding::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(backend)).await;
        let shop = cache.region("shop");
        tasks.spawn(async move {
            let mut done = 0;
            while done < 10 {
                let add = shop.transaction(async |t| {
                    let seen: i64 = t.get("k").await?.unwrap_or(0);
                    t.set("k", &(seen + 1))
                });
                match add.await {
                    Ok(()) => done += 1,
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(error),
                }
            }
            Ok::<_, Error>(())
        });
    }
    for added in tasks.join_all().await {
        added?;
    }
    assert_eq!(world.region("shop").get("k").await?, Some(40));
    Ok(())
}

pub async fn nobody_ever_sees_half_of_a_transaction(world: &World) -> Case {
    const SUM: i64 = 100;

    let bank = world.region("bank");
    bank.set_many([("alice", &SUM), ("bob", &0)]).await?;
    bank.region("log").set("sum", &SUM).await?;
    let mut tasks = JoinSet::new();
    for amount in [1, -3] {
        let backend = Yielding::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(backend)).await;
        let bank = cache.region("bank");
        tasks.spawn(async move {
            let mut transfers = 0;
            for _ in 0..20 {
                let transfer = bank.transaction(async |t| {
                    let alice: i64 = t.get("alice").await?.unwrap_or(0);
                    let bob: i64 = t.get("bob").await?.unwrap_or(0);
                    t.set("alice", &(alice - amount))?;
                    t.set("bob", &(bob + amount))?;
                    t.region("bank.log").set("sum", &(alice + bob))
                });
                match transfer.await {
                    Ok(()) => transfers += 1,
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(transfers)
        });
    }
    let backend = Yielding::new(world.connect().await);
    let reader = world.cache_with(|builder| builder.backend(backend)).await;
    tasks.spawn(async move {
        let bank = reader.region("bank");
        for _ in 0..200 {
            let both: Vec<Option<i64>> = bank.get_many(["alice", "bob"]).await?;
            assert_eq!(both.into_iter().flatten().sum::<i64>(), SUM);
            assert_eq!(bank.region("log").get("sum").await?, Some(SUM));
        }
        Ok(0)
    });
    let done: Result<Vec<u32>> = tasks.join_all().await.into_iter().collect();
    assert!(done?.iter().sum::<u32>() > 0);
    Ok(())
}
