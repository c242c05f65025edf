//! Race 6: a server that forgets the latest, or another one in its place.

use std::time::Duration;

use region_cache::{Cache, Region};
use region_cache_testkit::server::{Server, poll_until};

use crate::redis::{ITEM, LEVELS, connect, exists, invalidate, key, number};

/// Race 6: `kill -9`, and the snapshot brings back the invalidated value and its fence. Defence: the
/// reign in the fences, of which the `run_id` is another after each start.
#[tokio::test]
async fn a_restart_from_a_snapshot_brings_nothing_invalidated_back() {
    for level in LEVELS {
        let server = Server::start().await;
        let [here, there] = [connect(&server).await, connect(&server).await];
        here.region(ITEM).set("k", &1).await.unwrap();
        server.cli(&["SAVE"]).await;
        invalidate(&there, level).await;
        server.kill9();
        server.restart().await;
        assert!(exists(&server, &key('h', ITEM)).await, "the server itself has it back");
        for cache in [&here, &there, &connect(&server).await] {
            assert_eq!(first_answer(&cache.region(ITEM)).await, None, "`{level}`");
        }
        here.region(ITEM).set("other", &2).await.unwrap();
        assert_eq!(number(&there.region(ITEM), "other").await, Some(2));
        assert_eq!(number(&there.region(ITEM), "k").await, None, "nor with new fences");
    }
}

/// Race 6, for what a change of the key had overtaken. Defence: the same.
#[tokio::test]
async fn a_restart_from_a_snapshot_brings_nothing_removed_or_overwritten_back() {
    let server = Server::start().await;
    let [here, there] = [connect(&server).await, connect(&server).await];
    here.region(ITEM).set_many([("removed", &1), ("k", &1)]).await.unwrap();
    server.cli(&["SAVE"]).await;
    there.region(ITEM).remove("removed").await.unwrap();
    there.region(ITEM).set("k", &2).await.unwrap();
    server.kill9();
    server.restart().await;
    assert_eq!(first_answer(&here.region(ITEM)).await, None);
    for cache in [&here, &there, &connect(&server).await] {
        let both = cache.region(ITEM).get_many::<i64>(["removed", "k"]).await;
        assert_eq!(both.unwrap(), [None, None]);
    }
}

/// Race 6: a failover to a replica that has not heard of the invalidation. Defence: the reign, which is
/// another server's.
#[tokio::test]
async fn a_failover_to_a_lagging_replica_brings_nothing_invalidated_back() {
    let [one, two] = [Server::start().await, Server::start().await];
    let here = connect(&one).await;
    here.region(ITEM).set("k", &1).await.unwrap();
    two.replicate(&one).await;
    two.in_step_with(&one).await;
    // Connected, and in use, from before it is promoted.
    let there = connect(&two).await;
    assert_eq!(number(&there.region(ITEM), "k").await, None);

    cut_off(&two).await;
    invalidate(&here, "shop").await;
    one.kill9();
    two.promote().await;
    assert!(exists(&two, &key('h', ITEM)).await, "the new master has it still");
    for cache in [&there, &connect(&two).await] {
        assert_eq!(number(&cache.region(ITEM), "k").await, None);
    }
    // What is written from here on is everybody's.
    let new = connect(&two).await;
    new.region(ITEM).set("k", &2).await.unwrap();
    assert_eq!(number(&connect(&two).await.region(ITEM), "k").await, Some(2));
    assert_eq!(settled(&there).await, Some(2));
}

/// Race 6: failover and failback, to a process that has lived all the while: its `run_id` is the old
/// one. Defence: the `master_replid` in the reign.
#[tokio::test]
async fn a_failback_to_a_living_server_brings_nothing_invalidated_back() {
    let one = Server::start().await;
    let here = connect(&one).await;
    here.region(ITEM).set("k", &1).await.unwrap();
    assert_eq!(number(&here.region(ITEM), "k").await, Some(1));
    fail_back(&one).await;
    assert!(exists(&one, &key('h', ITEM)).await, "the old and new master has it still");

    // On the connection that was there all the while too: each read asks whom it is reading from.
    for cache in [&here, &connect(&one).await] {
        assert_eq!(number(&cache.region(ITEM), "k").await, None);
    }
    here.region(ITEM).set("k", &2).await.unwrap();
    assert_eq!(number(&connect(&one).await.region(ITEM), "k").await, Some(2));
}

/// Race 6, for a transaction on a connection that has lived all the while. Defence: its fences carry
/// the reign of now, or it would be told to have happened and be nobody's to read.
#[tokio::test]
async fn what_is_committed_after_a_failback_is_everybodys_to_read() {
    let one = Server::start().await;
    let here = connect(&one).await;
    here.region(ITEM).transaction(async |t| t.set("k", &1)).await.unwrap();
    fail_back(&one).await;
    here.region(ITEM).transaction(async |t| t.set("k", &2)).await.unwrap();
    assert_eq!(number(&connect(&one).await.region(ITEM), "k").await, Some(2));
}

/// Another server is the master for a while, and invalidates what it has a copy of, unheard by this one,
/// which is the master again in the end.
async fn fail_back(one: &Server) {
    let run_id = one.info("server").await["run_id"].clone();
    let two = Server::start().await;
    two.replicate(one).await;
    two.in_step_with(one).await;
    two.promote().await;
    one.replicate(&two).await;
    one.in_step_with(&two).await;
    cut_off(one).await;
    invalidate(&connect(&two).await, "shop").await;
    two.kill9();
    one.promote().await;
    assert_eq!(one.info("server").await["run_id"], run_id);
}

/// The first answer that is no error: after a restart, a connection has to be made anew.
async fn first_answer(region: &Region) -> Option<i64> {
    let ask = async || region.get::<i64>("k").await.ok();
    poll_until(DEADLINE, "a cache to be connected again", ask).await
}

/// What a cache that knew the server as a replica reads in the end. Never what was invalidated.
async fn settled(cache: &Cache) -> Option<i64> {
    let ask = async || {
        let found = number(&cache.region(ITEM), "k").await;
        assert_ne!(found, Some(1), "what was invalidated is back");
        found.map(Some)
    };
    poll_until(DEADLINE, "the new reign to be known", ask).await
}

/// Makes a replica lag: it has a copy, and its master is nowhere.
async fn cut_off(replica: &Server) {
    replica.cli(&["REPLICAOF", "127.0.0.1", "1"]).await;
}

const DEADLINE: Duration = Duration::from_secs(5);
