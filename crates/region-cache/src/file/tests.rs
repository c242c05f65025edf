//! The cache on disks that are slow, full, or fail.

mod disk;

use std::sync::Arc;

use futures::executor::block_on;
use futures::future::join_all;

use self::disk::Disk;
use super::File;
use super::open::open_on;
use crate::backend::{Address, Commit};
use crate::cache::Cache;
use crate::error::Error;
use crate::load::Lookup;
use crate::time::Clock;

async fn cache_on(disk: &Disk) -> Cache {
    let (path, handle) = ("disk".into(), disk.clone());
    let opener = Box::new(move || open_on("disk".as_ref(), handle.clone()));
    let file = File::start(path, opener, 1 << 30, Clock::system(), false).unwrap();
    Cache::builder().backend(Arc::new(file)).build().await.unwrap()
}

#[tokio::test]
async fn a_change_is_on_the_disk_when_it_is_confirmed() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    for step in 0..4 {
        let before = disk.flushes();
        match step {
            0 => shop.set("k", &1).await.unwrap(),
            1 => assert!(shop.remove("k").await.unwrap()),
            2 => shop.transaction(async |t| t.set("k", &1)).await.unwrap(),
            _ => drop(shop.invalidate().await.unwrap()),
        }
        assert!(disk.flushes() > before, "step {step}");
    }
}

#[tokio::test]
async fn readers_do_not_wait_for_the_disk() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    shop.set("k", &1).await.unwrap();
    disk.stop();
    let mut writing = Box::pin(shop.set("k", &2));
    assert!(futures::poll!(&mut writing).is_pending());
    disk.until_waited_for();
    assert_eq!(shop.get::<i64>("k").await.unwrap(), Some(1));
    assert_eq!(shop.len().await.unwrap(), 1);
    disk.go_on();
    writing.await.unwrap();
    assert_eq!(shop.get::<i64>("k").await.unwrap(), Some(2));
}

#[tokio::test]
async fn what_waits_for_the_disk_goes_together() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    disk.stop();
    let mut first = Box::pin(shop.set("first", &1));
    assert!(futures::poll!(&mut first).is_pending());
    disk.until_waited_for();
    let before = disk.flushes();
    let mut writing = Box::pin(join_all((0..3_000).map(|key| {
        let shop = shop.clone();
        async move { shop.set(key, &key).await.unwrap() }
    })));
    // Each has said what it wants.
    assert!(futures::poll!(&mut writing).is_pending());
    disk.go_on();
    writing.await;
    first.await.unwrap();
    assert!(disk.flushes() - before <= 6, "{} flushes", disk.flushes() - before);
}

