//! One computation for all callers in all processes, whatever becomes of the process that computes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use region_cache::{BoxError, Cache, Region, Result};
use region_cache_testkit::server::{Client, Server, poll_until};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::child::{Process, orders, say, told};

#[tokio::test]
async fn two_processes_with_a_thousand_callers_each_compute_once() {
    let server = Server::start().await;
    let mut processes = [start(&server), start(&server)];
    for (process, value) in processes.iter_mut().zip([1, 2]) {
        process.tell(&format!("call 1000 {value}"));
    }
    // The loader goes on when all are there.
    for process in &processes {
        process.hear_until(PATIENCE, "asking");
    }
    processes.iter_mut().for_each(|process| process.tell("open"));
    let values = processes.each_mut().map(end);
    assert!(values[0] == "1000 of 1" || values[0] == "1000 of 2", "{values:?}");
    assert_eq!(values[0], values[1]);
    assert_eq!(computations(&server).await, 1);
    let stats = processes.each_mut().map(stats);
    println!("{stats:?}");
    for stats in &stats {
        assert_eq!(stats["computations"] + stats["joined"] + stats["hits"], 1000);
    }
    assert_eq!(stats.iter().map(|stats| stats["computations"]).sum::<u64>(), 1);
    assert_eq!(stats.iter().map(|stats| stats["fills"]).sum::<u64>(), 1);
}

#[tokio::test]
async fn a_holder_that_is_killed_costs_one_lease_time_and_one_more_computation() {
    let server = Server::start().await;
    let (mut holder, mut other) = (start(&server), start(&server));
    computes(&mut holder, 1);
    waits(&mut other, 10, 2);
    let start = Instant::now();
    holder.kill9();
    other.tell("open");
    assert_eq!(end(&mut other), "10 of 2");
    let time = start.elapsed();
    println!("taken over after {time:?}");
    assert!(time < LEASE_TIME + Duration::from_secs(10), "taken over after {time:?}");
    assert_eq!(computations(&server).await, 2);
    let stats = stats(&mut other);
    assert_eq!((stats["computations"], stats["takeovers"]), (1, 1));
}

#[tokio::test]
async fn a_holder_that_was_paused_is_overtaken_and_still_has_its_value() {
    let server = Server::start().await;
    let (mut holder, mut other) = (start(&server), start(&server));
    computes(&mut holder, 1);
    waits(&mut other, 10, 2);
    holder.stop();
    server.age_entries(LEASE_TIME + Duration::from_secs(1)).await;
    other.tell("open");
    assert_eq!(end(&mut other), "10 of 2");

    holder.cont();
    holder.tell("open");
    assert_eq!(end(&mut holder), "1 of 1");
    let stats = stats(&mut holder);
    assert_eq!((stats["refused_fills"], stats["fills"]), (1, 0), "{stats:?}");
    for process in [&mut holder, &mut other] {
        process.tell("get");
        assert_eq!(process.hear(PATIENCE), "Some(2)");
    }
    assert_eq!(computations(&server).await, 2);
}

#[tokio::test]
async fn a_computation_that_another_process_has_doomed_keeps_nobody_waiting() {
    let server = Server::start().await;
    let third = Cache::connect(&server.url()).await.unwrap();
    for target in [REGION, "shop", ""] {
        let (mut holder, mut other) = (start(&server), start(&server));
        computes(&mut holder, 1);
        waits(&mut other, 10, 2);
        match target {
            "" => drop(third.clear().await.unwrap()),
            path => drop(third.region(path).invalidate().await.unwrap()),
        }
        // The holder goes on to renew its lease, and has not been told to come to an end.
        other.tell("open");
        assert_eq!(end(&mut other), "10 of 2", "after `{target}`");

        holder.tell("open");
        assert_eq!(end(&mut holder), "1 of 1", "after `{target}`");
        assert_eq!(stats(&mut holder)["refused_fills"], 1, "after `{target}`");
        assert_eq!(third.region(REGION).get::<i64>("k").await.unwrap(), Some(2));
        third.clear().await.unwrap();
    }
    assert_eq!(computations(&server).await, 6);
}

