//! `refresh`: computed after it was asked for, whatever is cached or being computed.

use std::sync::Arc;
use std::time::Duration;

use region_cache::cached;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, yield_now};

use super::world::{DbError, World};

#[cached(cache = "world.cache", key = "{id}", ttl = "1m", stale_for = "1h")]
async fn load(world: &World, id: u64, fails: bool) -> Result<u32, DbError> {
    let run = world.run();
    yield_now().await;
    if fails { Err(DbError::Gone(id)) } else { Ok(run) }
}

#[tokio::test]
async fn it_computes_and_stores() {
    let world = World::new().await;
    assert_eq!(load(&world, 7, false).await.unwrap(), 1);
    assert_eq!(load::refresh(&world, 7, false).await.unwrap(), 2);
    assert_eq!(load(&world, 7, false).await.unwrap(), 2);
    assert_eq!(load::refresh(&world, 8, false).await.unwrap(), 3, "where nothing was, too");
    assert_eq!(load(&world, 8, false).await.unwrap(), 3);
}

#[tokio::test]
async fn what_was_there_does_not_stand_in_for_it() {
    let world = World::new().await;
    load(&world, 7, false).await.unwrap();
    assert!(matches!(load::refresh(&world, 7, true).await, Err(DbError::Gone(7))));
    assert_eq!(world.cache.stats().stale_served, 0);
    // For others it still does.
    assert_eq!(load(&world, 7, true).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(3700));
    load(&world, 7, true).await.unwrap_err();
}

/// A source whose computations go on when they are told to.
struct Source {
    world: World,
    begun: Notify,
    open: watch::Sender<u32>,
}

#[cached(cache = "source.world.cache", key = "{id}")]
async fn from(source: &Source, id: u64) -> u32 {
    let run = source.world.run();
    source.begun.notify_one();
    source.open.subscribe().wait_for(|open| *open >= run).await.unwrap();
    run + u32::try_from(id).unwrap()
}

#[tokio::test]
async fn it_joins_no_computation_that_began_before() {
    let world = World::new().await;
    let source = Arc::new(Source { world, begun: Notify::new(), open: watch::Sender::new(0) });
    let mut calls = JoinSet::new();
    let first = Arc::clone(&source);
    calls.spawn(async move { from(&first, 0).await });
    source.begun.notified().await;

    let second = Arc::clone(&source);
    calls.spawn(async move { from::refresh(&second, 0).await });
    source.begun.notified().await;
    // The first goes on, and what it made is not stored over the second's.
    source.open.send_replace(1);
    assert_eq!(calls.join_next().await.unwrap().unwrap(), 1);
    source.open.send_replace(2);
    assert_eq!(calls.join_next().await.unwrap().unwrap(), 2);
    assert_eq!(from(&source, 0).await, 2);

    source.open.send_replace(3);
    assert_eq!(from::refresh(&source, 0).await, 3);
}

#[tokio::test]
async fn it_is_not_overtaken_by_what_began_before() {
    let world = World::new().await;
    let source = Arc::new(Source { world, begun: Notify::new(), open: watch::Sender::new(0) });
    let mut first = JoinSet::new();
    let one = Arc::clone(&source);
    first.spawn(async move { from(&one, 0).await });
    source.begun.notified().await;
    let mut second = JoinSet::new();
    let two = Arc::clone(&source);
    second.spawn(async move { from::refresh(&two, 0).await });
    source.begun.notified().await;
    source.open.send_replace(2);
    assert_eq!(second.join_next().await.unwrap().unwrap(), 2);
    assert_eq!(first.join_next().await.unwrap().unwrap(), 1);
    assert_eq!(from(&source, 0).await, 2);
}
