//! Race 3: ids of fences that come back.

use std::collections::BTreeSet;
use std::time::Duration;

use region_cache::Cache;
use region_cache_testkit::proxy::{Direction, Fault, Proxy};
use region_cache_testkit::server::{Server, Value};

use crate::redis::{
    ITEM, LEVELS, NAMESPACE_FENCE, Two, connect, fences, invalidate, key, lease, number, two,
};

/// Race 3: a fence is evicted and made again, as a counter would be, from its beginning. Defence:
/// random ids. Bytes of a former life are dead even if they are put back.
#[tokio::test]
async fn old_bytes_stay_dead_after_their_fence_was_evicted_and_made_again() {
    let Two { server, here, there } = two().await;
    for fence in fences(ITEM) {
        let region = here.region(ITEM);
        region.set("k", &1).await.unwrap();
        let Value::Bytes(old) = server.call(&["HGET", &key('h', ITEM), "k"]).await else {
            panic!("it is not stored where it should be");
        };
        server.cli(&["DEL", &fence]).await;
        there.region(ITEM).set("other", &2).await.unwrap();
        put_back(&server, &old).await;

        for region in [here.region(ITEM), there.region(ITEM), connect(&server).await.region(ITEM)] {
            assert_eq!(number(&region, "k").await, None, "after {fence} was made again");
            assert!(!region.contains("k").await.unwrap());
            assert_eq!(region.ttl("k").await.unwrap(), None);
            assert_eq!(region.len().await.unwrap(), 1);
        }
        assert!(!there.region(ITEM).remove("k").await.unwrap(), "nothing was there to be removed");
        put_back(&server, &old).await;
        assert_eq!(there.region(ITEM).increment("k", 5).await.unwrap(), 5, "from nothing");
        put_back(&server, &old).await;
        assert!(lease(&here.region(ITEM), "k").await.fill(&3).await.unwrap());
        invalidate(&there, "shop").await;
    }
}

/// Race 3: an id that is proposed twice raises the dead. Defence: whatever becomes of a request, its
/// ids are never used again.
#[tokio::test]
async fn no_fence_is_ever_made_twice_with_one_id() {
    let Two { server, here, there } = two().await;
    let mut monitor = server.monitor().await;
    for round in 0..8 {
        for level in LEVELS {
            // Each of these finds other fences than it believes in.
            here.region(ITEM).set("k", &round).await.unwrap();
            invalidate(&there, level).await;
            here.region(ITEM).set("k", &round).await.unwrap();
            invalidate(&there, level).await;
            assert!(lease(&here.region(ITEM), "k").await.fill(&round).await.unwrap());
            invalidate(&there, level).await;
            here.region(ITEM).transaction(async |t| t.set("k", &round)).await.unwrap();
            invalidate(&there, level).await;
        }
    }
    let lines = monitor.lines().await;
    let made: Vec<&str> = lines.iter().filter_map(|line| made(line)).collect();
    let ids: BTreeSet<&str> = made.iter().copied().collect();
    assert_eq!(ids.len(), made.len(), "an id was used twice");
    assert!(made.len() >= 8 * 4 * 4, "only {} fences were made", made.len());
}

/// Race 3: bytes that a layer below sends again propose their ids again. Defence: nothing is sent
/// twice. A change whose answer is lost is the caller's to judge.
#[tokio::test]
async fn a_change_whose_answer_is_lost_is_sent_once() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let builder = Cache::builder().operation_timeout(Duration::from_millis(200));
    let cache = builder.url(proxy.url()).build().await.unwrap();
    let counter = cache.region(ITEM);
    assert_eq!(counter.increment("k", 1).await.unwrap(), 1);

    proxy.inflict(Fault::BlackHole(Direction::Down));
    assert!(counter.increment("k", 1).await.unwrap_err().is_unconfirmed());
    proxy.heal();
    let other = connect(&server).await;
    assert_eq!(number(&other.region(ITEM), "k").await, Some(2), "it arrived, and only once");
}

/// The id of the fence that a line of a monitor shows to be made.
fn made(line: &str) -> Option<&str> {
    let (_, set) = line.split_once("\"SET\" \"")?;
    let (name, value) = set.split_once("\" \"")?;
    let is_fence = name == NAMESPACE_FENCE || name.contains("}:f:");
    is_fence.then(|| &value[..32])
}

async fn put_back(server: &Server, bytes: &[u8]) {
    let reply = server.call(&[&b"HSET"[..], key('h', ITEM).as_bytes(), b"k", bytes]).await;
    assert!(!reply.is_error(), "{reply:?}");
}
