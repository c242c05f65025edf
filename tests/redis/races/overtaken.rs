//! Races 1, 2 and 15: what overtakes a computation.

use std::time::Duration;

use region_cache::Region;
use region_cache_testkit::server::Value;

use crate::redis::{ITEM, LEVELS, Two, exists, fences, invalidate, key, lease, miss, number, two};

/// Race 1: compute, invalidate, store. Defence: the token, which a fill compares with the fences; not
/// only that a walk takes the lease away, for it may be late.
#[tokio::test]
async fn what_was_computed_before_an_invalidation_is_not_stored() {
    let Two { server, here, there } = two().await;
    for (level, has_walked) in LEVELS.into_iter().flat_map(|level| [(level, true), (level, false)])
    {
        let computed = lease(&here.region(ITEM), "k").await;
        let record = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
        invalidate(&there, level).await;
        if !has_walked {
            server.cli(&["HSET", &key('l', ITEM), "k", &record]).await;
        }
        assert!(!computed.fill(&1).await.unwrap(), "filled after `{level}` was invalidated");
        assert!(!exists(&server, &key('h', ITEM)).await, "stored after `{level}` was invalidated");
        assert_eq!(number(&here.region(ITEM), "k").await, None);
        assert_eq!(number(&there.region(ITEM), "k").await, None);
    }
}

/// Race 1, when the region lives again by the time of the store. Defence: the token.
#[tokio::test]
async fn what_was_computed_before_an_invalidation_is_not_stored_in_the_next_life() {
    let Two { server, here, there } = two().await;
    for (level, has_walked) in LEVELS.into_iter().flat_map(|level| [(level, true), (level, false)])
    {
        let computed = lease(&here.region(ITEM), "k").await;
        let record = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
        invalidate(&there, level).await;
        there.region(ITEM).set("other", &2).await.unwrap();
        if !has_walked {
            server.cli(&["HSET", &key('l', ITEM), "k", &record]).await;
        }
        assert!(!computed.fill(&1).await.unwrap(), "filled after `{level}` was invalidated");
        assert!(server.call(&["HGET", &key('h', ITEM), "k"]).await == Value::Nil);
        assert_eq!(number(&there.region(ITEM), "k").await, None);
        assert_eq!(number(&here.region(ITEM), "other").await, Some(2));
    }
}

/// Race 1, by the key alone: compute, `set` or `remove`, store. Defence: the lease, which every change
/// of the key drops.
#[tokio::test]
async fn what_was_computed_before_a_change_of_its_key_is_not_stored() {
    let Two { server: _server, here, there } = two().await;
    for change in CHANGES {
        let [region, changed] = [&here, &there].map(|cache| cache.region(ITEM).region(change));
        // The region stands whatever happens to the key.
        region.set("other", &0).await.unwrap();
        let computed = lease(&region, "k").await;
        let left = apply(&changed, change).await;
        assert!(!computed.fill(&1).await.unwrap(), "filled after `{change}`");
        assert_eq!(number(&region, "k").await, left, "after `{change}`");
        assert_eq!(number(&changed, "k").await, left, "after `{change}`");
    }
}

/// Race 2: a fence goes while a value is computed. Defence: what is absent validates nothing.
#[tokio::test]
async fn a_fence_that_is_lost_during_a_computation_refuses_the_store() {
    let Two { server, here, there } = two().await;
    for fence in fences(ITEM) {
        let computed = lease(&here.region(ITEM), "k").await;
        server.cli(&["DEL", &fence]).await;
        assert!(!computed.fill(&1).await.unwrap(), "filled without {fence}");
        assert_eq!(number(&there.region(ITEM), "k").await, None);
        assert!(!exists(&server, &key('h', ITEM)).await);
    }
}

