//! Servers that stop answering.

use futures::future::join_all;
use region_cache::{Cache, Error, Result};
use region_cache_testkit::proxy::{Direction, Fault, Proxy, Scope};
use region_cache_testkit::server::{Server, poll_until};

use super::{SOON, failure, hasty};
use crate::redis::{ITEM, connect, exists, key, lease, number};

#[tokio::test]
async fn a_frozen_server_times_reads_out_and_confirms_no_change() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    // So that a connection for transactions is there.
    region.transaction(async |t| t.set("k", &1)).await.unwrap();
    let held = lease::<i64>(&region, "held").await;

    server.stop();
    let reads = READS.map(async |name| (name, failure(read(&cache, name)).await));
    let changes = CHANGES.map(async |name| (name, failure(change(&cache, name)).await));
    let fill = async { ("fill", failure(held.fill(&2)).await) };
    let (reads, changes, fill) = futures::join!(join_all(reads), join_all(changes), fill);
    for (name, error) in reads {
        assert!(error.is_timeout(), "{name}: {error:?}");
    }
    for (name, error) in changes.into_iter().chain([fill]) {
        assert!(error.is_unconfirmed(), "{name}: {error:?}");
        assert!(error.to_string().contains("may or may not have happened"), "{name}: {error}");
    }
    server.cont();
    is_normal_soon(&cache).await;
}

#[tokio::test]
async fn a_connection_that_died_without_a_word_is_replaced() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let cache = hasty(&proxy.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    proxy.inflict_on(Scope::Existing, Fault::BlackHole(Direction::Both));
    let error: Error = failure(region.get::<i64>("k")).await;
    assert!(error.is_timeout() || error.is_unavailable(), "{error:?}");
    is_normal_soon(&cache).await;
}

#[tokio::test]
async fn idle_connections_that_died_without_a_word_are_not_used_for_transactions() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let cache = hasty(&proxy.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    // Several at once leave several connections behind.
    let many = (0..6).map(async |n: i64| {
        region.transaction(async |t| t.set(n, &n)).await.unwrap();
    });
    join_all(many).await;
    proxy.inflict_on(Scope::Existing, Fault::BlackHole(Direction::Both));
    let _ = failure(region.get::<i64>("k")).await;
    let normal = async || region.get::<i64>("k").await.ok();
    poll_until(SOON, "reads to be normal again", normal).await;
    for n in 0..6 {
        let commit = region.transaction(async |t| t.set("k", &n)).await;
        commit.unwrap_or_else(|error| panic!("transaction {n}: {error:?}"));
    }
}

#[tokio::test]
async fn what_was_not_confirmed_happened_once_or_not_at_all() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let counter = cache.region(ITEM);
    assert_eq!(counter.increment("k", 1).await.unwrap(), 1);
    server.stop();
    let tries = (0..10).map(|_| failure(counter.increment("k", 1)));
    let unconfirmed = join_all(tries).await.iter().filter(|error| error.is_unconfirmed()).count();
    server.cont();
    is_normal_soon(&cache).await;
    let sum = number(&connect(&server).await.region(ITEM), "k").await.unwrap();
    let most = 1 + i64::try_from(unconfirmed).unwrap();
    assert!((1..=most).contains(&sum), "{sum} after {unconfirmed} unconfirmed additions");
    assert!(!exists(&server, &key('l', ITEM)).await);
}

/// Reads and changes succeed again, without a new cache.
async fn is_normal_soon(cache: &Cache) {
    let region = cache.region("normal");
    let normal = async || {
        region.set("k", &1).await.ok()?;
        region.transaction(async |t| t.set("k", &2)).await.ok()?;
        (region.get::<i64>("k").await.ok()? == Some(2)).then_some(())
    };
    poll_until(SOON, "everything to be normal again", normal).await;
}

async fn read(cache: &Cache, name: &str) -> Result<()> {
    let region = cache.region(ITEM);
    match name {
        "get" => region.get::<i64>("k").await.map(drop),
        "get_many" => region.get_many::<i64>(["k", "j"]).await.map(drop),
        "contains" => region.contains("k").await.map(drop),
        "ttl" => region.ttl("k").await.map(drop),
        "len" => region.len().await.map(drop),
        "children" => region.children().await.map(drop),
        "lookup" => region.lookup::<i64>("absent").await.map(drop),
        "ping" => cache.ping().await.map(drop),
        _ => unreachable!("{name}"),
    }
}

async fn change(cache: &Cache, name: &str) -> Result<()> {
    let region = cache.region(ITEM);
    match name {
        "set" => region.set("k", &2).await,
        "set_many" => region.set_many([("k", &2), ("j", &2)]).await,
        "add" => region.add("j", &2).await.map(drop),
        "increment" => region.increment("k", 2).await.map(drop),
        "remove" => region.remove("k").await.map(drop),
        "expire" => region.expire("k").await.map(drop),
        "transaction" => region.transaction(async |t| t.set("k", &2)).await,
        "invalidate" => region.invalidate().await.map(drop),
        "clear" => cache.clear().await.map(drop),
        _ => unreachable!("{name}"),
    }
}

const READS: [&str; 8] =
    ["get", "get_many", "contains", "ttl", "len", "children", "lookup", "ping"];
const CHANGES: [&str; 9] = [
    "set",
    "set_many",
    "add",
    "increment",
    "remove",
    "expire",
    "transaction",
    "invalidate",
    "clear",
];
