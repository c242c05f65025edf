//! Servers that end and come back.

use region_cache::{Cache, Error};
use region_cache_testkit::server::{Server, poll_until};

use super::{SOON, failure, hasty};
use crate::redis::{ITEM, Two, connect, lease, number, on};

#[tokio::test]
async fn a_killed_server_that_was_restarted_is_normal_again_without_a_new_cache() {
    let Two { server, here, there } = on(Server::start().await).await;
    for round in 0..3 {
        here.region(ITEM).set("k", &round).await.unwrap();
        here.region(ITEM).transaction(async |t| t.set("j", &round)).await.unwrap();
        let held = lease::<i64>(&there.region(ITEM), "held").await;
        server.kill9();
        let lost: Error = here.region(ITEM).set("k", &-1).await.unwrap_err();
        assert!(lost.is_unconfirmed() || lost.is_unavailable(), "{lost:?}");
        let lost: Error = here.region(ITEM).get::<i64>("k").await.unwrap_err();
        assert!(lost.is_unavailable(), "{lost:?}");
        server.restart().await;
        for cache in [&here, &there] {
            poll_until(SOON, "everything to be normal again", async || all(cache).await).await;
        }
        assert!(!held.fill(&1).await.unwrap(), "its lease was lost with all else");
        assert_eq!(number(&here.region(ITEM), "k").await, None);
    }
}

#[tokio::test]
async fn while_a_server_is_down_every_call_fails_soon_and_says_what_is_in_doubt() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    server.kill9();
    // The loss itself may be noticed by the first change.
    let first = failure(region.set("k", &2)).await;
    assert!(first.is_unconfirmed() || first.is_unavailable(), "{first:?}");
    for error in [
        failure(region.get::<i64>("k")).await,
        failure(region.set("k", &2)).await,
        failure(region.lookup::<i64>("k")).await,
        failure(region.invalidate()).await,
        failure(region.transaction(async |t| t.set("k", &2))).await,
    ] {
        assert!(error.is_unavailable(), "{error:?}");
        assert!(error.to_string().contains("refuses connections"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_lost_its_scripts_is_given_them_again() {
    let Two { server, here, there } = on(Server::start().await).await;
    for cache in [&here, &there] {
        server.cli(&["SCRIPT", "FLUSH"]).await;
        assert!(all(cache).await.is_some());
    }
    server.cli(&["FLUSHALL"]).await;
    server.cli(&["SCRIPT", "FLUSH"]).await;
    assert!(all(&here).await.is_some());
    assert!(all(&connect(&server).await).await.is_some());
}

#[tokio::test]
async fn connections_that_an_operator_kills_are_replaced() {
    let Two { server, here, there: _ } = on(Server::start().await).await;
    for _ in 0..5 {
        assert!(all(&here).await.is_some());
        server.cli(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        poll_until(SOON, "everything to be normal again", async || all(&here).await).await;
    }
}

/// One of each kind of operation.
async fn all(cache: &Cache) -> Option<()> {
    let region = cache.region("normal");
    region.invalidate().await.ok()?;
    region.set("k", &1).await.ok()?;
    region.transaction(async |t| t.increment("k", 1).await).await.ok()?;
    let _ = region.lookup::<i64>("absent").await.ok()?;
    (region.get::<i64>("k").await.ok()? == Some(2)).then_some(())
}
