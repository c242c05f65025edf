//! Race 10: joining a computation that began before an invalidation, or before a removal. Defence: only
//! who is told by the server, after its own call began, that just this lease is held, may join.

use region_cache::Region;
use region_cache_testkit::server::Server;

use super::{Computation, REMOVALS, change, until};
use crate::redis::{Two, key, number, two};

#[tokio::test]
async fn who_asks_after_a_change_does_not_join_who_asked_before_it() {
    let Two { server: _server, here, there } = two().await;
    let askers = [("the same", &here), ("another", &there)];
    for (number_of, (name, (who, asker))) in
        (0..).zip(REMOVALS.into_iter().flat_map(|name| askers.map(|asker| (name, asker))))
    {
        // Each in a region of its own, which others are beside.
        let path = format!("shop.catalog.{number_of}");
        let what = format!("{who} process after `{name}`");
        let [old, new] = [&here, asker].map(|cache| cache.region(&path));
        old.set("other", &0).await.unwrap();
        let first = Computation::begin(&old, 1).await;
        assert_eq!(change(&there, &there.region(&path), name).await, None);

        let second = Computation::begin(&new, 2).await;
        assert_eq!(first.end().await, 1, "{what}");
        assert_eq!(number(&old, "k").await, None, "{what}");
        assert_eq!(second.end().await, 2, "{what}");
        for cache in [&here, &there] {
            assert_eq!(number(&cache.region(&path), "k").await, Some(2), "{what}");
        }
    }
}

/// The change falls between calls in one process, of which the first still computes: those who came
/// before it join the first, those who came after it join the second.
#[tokio::test]
async fn each_joins_the_computation_of_its_time() {
    let Two { server, here, there } = two().await;
    for name in REMOVALS {
        let region = here.region("shop.catalog").region(&name.replace(' ', "_"));
        region.set("other", &0).await.unwrap();
        let first = Computation::begin(&region, 1).await;
        let early = joined(&server, &region).await;
        change(&there, &there.region(region.path()), name).await;

        let second = Computation::begin(&region, 2).await;
        let late = joined(&server, &region).await;
        assert_eq!(second.end().await, 2);
        for late in late {
            assert_eq!(late.given().await, 2, "after `{name}`");
        }
        assert_eq!(first.end().await, 1);
        for early in early {
            assert_eq!(early.given().await, 1, "before `{name}`");
        }
        assert_eq!(number(&region, "k").await, Some(2), "after `{name}`");
    }
    let changes = REMOVALS.len() as u64;
    let stats = here.stats();
    assert_eq!((stats.computations, stats.joined), (2 * changes, 6 * changes));
}

#[tokio::test]
async fn whoever_waits_for_another_process_takes_what_it_has_stored() {
    let Two { server: _server, here, there } = two().await;
    let first = Computation::begin(&here.region("shop"), 1).await;
    let others: Vec<_> = (0..50).map(|_| Computation::ask(&there.region("shop"), 2)).collect();
    until(&there, "somebody to wait", |stats| stats.lease_waits > 0).await;
    assert_eq!(first.end().await, 1);
    for mut other in others {
        assert!(!other.has_begun());
        assert_eq!(other.given().await, 1);
    }
    assert_eq!((here.stats().computations, there.stats().computations), (1, 0));
}

/// One of those who wait looks for all of them.
#[tokio::test]
async fn who_gives_up_waiting_leaves_the_looking_to_the_next() {
    let Two { server: _server, here, there } = two().await;
    let region = there.region("shop");
    let first = Computation::begin(&here.region("shop"), 1).await;
    let looking = Computation::ask(&region, 2);
    until(&there, "somebody to wait", |stats| stats.lease_waits == 1).await;
    let other = Computation::ask(&region, 3);
    drop(looking);
    until(&there, "the next to wait", |stats| stats.lease_waits == 2).await;
    assert_eq!(first.end().await, 1);
    assert_eq!(other.given().await, 1);
    assert_eq!(there.stats().computations, 0);
}

/// Some who ask for a key that is being computed, and have been told by the server that it is.
async fn joined(server: &Server, region: &Region) -> Vec<Computation> {
    let mut joined = Vec::new();
    for value in [10, 20, 30] {
        let mut monitor = server.monitor().await;
        joined.push(Computation::ask(region, value));
        // A lease is asked for by the fence's name, and renewed by another.
        let fence = key('f', region.path());
        loop {
            let lines = monitor.lines().await;
            if lines.iter().any(|line| line.contains("EVALSHA") && line.contains(&fence)) {
                break;
            }
        }
    }
    joined
}
