//! What is left in the end.

use std::time::Duration;

use region_cache::Cache;
use region_cache_testkit::server::{Server, poll_until};

use super::{in_each, lives, living};
use crate::redis::{NAMESPACE_FENCE, Two, address, connect, lease, miss, two};

#[tokio::test]
async fn many_regions_that_lived_shortly_leave_no_key() {
    let server = Server::start().await;
    let cache = connect(&server).await;
    in_each(&cache, many(), async |region| {
        living(&region, Some(MINUTE)).set("k", &1).await.unwrap();
    })
    .await;
    assert!(server.keys().await.len() > MANY * 2);
    // Fences live half as long again as the entries, and two minutes.
    server.age(211 * SECOND).await;
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn leases_that_nobody_gives_back_leave_no_key() {
    let Two { server, here, there } = two().await;
    let mut held = Vec::new();
    for path in many().take(100) {
        held.push(lease::<i64>(&here.region(&path), "k").await);
        held.push(miss(&there.region(&path), "k").await);
    }
    assert!(server.keys().await.iter().any(|key| key.contains("}:l:")));
    server.age(161 * SECOND).await;
    assert_eq!(server.keys().await, [""; 0]);
    drop(held);
}

#[tokio::test]
async fn leases_that_are_given_back_or_used_leave_no_record() {
    let Two { server, here, there: _ } = two().await;
    for path in many().take(100) {
        assert!(lease(&here.region(&path), "used").await.fill(&1).await.unwrap());
    }
    assert!(!server.keys().await.iter().any(|key| key.contains("}:l:")));
}

#[tokio::test]
async fn a_large_tree_that_was_invalidated_leaves_no_key() {
    let Two { server, here, there } = two().await;
    in_each(&here, many(), async |region| region.set("k", &1).await.unwrap()).await;
    let invalidated = there.region("many").invalidate().await.unwrap();
    // Itself, its hundred children, and theirs.
    assert_eq!(invalidated.freed().await.unwrap(), 1 + 100 + MANY as u64);
    assert_eq!(server.keys().await, [NAMESPACE_FENCE], "it is nothing of the tree's");
    there.clear().await.unwrap().freed().await.unwrap();
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_large_tree_that_was_cleared_leaves_no_key() {
    let Two { server, here, there } = two().await;
    let both =
        many().map(|path| format!("other.{path}")).take(MANY / 4).chain(many().take(MANY / 4));
    in_each(&here, both, async |region| region.set("k", &1).await.unwrap()).await;
    there.clear().await.unwrap().freed().await.unwrap();
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_walk_that_nobody_ends_is_written_down_and_ends_by_itself() {
    let Two { server, here, there } = two().await;
    in_each(&here, many().take(2_000), async |region| {
        living(&region, Some(MINUTE)).set("k", &1).await.unwrap();
    })
    .await;
    let walk = begin(&here).await;
    here.shutdown().await;

    let unfinished = "region-cache:{many}:p";
    let id = format!("{:?}", walk.id);
    assert_eq!(server.cli(&["HKEYS", unfinished]).await, id);
    let begun = server.cli(&["HGET", unfinished, &id]).await;
    let (path, at) = begun.split_once('|').unwrap();
    assert_eq!(path, "many");
    assert!(at.parse::<u64>().is_ok(), "{at} is no moment");
    assert!(server.keys().await.len() > 2_000, "the rest is there still");
    assert_eq!(there.region("many.1.1").len().await.unwrap(), 0, "and nobody reads it");
    assert!(lives(&server).await.values().all(|life| *life > 0));
    server.age(DAY + SECOND).await;
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_walk_that_nobody_goes_on_with_is_taken_up_by_another_process() {
    let Two { server, here, there } = two().await;
    in_each(&here, many().take(2_000), async |region| {
        living(&region, Some(MINUTE)).set("k", &1).await.unwrap();
    })
    .await;
    begin(&here).await;
    here.shutdown().await;

    // As long as somebody may still be at work nobody else takes it up; afterwards whoever invalidates
    // anything below the same root does.
    server.age(6 * SECOND).await;
    there.region("many.elsewhere").invalidate().await.unwrap();
    let only_the_namespace = async || (server.keys().await == [NAMESPACE_FENCE]).then_some(());
    poll_until(MINUTE, "the leftovers to be freed", only_the_namespace).await;
}

async fn begin(cache: &Cache) -> region_cache::backend::Walk {
    let walk = cache.backend().invalidate(&address("many")).await.unwrap();
    assert!(!walk.progress.is_done);
    walk
}

/// Many regions below a hundred others.
fn many() -> impl Iterator<Item = String> {
    (0..MANY).map(|n| format!("many.{}.{n}", n % 100))
}

const MANY: usize = 100_000;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