#[tokio::test]
async fn what_was_computed_does_not_wait_for_the_disk_and_is_on_it_soon() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    shop.set("other", &1).await.unwrap();
    let before = disk.flushes();
    let load = || async { Ok::<_, Error>(7) };
    assert_eq!(shop.get_or_compute("k", load).await.unwrap(), 7);
    assert_eq!(shop.get::<i64>("k").await.unwrap(), Some(7));
    while disk.flushes() == before {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_full_disk_is_told_of_and_recovered_from() {
    let disk = Disk::default();
    block_on(async {
        let cache = cache_on(&disk).await;
        let shop = cache.region("shop").with(|o| o.compress_above(usize::MAX));
        shop.set("first", &1).await.unwrap();
        disk.limit(disk.length());
        let mut number = 0;
        let error = loop {
            number += 1;
            match shop.set(number, &vec![1_u8; 100_000]).await {
                Ok(()) => assert!(number < 1_000),
                Err(error) => break error,
            }
        };
        assert!(error.is_unavailable() || error.is_unconfirmed(), "{error:?}");
        assert!(error.to_string().contains("file_capacity"), "{error}");
        // What was confirmed can be read all the time.
        assert_eq!(shop.get::<i64>("first").await.unwrap(), Some(1));
        disk.limit(usize::MAX);
        while shop.set("last", &2).await.is_err() {}
        assert_eq!(shop.get::<i64>("first").await.unwrap(), Some(1));
        for earlier in 1..number {
            assert!(shop.contains(earlier).await.unwrap(), "{earlier} of {number}");
        }
    });
}

#[test]
fn what_could_not_be_read_can_be_read_again() {
    let disk = Disk::default();
    block_on(async {
        let cache = cache_on(&disk).await;
        let shop = cache.region("shop").with(|o| o.compress_above(usize::MAX));
        let value = "x".repeat(1_000_000);
        // More than is kept in memory.
        for key in 0..100 {
            shop.set(key, &value).await.unwrap();
        }
        cache.backend().close().await;

        let cache = cache_on(&disk).await;
        let shop = cache.region("shop");
        disk.refuse_reads(true);
        let found = join_all((0..100).map(|key| shop.get::<String>(key))).await;
        let key = found.iter().position(Result::is_err).unwrap();
        assert!(found[key].as_ref().unwrap_err().is_unavailable());
        disk.refuse_reads(false);
        // Nobody writes anything meanwhile.
        let found = loop {
            if let Ok(found) = shop.get::<String>(key).await {
                break found;
            }
        };
        assert!(found == Some(value));
    });
}

#[test]
fn a_flush_that_fails_leaves_a_change_unconfirmed() {
    let disk = Disk::default();
    block_on(async {
        let cache = cache_on(&disk).await;
        let shop = cache.region("shop");
        shop.set("k", &1).await.unwrap();
        disk.fail_next_flush();
        let error = shop.set("k", &2).await.unwrap_err();
        assert!(error.is_unconfirmed(), "{error:?}");
        let found = loop {
            if let Ok(found) = shop.get::<i64>("k").await {
                break found;
            }
        };
        // One or the other, and it stays.
        assert!(found == Some(1) || found == Some(2), "{found:?}");
        assert_eq!(shop.get::<i64>("k").await.unwrap(), found);
        shop.set("k", &3).await.unwrap();
        assert_eq!(shop.get::<i64>("k").await.unwrap(), Some(3));
    });
}

#[test]
fn an_invalidation_that_failed_is_done_when_the_disk_is_back() {
    let disk = Disk::default();
    block_on(async {
        let cache = cache_on(&disk).await;
        let shop = cache.region("shop");
        shop.set("k", &1).await.unwrap();
        disk.break_down(true);
        assert!(shop.invalidate().await.is_err());
        disk.break_down(false);
        while shop.get::<i64>("k").await.is_err() {}
        assert_eq!(shop.get::<i64>("k").await.unwrap(), None);
    });
}

#[tokio::test]
async fn what_changed_nothing_still_confirms_what_it_saw() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    shop.get_or_compute("k", || async { Ok::<_, Error>(7) }).await.unwrap();
    let before = disk.flushes();
    assert!(!shop.remove("nothing").await.unwrap());
    assert!(disk.flushes() > before);
}

/// A change drops leases when it is made. Whoever takes one since, before it counts, has not seen it.
#[tokio::test]
async fn a_lease_that_is_taken_while_a_change_waits_for_the_disk_does_not_fill() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    shop.set("other", &1).await.unwrap();
    for step in 0..2 {
        disk.stop();
        let mut change = Box::pin(async {
            match step {
                0 => drop(shop.invalidate().await.unwrap()),
                _ => shop.set("k", &2).await.unwrap(),
            }
        });
        assert!(futures::poll!(&mut change).is_pending());
        disk.until_waited_for();
        let Lookup::Miss(miss) = shop.lookup::<i64>("k").await.unwrap() else { panic!("a hit") };
        assert!(miss.holds_lease());
        disk.go_on();
        change.await;
        assert!(!miss.fill(&1).await.unwrap(), "step {step}");
        assert_ne!(shop.get::<i64>("k").await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn a_transaction_that_reads_while_an_invalidation_waits_for_the_disk_meets_a_conflict() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    shop.set("other", &1).await.unwrap();
    disk.stop();
    let mut change = Box::pin(shop.invalidate());
    assert!(futures::poll!(&mut change).is_pending());
    disk.until_waited_for();
    let (backend, region) = (cache.backend(), Address::parse("region-cache", "shop").unwrap());
    let mut session = backend.begin(&region).await.unwrap();
    assert_eq!(session.read(&region, &["absent".into()]).await.unwrap(), [None]);
    disk.go_on();
    change.await.unwrap();
    assert_eq!(session.commit(Vec::new()).await.unwrap(), Commit::Conflict);
}

/// While the file was not open another process may have had it.
#[tokio::test]
async fn leases_and_transactions_end_when_the_file_is_opened_anew() {
    let disk = Disk::default();
    let cache = cache_on(&disk).await;
    let shop = cache.region("shop");
    let (backend, region) = (cache.backend(), Address::parse("region-cache", "shop").unwrap());
    let mut session = backend.begin(&region).await.unwrap();
    session.read(&region, &["absent".into()]).await.unwrap();
    let Lookup::Miss(miss) = shop.lookup::<i64>("k").await.unwrap() else { panic!("a hit") };
    disk.fail_next_flush();
    assert!(shop.set("other", &1).await.is_err());
    while shop.set("other", &1).await.is_err() {}
    assert!(!miss.fill(&1).await.unwrap());
    assert_eq!(session.commit(Vec::new()).await.unwrap(), Commit::Conflict);
}
