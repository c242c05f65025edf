//! A server that is full answers, and is not taken for one that is away.

use region_cache::BreakerState;

use super::{Computation, lease_of};
use crate::redis::{ITEM, Two, number, two};

#[tokio::test]
async fn what_a_full_server_cannot_store_is_given_to_its_caller() {
    let Two { server, here, there } = two().await;
    // One computation has its lease by then, others cannot have one.
    let held = Computation::begin(&here.region(ITEM), 1).await;
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    for n in 0..20 {
        let region = there.region("shop").region(&n.to_string());
        assert_eq!(Computation::begin(&region, n).await.end().await, n);
    }
    assert_eq!(held.end().await, 1);
    assert_eq!(there.stats().breaker, BreakerState::Closed);

    server.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(number(&here.region(ITEM), "k").await, None, "it was not stored");
    assert_eq!(lease_of(&server, ITEM).await, None, "its lease was given back");
    let next = Computation::begin(&there.region(ITEM), 2).await;
    assert_eq!(next.end().await, 2);
    assert_eq!(number(&here.region(ITEM), "k").await, Some(2));
}
