//! Race 15 for computations: one that was doomed by an invalidation makes nobody wait. Defence: a lease
//! with another stamp is taken over at once. The doomed one is never let go on before the other has its
//! value, and goes on to renew its lease: whoever waited for it would wait for ever.

use super::{Computation, until};
use crate::redis::{ITEM, LEVELS, Two, invalidate, key, number, two};

#[tokio::test]
async fn who_asks_after_an_invalidation_does_not_wait_for_what_it_doomed() {
    let Two { server: _server, here, there } = two().await;
    for level in LEVELS {
        let doomed = Computation::begin(&here.region(ITEM), 1).await;
        invalidate(&there, level).await;
        let next = Computation::begin(&there.region(ITEM), 2).await;
        assert_eq!(next.end().await, 2, "after `{level}`");
        assert_eq!(doomed.end().await, 1, "after `{level}`");
        assert_eq!(number(&here.region(ITEM), "k").await, Some(2), "after `{level}`");
        invalidate(&there, ITEM).await;
    }
    assert_eq!((here.stats().refused_fills, there.stats().lease_waits), (4, 0));
}

#[tokio::test]
async fn who_waits_already_goes_on_when_it_is_doomed() {
    let Two { server: _server, here, there } = two().await;
    for (waits, level) in (1..).zip(LEVELS) {
        let doomed = Computation::begin(&here.region(ITEM), 1).await;
        let mut next = Computation::ask(&there.region(ITEM), 2);
        until(&there, "somebody to wait", |stats| stats.lease_waits == waits).await;
        invalidate(&here, level).await;
        next.begun().await;
        assert_eq!(next.end().await, 2, "after `{level}`");
        assert_eq!(doomed.end().await, 1, "after `{level}`");
        assert_eq!(number(&here.region(ITEM), "k").await, Some(2), "after `{level}`");
        invalidate(&there, ITEM).await;
    }
}

/// When no walk has freed the old lease: only its stamp tells that it is doomed.
#[tokio::test]
async fn a_lease_that_no_walk_has_freed_makes_nobody_wait() {
    let Two { server, here, there } = two().await;
    for level in LEVELS {
        let doomed = Computation::begin(&here.region(ITEM), 1).await;
        let record = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
        invalidate(&there, level).await;
        there.region(ITEM).set("other", &0).await.unwrap();
        server.cli(&["HSET", &key('l', ITEM), "k", &record]).await;
        let next = Computation::begin(&there.region(ITEM), 2).await;
        assert_eq!(next.end().await, 2, "after `{level}`");
        assert_eq!(doomed.end().await, 1, "after `{level}`");
        assert_eq!(number(&here.region(ITEM), "k").await, Some(2), "after `{level}`");
        invalidate(&there, ITEM).await;
    }
    assert_eq!(there.stats().lease_waits, 0);
}
