//! Many threads read and invalidate: nobody ever sees what was invalidated before.

use std::sync::Arc;

use region_cache::Cache;
use region_cache::backend::Backend;
use region_cache_testkit::auditor::{Auditor, Finding, Report, Table, Tree};
use region_cache_testkit::backends::{Careless, Neglect};
use serde::{Deserialize, Serialize};

use crate::conformance::in_memory;

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn no_reader_ever_sees_what_was_invalidated() {
    let report = audit(Cache::in_memory().backend(), 1_000_000).await;
    println!("{report}");
    assert!(report.is_clean(), "{report}");
    assert!(report.reads >= 1_000_000, "{report}");
    // Otherwise this would prove nothing.
    assert!(report.hit_percent() > 50, "{report}");
    assert!(report.overtaken > 0 && report.changes > 10_000, "{report}");
    assert!(report.computed > 10_000, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn no_reader_of_a_file_ever_sees_what_was_invalidated() {
    let folder = in_memory();
    let url = format!("file:{}", folder.path().join("cache.redb").display());
    let report = audit(Cache::connect(&url).await.unwrap().backend(), 300_000).await;
    println!("{report}");
    assert!(report.is_clean(), "{report}");
    assert!(report.reads >= 300_000 && report.hit_percent() > 50, "{report}");
    assert!(report.overtaken > 0 && report.changes > 3_000, "{report}");
    assert!(report.computed > 3_000, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_backend_that_stores_whatever_is_filled_is_caught() {
    is_caught(Neglect::Leases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_backend_that_does_not_invalidate_is_caught() {
    is_caught(Neglect::Invalidations).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_backend_that_does_not_remove_is_caught() {
    is_caught(Neglect::Removals).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn a_value_that_nobody_stored_there_is_caught() {
    /// As the auditor stores it.
    #[derive(Clone, Serialize, Deserialize)]
    struct Value {
        key: usize,
        version: u64,
    }

    let cache = Cache::in_memory();
    let tree = tree();
    for key in 0..tree.keys() {
        let (region, name) = tree.place(key);
        let others = Value { key: key + 1, version: 0 };
        cache.region(tree.path(region)).set(name, &others).await.unwrap();
    }
    let report = audit(cache.backend(), 1_000_000).await;
    println!("{report}");
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::Invented { .. })));
    assert!(!report.is_clean() && report.reads < 1_000_000, "{report}");
}

async fn is_caught(neglect: Neglect) {
    let backend = Careless::new(Cache::in_memory().backend(), neglect);
    let report = audit(backend, 1_000_000).await;
    println!("{report}");
    assert!(report.findings.iter().all(|finding| matches!(finding, Finding::Stale { .. })));
    assert!(report.findings.len() >= 10, "{report}");
}

/// Eight readers and eight writers, on two caches that share the backend, as two processes would.
async fn audit(backend: Arc<dyn Backend>, reads: u64) -> Report {
    let tree = tree();
    let truth = Arc::new(Table::new(tree.keys()));
    let mut caches = Vec::new();
    for _ in 0..2 {
        caches.push(Cache::builder().backend(Arc::clone(&backend)).build().await.unwrap());
    }
    Auditor::new(tree, truth, reads).run(&caches, 8).await
}

/// 42 regions on three levels, with 168 keys.
fn tree() -> Tree {
    Tree::new(2, 4, 4)
}
