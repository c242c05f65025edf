//! A server that is frozen: its connections stay open, and nothing is answered.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use region_cache::{BoxError, BreakerState, Cache, OnUnavailable};
use region_cache_testkit::server::{Server, poll_until};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{PATIENCE, TIMEOUT, assert_soon, compute, hasty, is_normal, short_pause};
use crate::shared::hiccups::Hiccups;

/// What some callers were told while the server was frozen.
#[derive(Debug, Default)]
struct Told {
    values: u64,
    errors: u64,
    others: u64,
    longest: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_seconds_without_an_answer_are_survived() {
    let server = Server::start().await;
    let on = |what| Cache::builder().url(server.url()).on_unavailable(what).build();
    let computing = on(OnUnavailable::Compute).await.unwrap();
    let failing = on(OnUnavailable::Error).await.unwrap();
    let hiccups = Hiccups::watch();
    for cache in [&computing, &failing] {
        is_normal(cache, Instant::now()).await;
    }

    server.stop();
    let (start, is_over) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let mut callers = JoinSet::new();
    for (cache, number) in [&computing, &failing].into_iter().zip(0..).cycle().take(8) {
        let (cache, is_over) = (cache.clone(), Arc::clone(&is_over));
        callers.spawn(async move { (number, call(&cache, &is_over).await) });
    }
    // Neither is open from the first moment, and both are as long as it lasts.
    for cache in [&computing, &failing] {
        let opened = async || (cache.stats().breaker != BreakerState::Closed).then_some(());
        poll_until(PATIENCE, "the breaker to open", opened).await;
    }
    while start.elapsed() < OUTAGE {
        short_pause().await;
        for cache in [&computing, &failing] {
            assert_ne!(cache.stats().breaker, BreakerState::Closed);
        }
    }
    is_over.store(true, Ordering::SeqCst);
    let told = callers.join_all().await;

    server.cont();
    let woken = Instant::now();
    let (one, other) = futures::join!(is_normal(&computing, woken), is_normal(&failing, woken));
    for (number, told) in &told {
        println!("{number}: {told:?}");
        let most = OPERATION + SECOND + hiccups.longest();
        assert!(told.longest < most, "a call took {:?}", told.longest);
        assert_eq!(told.others, 0, "{told:?}");
        let (usual, never) = match number {
            0 => (told.values, told.errors),
            _ => (told.errors, told.values),
        };
        assert!(usual > 100 && never == 0, "{told:?}");
    }
    assert_soon(one.max(other), &hiccups);
}

/// One call after the other, until it is over.
async fn call(cache: &Cache, is_over: &AtomicBool) -> Told {
    let (region, mut told) = (cache.region("shop"), Told::default());
    while !is_over.load(Ordering::SeqCst) {
        let start = Instant::now();
        let result = compute(&region, "k", 7).await;
        told.longest = told.longest.max(start.elapsed());
        let count = match result {
            Ok(7) => &mut told.values,
            Err(error) if error.is_unavailable() || error.is_timeout() => &mut told.errors,
            _ => &mut told.others,
        };
        *count += 1;
        short_pause().await;
    }
    told
}

/// A computation that is under way when the server freezes holds nobody up for longer than one operation
/// may take.
#[tokio::test]
async fn a_computation_that_cannot_be_stored_ends_in_time() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let hiccups = Hiccups::watch();
    for round in 0..3 {
        is_normal(&cache, Instant::now()).await;
        let region = cache.region("shop").region(&round.to_string());
        let mut loaded = Instant::now();
        let value = region.get_or_insert_with("k", || async {
            server.stop();
            loaded = Instant::now();
            7
        });
        assert_eq!(value.await.unwrap(), 7);
        let time = loaded.elapsed();
        server.cont();
        let most = TIMEOUT * 3 / 2 + hiccups.longest() * 2;
        assert!(time < most, "its caller waited for {time:?} after it was computed");
    }
}

/// So do several keys, of which each is asked for and stored by itself.
#[tokio::test]
async fn many_keys_at_once_end_in_time() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let hiccups = Hiccups::watch();
    is_normal(&cache, Instant::now()).await;
    server.stop();
    let start = Instant::now();
    let region = cache.region("shop");
    let all = region.get_or_compute_many(0_i64..20, |missing| async move {
        Ok::<_, BoxError>(missing.into_iter().map(|key| (key, key)))
    });
    let all = all.await.unwrap();
    let time = start.elapsed();
    server.cont();
    assert_eq!(all, (0..20).map(Some).collect::<Vec<_>>());
    let most = TIMEOUT * 3 / 2 + hiccups.longest() * 2;
    assert!(time < most, "20 keys took {time:?}");
}

/// Requests for leases that arrive when nobody waits for their answer any more.
#[tokio::test]
async fn lease_requests_that_arrive_late_keep_nobody_waiting() {
    let server = Server::start().await;
    let cache = hasty(&server.url()).build().await.unwrap();
    let hiccups = Hiccups::watch();
    is_normal(&cache, Instant::now()).await;
    let region = cache.region("shop");
    let keys: Vec<String> = (0..20).map(|key| key.to_string()).collect();
    let all = async || {
        let all = join_all(keys.iter().map(|key| compute(&region, key, 7))).await;
        assert!(all.into_iter().all(|value| value.is_ok_and(|value| value == 7)));
    };
    // Reads are answered, and scripts wait until the pause is over.
    server.cli(&["CLIENT", "PAUSE", "60000", "WRITE"]).await;
    all().await;
    server.cli(&["CLIENT", "UNPAUSE"]).await;
    let woken = Instant::now();
    is_normal(&cache, woken).await;
    all().await;
    assert_soon(woken.elapsed(), &hiccups);
}

/// Who waits for the computation of another process does not wait for a server that is frozen meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_waits_for_another_process_computes_when_the_server_freezes() {
    let server = Server::start().await;
    let here = hasty(&server.url()).build().await.unwrap();
    let there = hasty(&server.url()).build().await.unwrap();
    let hiccups = Hiccups::watch();
    let began = Arc::new(Notify::new());
    let (region, loads) = (here.region("shop"), Arc::clone(&began));
    let mut holder = JoinSet::new();
    holder.spawn(async move {
        let load = || async {
            loads.notify_one();
            pending::<i64>().await
        };
        region.get_or_insert_with("k", load).await
    });
    began.notified().await;
    let (region, mut waiter) = (there.region("shop"), JoinSet::new());
    waiter.spawn(async move { compute(&region, "k", 2).await });
    let waits = async || (there.stats().lease_waits > 0).then_some(());
    poll_until(PATIENCE, "somebody to wait", waits).await;

    server.stop();
    let start = Instant::now();
    let value = timeout(TIMEOUT * 2 + SECOND * 2 + hiccups.longest(), waiter.join_next()).await;
    let time = start.elapsed();
    server.cont();
    let value = value.unwrap_or_else(|_| panic!("it still waits, after {time:?}"));
    assert_eq!(value.unwrap().unwrap().unwrap(), 2);
}

/// How long the server is frozen.
const OUTAGE: Duration = Duration::from_secs(30);
/// How long an operation may take, if nothing else is said.
const OPERATION: Duration = Duration::from_secs(1);
const SECOND: Duration = Duration::from_secs(1);
