//! Guards that a server loses, or keeps for too long.

use std::time::Duration;

use region_cache::BoxError;
use region_cache::backend::Id;

use super::{Two, address, connect, exists, key, miss, number, two};

#[tokio::test]
async fn a_guard_that_was_evicted_is_lost_and_what_came_in_falls() {
    let Two { server, here, there } = two().await;
    let (shop, other) = (here.region("shop"), there.region("shop"));
    let guarded = shop.guarded(async || {
        assert_eq!(server.cli(&["UNLINK", &key('f', "shop")]).await, "1");
        other.set("k", &1).await?;
        Ok::<_, BoxError>(7)
    });
    let error = guarded.await.unwrap_err();
    assert!(error.is_guard_lost(), "{error:?}");
    assert_eq!(number(&other, "k").await, None);
    other.set("k", &2).await.unwrap();
    assert_eq!(number(&shop, "k").await, Some(2));
}

#[tokio::test]
async fn a_guard_that_was_flushed_is_lost() {
    let Two { server, here, there } = two().await;
    let (catalog, other) = (here.region("shop.catalog"), there.region("shop.catalog"));
    let guarded = catalog.guarded(async || {
        server.cli(&["FLUSHALL"]).await;
        let miss = miss::<i64>(&other, "k").await;
        assert!(miss.fill(&1).await?);
        Ok::<_, BoxError>(7)
    });
    assert!(guarded.await.unwrap_err().is_guard_lost());
    assert_eq!(number(&catalog, "k").await, None);
}

#[tokio::test]
async fn a_server_that_is_restarted_within_a_commit_has_lost_the_guard() {
    let Two { server, here, .. } = two().await;
    let shop = here.region("shop");
    let guarded = shop.guarded(async || {
        server.kill9();
        server.restart().await;
        let there = connect(&server).await.region("shop");
        there.set("k", &1).await?;
        Ok::<_, BoxError>(7)
    });
    assert!(guarded.await.is_err());
    assert_eq!(number(&connect(&server).await.region("shop"), "k").await, None);
}

#[tokio::test]
async fn a_closed_fence_does_not_outlive_its_last_guard() {
    let Two { server, here, there } = two().await;
    let fence = key('f', "shop");
    let life = async || server.cli(&["PTTL", &fence]).await.parse::<u128>().unwrap();
    let (long, short) = (Id::random(), Id::random());
    let guard = async |id, seconds, again| {
        let time = Duration::from_secs(seconds);
        there.backend().guard(&address("shop"), id, time, again).await.unwrap()
    };
    assert!(guard(short, 10, false).await);
    assert!((9_000..=10_000).contains(&life().await));
    assert!(guard(long, 60, false).await);
    assert!(guard(short, 10, true).await);
    assert!((59_000..=60_000).contains(&life().await));
    assert!(here.backend().unguard(&address("shop"), long).await.unwrap());
    assert!((9_000..=10_000).contains(&life().await));
    assert!(here.backend().unguard(&address("shop"), short).await.unwrap());
    assert!(!exists(&server, &fence).await);
}
