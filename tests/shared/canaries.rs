//! An audit that never fails proves nothing: here are caches on Redis that it must catch.

use std::sync::Arc;

use region_cache::Cache;
use region_cache_testkit::auditor::{Auditor, Finding, Plan, Table, Tree};
use region_cache_testkit::backends::{Careless, Neglect};
use region_cache_testkit::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_cache_that_fills_by_plain_writes_is_caught() {
    is_caught(Neglect::Leases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_cache_that_does_not_invalidate_is_caught() {
    is_caught(Neglect::Invalidations).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_cache_that_does_not_remove_is_caught() {
    is_caught(Neglect::Removals).await;
}

/// Two caches on one server, one of which is careless.
async fn is_caught(neglect: Neglect) {
    let server = Server::start().await;
    let right = Cache::connect(&server.url()).await.unwrap();
    let other = Cache::connect(&server.url()).await.unwrap();
    let careless = Careless::new(other.backend(), neglect);
    let careless = Cache::builder().backend(careless).build().await.unwrap();
    let tree = Tree::new(2, 4, 4);
    let truth = Arc::new(Table::new(tree.keys()));
    let plan = Plan { reads: 200_000, reads_per_change: 20, regions: 4, seed: 0 };
    let report = Auditor::planned(tree, truth, plan).run(&[right, careless], 8).await;
    println!("{report}");
    assert!(report.findings.len() >= 10, "{report}");
    assert!(report.findings.iter().all(|finding| matches!(finding, Finding::Stale { .. })));
}
