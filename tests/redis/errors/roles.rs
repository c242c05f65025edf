//! Servers that answer, but not what is asked.

use std::time::Duration;

use region_cache::{Cache, Error};
use region_cache_testkit::server::{Server, poll_until};

use super::{SOON, failure, hasty};
use crate::redis::{ITEM, connect, number};

#[tokio::test]
async fn a_replica_says_that_it_is_one() {
    let master = Server::start().await;
    let replica = Server::builder().replica_of(&master).start().await;
    let cache = hasty(&replica.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    assert_eq!(number(&region, "k").await, None);
    for error in [
        failure(region.set("k", &1)).await,
        failure(region.remove("k")).await,
        failure(region.invalidate()).await,
        failure(region.lookup::<i64>("k")).await,
        failure(region.transaction(async |t| t.set("k", &1))).await,
    ] {
        assert!(error.is_unavailable(), "{error:?}");
        assert!(error.to_string().contains("is a replica"), "{error}");
    }
}

#[tokio::test]
async fn a_master_that_is_demoted_and_promoted_again_is_normal_again() {
    let [one, two] = [Server::start().await, Server::start().await];
    let cache = connect(&one).await;
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    region.transaction(async |t| t.set("j", &1)).await.unwrap();
    one.replicate(&two).await;
    let error = region.set("k", &2).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    one.promote().await;
    let normal = async || {
        region.set("k", &2).await.ok()?;
        region.transaction(async |t| t.set("j", &2)).await.ok()?;
        let found = region.get_many::<i64>(["k", "j"]).await.ok()?;
        (found == [Some(2), Some(2)]).then_some(())
    };
    poll_until(SOON, "everything to be normal again", normal).await;
}

#[tokio::test]
async fn a_server_that_is_loading_says_so() {
    let builder = Server::builder().config("loading-process-events-interval-bytes", "1024");
    let server = builder.config("key-load-delay", "200").start().await;
    let cache = connect(&server).await;
    let region = cache.region(ITEM);
    let mut client = server.client().await;
    let ballast = "x".repeat(200);
    for n in 0..5_000 {
        let names = [0, 1, 2, 3].map(|m| format!("ballast:{n}:{m}"));
        let [a, b, c, d] = names.each_ref().map(|name| ["SET", name, &ballast]);
        client.pipeline(&[&a[..], &b, &c, &d]).await.unwrap();
    }
    server.cli(&["SAVE"]).await;
    let told = async {
        let loading = async || region.get::<i64>("k").await.err().filter(is_loading);
        let error = poll_until(PATIENCE, "a server that is loading", loading).await;
        assert!(error.is_unavailable(), "{error:?}");
        let error = region.set("k", &1).await.unwrap_err();
        assert!(error.is_unavailable(), "nothing is in doubt: {error:?}");
        let error = Cache::connect(&server.url()).await.unwrap_err();
        assert!(error.is_unavailable() && is_loading(&error), "{error:?}");
        server.cli(&["CONFIG", "SET", "key-load-delay", "0"]).await;
    };
    futures::join!(server.restart(), told);
    let normal = async || region.set("k", &1).await.ok();
    poll_until(SOON, "a server that has loaded", normal).await;
}

#[tokio::test]
async fn a_server_that_is_busy_with_a_script_says_so() {
    let server = Server::builder().config("busy-reply-threshold", "1").start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    let mut other = server.client().await;
    other.send(&[&["EVAL", "while true do end", "0"]]).await.unwrap();
    let busy = async || region.get::<i64>("k").await.err().filter(Error::is_unavailable);
    let error = poll_until(PATIENCE, "a busy server", busy).await;
    assert!(error.to_string().contains("SCRIPT KILL"), "{error}");
    let error = failure(region.set("k", &2)).await;
    assert!(error.is_unavailable(), "{error:?}");
    server.cli(&["SCRIPT", "KILL"]).await;
    let normal = async || region.get::<i64>("k").await.ok();
    assert_eq!(poll_until(PATIENCE, "an end of the script", normal).await, Some(1));
    region.set("k", &2).await.unwrap();
}

fn is_loading(error: &Error) -> bool {
    error.to_string().contains("still loading")
}

const PATIENCE: Duration = Duration::from_secs(10);
