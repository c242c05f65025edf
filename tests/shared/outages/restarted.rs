//! A server that is killed under load, and comes back with what it had saved.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use region_cache::Cache;
use region_cache_testkit::auditor::{Auditor, Plan, Report, Table, Tree};
use region_cache_testkit::server::{Fsync, Server, ServerBuilder, poll_until};
use tokio::task::JoinSet;

use super::{PATIENCE, TIMEOUT, assert_soon, compute, hasty, is_normal, short_pause};
use crate::shared::hiccups::Hiccups;
use crate::shared::patience::assert_in_time;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_server_that_comes_back_with_an_old_snapshot_is_survived() {
    is_survived(Server::builder().save_rdb()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_server_that_comes_back_with_all_it_had_is_survived() {
    is_survived(Server::builder().appendonly(Fsync::Always)).await;
}

/// All pauses between attempts have become as long as they ever do by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_long_a_server_was_away_all_is_normal_soon() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let mut caches = Vec::new();
    for _ in 0..8 {
        caches.push(hasty(&server.url()).build().await.unwrap());
    }
    for _ in 0..2 {
        server.kill9();
        let start = Instant::now();
        for cache in &caches {
            assert!(cache.region("gone").invalidate().await.is_err());
        }
        while start.elapsed() < AWAY {
            for cache in &caches {
                assert_eq!(compute(&cache.region("shop"), "k", 7).await.unwrap(), 7);
                assert_eq!(cache.stats().replay_queue, 1);
            }
            short_pause().await;
        }
        server.restart().await;
        let answers = Instant::now();
        let normal = join_all(caches.iter().map(|it| is_normal(it, answers))).await;
        assert_soon(normal.into_iter().max().unwrap(), &hiccups);
    }
}

/// Readers and writers go on while the server is killed and comes back, again and again: nobody hangs,
/// nobody is shown anything that was invalidated, and soon all is well.
async fn is_survived(builder: ServerBuilder) {
    let server = builder.start().await;
    let mut caches = Vec::new();
    for _ in 0..2 {
        caches.push(hasty(&server.url()).build().await.unwrap());
    }
    let hiccups = Hiccups::watch();
    let tree = Tree::new(2, 3, 4);
    let truth = Arc::new(Table::new(tree.keys()));
    let plan = Plan { reads: u64::MAX, reads_per_change: 25, regions: 4, seed: 0 };
    let auditor = Auditor::planned(tree, truth, plan);
    let mut tasks = JoinSet::new();
    for (seed, cache) in (0..).zip(caches.iter().cycle().take(4)) {
        let (reader, reading) = (Arc::clone(&auditor), cache.clone());
        tasks.spawn(async move { reader.read(&reading, seed).await });
        let (writer, writing) = (Arc::clone(&auditor), cache.clone());
        tasks.spawn(async move { writer.write(&writing, !seed).await });
    }

    for _ in 0..3 {
        more(&auditor, "changes", 20, |report| report.changes).await;
        server.cli(&["SAVE"]).await;
        more(&auditor, "changes", 20, |report| report.changes).await;
        server.kill9();
        // What is computed meanwhile is handed out as well.
        more(&auditor, "errors", 10, |report| report.errors).await;
        more(&auditor, "computed values", 100, |report| report.computed).await;
        server.restart().await;
        let answers = Instant::now();
        let normal = join_all(caches.iter().map(|it| is_normal(it, answers))).await;
        assert_soon(normal.into_iter().max().unwrap(), &hiccups);
    }
    auditor.end();
    tasks.join_all().await;

    let report = auditor.report();
    println!("{report}\n{:?}", report.slowest);
    assert!(report.findings.is_empty(), "{report}");
    assert!(report.hit_percent() > 20 && report.computed > 500, "it proves too little: {report}");
    assert_in_time(&report, TIMEOUT, &hiccups);
    calm(&caches).await;
}

/// Afterwards all is as ever.
async fn calm(caches: &[Cache]) {
    caches[0].clear().await.unwrap();
    let tree = Tree::new(2, 3, 4);
    let truth = Arc::new(Table::new(tree.keys()));
    let plan = Plan { reads: 5_000, reads_per_change: 40, regions: 4, seed: 1 };
    let report = Auditor::planned(tree, truth, plan).run(caches, 4).await;
    assert!(report.is_clean() && report.hit_percent() > 50, "{report}");
}

/// Waits until an audit has seen so many more of something.
async fn more(auditor: &Auditor, what: &str, count: u64, number: fn(&Report) -> u64) {
    let before = number(&auditor.report());
    let enough = async || {
        let report = auditor.report();
        let is_enough = number(&report) >= before + count || !report.findings.is_empty();
        is_enough.then_some(())
    };
    poll_until(PATIENCE, &format!("more {what}"), enough).await;
}

const AWAY: Duration = Duration::from_secs(3);