/// Race 2 as it was found: the fence is absent before and after, and one came and went between, so
/// that "absent as it was" hides an invalidation. Defence: a lease makes the fence, and what is absent
/// at the store validates nothing.
#[tokio::test]
async fn a_fence_that_came_and_went_during_a_computation_refuses_the_store() {
    let Two { server, here, there } = two().await;
    assert!(!exists(&server, &key('f', ITEM)).await, "absent before");
    let computed = lease(&here.region(ITEM), "k").await;
    server.cli(&["DEL", &key('f', ITEM)]).await;
    there.region(ITEM).set("k", &2).await.unwrap();
    invalidate(&there, ITEM).await;
    assert!(!exists(&server, &key('f', ITEM)).await, "absent after");
    assert!(!computed.fill(&1).await.unwrap());
    assert_eq!(number(&here.region(ITEM), "k").await, None);
}

/// Race 15: the lease of a doomed computation. Defence: one with another stamp is taken over at once.
#[tokio::test]
async fn the_lease_of_a_doomed_computation_is_taken_over_at_once() {
    let Two { server: _server, here, there } = two().await;
    for level in LEVELS {
        let doomed = lease(&here.region(ITEM), "k").await;
        assert!(!miss::<i64>(&there.region(ITEM), "k").await.holds_lease(), "it is the other's");
        invalidate(&there, level).await;
        let next = lease(&there.region(ITEM), "k").await;
        assert!(!doomed.fill(&1).await.unwrap());
        assert!(next.fill(&2).await.unwrap(), "after `{level}` was invalidated");
        assert_eq!(number(&here.region(ITEM), "k").await, Some(2));
        invalidate(&there, ITEM).await;
    }
}

/// Race 15, when no walk has freed the old lease: only its stamp tells that it is doomed. Defence: the
/// same.
#[tokio::test]
async fn a_lease_of_a_former_life_blocks_nobody() {
    let Two { server, here, there } = two().await;
    let _doomed = lease::<i64>(&here.region(ITEM), "k").await;
    let former = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
    invalidate(&there, ITEM).await;
    there.region(ITEM).set("other", &2).await.unwrap();
    server.cli(&["HSET", &key('l', ITEM), "k", &former]).await;
    assert!(lease(&there.region(ITEM), "k").await.fill(&2).await.unwrap());
}

/// Race 15, when the holder hangs. Defence: the deadline, after which anybody may take over; until
/// somebody does, a slow holder may still fill.
#[tokio::test]
async fn a_lease_past_its_deadline_is_taken_over_or_still_good() {
    let Two { server, here, there } = two().await;
    let late = Duration::from_secs(11);

    let slow = lease(&here.region(ITEM), "overtaken").await;
    server.age(late).await;
    let next = lease(&there.region(ITEM), "overtaken").await;
    assert!(!slow.fill(&1).await.unwrap(), "another took over");
    assert!(next.fill(&2).await.unwrap());

    let slow = lease(&here.region(ITEM), "left alone").await;
    server.age(late).await;
    assert!(slow.fill(&1).await.unwrap(), "nobody took over");
    assert_eq!(number(&there.region(ITEM), "left alone").await, Some(1));
}

/// Everything that changes a key.
const CHANGES: [&str; 10] = [
    "set",
    "add",
    "increment",
    "set_many",
    "remove",
    "remove_many",
    "expire",
    "commit-set",
    "commit-remove",
    "commit-expire",
];

/// Changes the key `k`; what it holds then.
async fn apply(region: &Region, change: &str) -> Option<i64> {
    match change {
        "set" => region.set("k", &2).await.unwrap(),
        "add" => assert!(region.add("k", &2).await.unwrap()),
        "increment" => assert_eq!(region.increment("k", 2).await.unwrap(), 2),
        "set_many" => region.set_many([("k", &2), ("also", &2)]).await.unwrap(),
        "remove" => assert!(!region.remove("k").await.unwrap()),
        "remove_many" => assert_eq!(region.remove_many(["k", "also"]).await.unwrap(), 0),
        "expire" => assert!(!region.expire("k").await.unwrap()),
        "commit-set" => region.transaction(async |t| t.set("k", &2)).await.unwrap(),
        "commit-remove" => region
            .transaction(async |t| {
                t.remove("k");
                Ok(())
            })
            .await
            .unwrap(),
        "commit-expire" => region
            .transaction(async |t| {
                t.expire("k");
                Ok(())
            })
            .await
            .unwrap(),
        _ => unreachable!("{change}"),
    }
    (!change.contains("remove") && !change.contains("expire")).then_some(2)
}
