//! Race 1 for computations: what is invalidated, written or removed while it is computed is handed to its
//! caller, and not stored.

use region_cache::{BoxError, EntryOptions, Error, Region};
use region_cache_testkit::server::Value;

use super::{Computation, REMOVALS, WRITES, change};
use crate::redis::{ITEM, LEVELS, Two, invalidate, key, number, two};

/// At each level of the tree. Defence: the token; not only that a walk takes the lease away, for it may
/// be late.
#[tokio::test]
async fn what_is_invalidated_while_it_is_computed_is_given_and_not_stored() {
    let Two { server, here, there } = two().await;
    let levels = LEVELS.into_iter().flat_map(|level| [(level, true), (level, false)]);
    for (refused, (level, has_walked)) in (1..).zip(levels) {
        let computation = Computation::begin(&here.region(ITEM), 1).await;
        let record = server.cli(&["HGET", &key('l', ITEM), "k"]).await;
        invalidate(&there, level).await;
        // It lives again.
        there.region(ITEM).set("other", &2).await.unwrap();
        if !has_walked {
            server.cli(&["HSET", &key('l', ITEM), "k", &record]).await;
        }
        assert_eq!(computation.end().await, 1);
        assert_eq!(here.stats().refused_fills, refused, "after `{level}` was invalidated");
        assert_eq!(server.call(&["HGET", &key('h', ITEM), "k"]).await, Value::Nil);
        for cache in [&here, &there] {
            assert_eq!(number(&cache.region(ITEM), "k").await, None, "after `{level}`");
            assert_eq!(number(&cache.region(ITEM), "other").await, Some(2));
        }
        server.cli(&["HDEL", &key('l', ITEM), "k"]).await;
    }
}

/// By the key alone. Defence: the lease, which every change of the key drops.
#[tokio::test]
async fn what_is_changed_while_it_is_computed_is_given_and_not_stored() {
    let Two { server: _server, here, there } = two().await;
    for (refused, name) in (1..).zip(WRITES.into_iter().chain(REMOVALS)) {
        let path = format!("shop.catalog.{refused}");
        let [region, changed] = [&here, &there].map(|cache| cache.region(&path));
        // The region stands, whatever happens to the key.
        region.set("other", &0).await.unwrap();
        let computation = Computation::begin(&region, 1).await;
        let left = change(&there, &changed, name).await;
        assert_eq!(computation.end().await, 1, "after `{name}`");
        assert_eq!(here.stats().refused_fills, refused, "after `{name}`");
        assert_eq!(number(&region, "k").await, left, "after `{name}`");
        assert_eq!(number(&changed, "k").await, left, "after `{name}`");
    }
}

/// The same in the other ways to compute, and within one process.
#[tokio::test]
async fn each_way_to_compute_gives_what_was_overtaken_and_does_not_store_it() {
    let Two { server: _server, here, there } = two().await;
    for way in ["get_or_insert_with", "get_or_compute_many", "get_or_compute_with"] {
        for by in [&here, &there] {
            for name in WRITES.into_iter().chain(REMOVALS) {
                let region = here.region(ITEM);
                region.set("other", &0).await.unwrap();
                region.remove("k").await.unwrap();
                let refused = here.stats().refused_fills;
                let (given, left) =
                    overtaken(&region, way, async || change(by, &by.region(ITEM), name).await)
                        .await;
                assert_eq!(given, 1, "`{way}` after `{name}`");
                assert_eq!(number(&region, "k").await, left, "`{way}` after `{name}`");
                assert_eq!(here.stats().refused_fills, refused + 1, "`{way}` after `{name}`");
            }
        }
    }
}

/// Computes the key, and changes something meanwhile; what the caller is given, and what is there then.
async fn overtaken(
    region: &Region,
    way: &str,
    change: impl AsyncFn() -> Option<i64>,
) -> (i64, Option<i64>) {
    let (begins, begun) = tokio::sync::oneshot::channel();
    let (opens, open) = tokio::sync::oneshot::channel::<()>();
    let load = async move {
        let _ = begins.send(());
        let _ = open.await;
        1
    };
    let given = async {
        match way {
            "get_or_insert_with" => region.get_or_insert_with("k", || load).await.unwrap(),
            "get_or_compute_many" => {
                let load = |missing: Vec<&'static str>| async move {
                    let value = load.await;
                    Ok::<_, Error>(missing.into_iter().map(move |key| (key, value)))
                };
                let values = region.get_or_compute_many(["k", "other"], load).await.unwrap();
                assert_eq!(values[1], Some(0));
                values[0].unwrap()
            }
            "get_or_compute_with" => {
                let load = |_| async { Ok::<_, BoxError>(load.await) };
                region.get_or_compute_with("k", EntryOptions::new(), load).await.unwrap()
            }
            other => panic!("{other}?"),
        }
    };
    let meanwhile = async {
        begun.await.unwrap();
        let left = change().await;
        opens.send(()).unwrap();
        left
    };
    futures::join!(given, meanwhile)
}