/// Does what the test tells it, line by line.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn child_that_computes() {
    let Some(url) = told(URL) else { return };
    let builder = Cache::builder().url(&url).operation_timeout(PATIENCE);
    let cache = builder.build().await.unwrap();
    let region = cache.region(REGION);
    let open = watch::Sender::new(false);
    let (mut orders, mut calls) = (orders(), JoinSet::new());
    say("ready");
    while let Some(order) = orders.recv().await {
        match order.split(' ').collect::<Vec<_>>()[..] {
            ["call", callers, value] => {
                let (callers, value) = (callers.parse().unwrap(), value.parse().unwrap());
                let asked = Arc::new(AtomicU64::new(0));
                for _ in 0..callers {
                    let call = call(region.clone(), value, url.clone(), open.subscribe());
                    let asked = Arc::clone(&asked);
                    calls.spawn(async move {
                        // Counted when the call has come as far as it gets without waiting.
                        let asks = async {
                            if asked.fetch_add(1, Ordering::SeqCst) + 1 == callers {
                                say("asking");
                            }
                        };
                        let (value, ()) = futures::join!(call, asks);
                        value.unwrap()
                    });
                }
            }
            ["waits"] => {
                let waits = async || (cache.stats().lease_waits > 0).then_some(());
                poll_until(PATIENCE, "somebody to wait", waits).await;
                say("waiting");
            }
            ["open"] => drop(open.send_replace(true)),
            ["end"] => {
                let mut values = BTreeMap::new();
                while let Some(value) = calls.join_next().await {
                    *values.entry(value.unwrap()).or_insert(0) += 1;
                }
                let values = values.iter().map(|(value, times)| format!("{times} of {value}"));
                say(&values.collect::<Vec<_>>().join(", "));
            }
            ["get"] => say(&format!("{:?}", region.get::<i64>("k").await.unwrap())),
            ["stats"] => {
                let stats = cache.stats();
                let stats = BTreeMap::from([
                    ("computations", stats.computations),
                    ("joined", stats.joined),
                    ("hits", stats.hits),
                    ("fills", stats.fills),
                    ("refused_fills", stats.refused_fills),
                    ("takeovers", stats.takeovers),
                ]);
                say(&serde_json::to_string(&stats).unwrap());
            }
            _ => panic!("{order}?"),
        }
    }
}

/// Reads the key, by a loader that is counted and waits until it may go on.
async fn call(
    region: Region,
    value: i64,
    url: String,
    mut open: watch::Receiver<bool>,
) -> Result<i64> {
    let load = async || {
        let address = url.strip_prefix("redis://").unwrap().parse()?;
        Client::connect(address).await?.call(&["INCR", COUNT]).await?;
        say("computing");
        open.wait_for(|open| *open).await?;
        Ok::<_, BoxError>(value)
    };
    region.get_or_compute("k", load).await
}

/// A process that is ready.
fn start(server: &Server) -> Process {
    let process =
        Process::start(module_path!(), "child_that_computes", &[(URL, server.url().as_str())]);
    assert_eq!(process.hear(PATIENCE), "ready");
    process
}

/// Has a process compute, until it may go on.
fn computes(process: &mut Process, value: i64) {
    process.tell(&format!("call 1 {value}"));
    process.hear_until(PATIENCE, "computing");
}

/// Has callers in a process wait for the computation of another.
fn waits(process: &mut Process, callers: u64, value: i64) {
    process.tell(&format!("call {callers} {value}"));
    process.hear_until(PATIENCE, "asking");
    process.tell("waits");
    process.hear_until(PATIENCE, "waiting");
}

/// What the callers in a process were given, when all of them were.
fn end(process: &mut Process) -> String {
    process.tell("end");
    loop {
        let said = process.hear(PATIENCE);
        if said.contains(" of ") {
            return said;
        }
    }
}

fn stats(process: &mut Process) -> BTreeMap<String, u64> {
    process.tell("stats");
    serde_json::from_str(&process.hear(PATIENCE)).unwrap()
}

/// How often the loader was called, in all processes.
async fn computations(server: &Server) -> u64 {
    server.cli(&["GET", COUNT]).await.parse().unwrap()
}

const REGION: &str = "shop.catalog.42";
const COUNT: &str = "computations";
const URL: &str = "REGION_CACHE_TEST_URL";

/// How long a lease lasts that nobody renews.
const LEASE_TIME: Duration = Duration::from_secs(5);

const PATIENCE: Duration = Duration::from_secs(30);
