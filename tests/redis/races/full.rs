//! Race 5: a server that is full and may not evict.

use region_cache::{Cache, Error, Lookup};
use region_cache_testkit::server::Server;

use crate::redis::{ITEM, LEVELS, Two, changes, connect, invalidate, number, snapshot, two};

/// Race 5: an invalidation that has to write fails on a full server. Defence: the fence is removed,
/// before anything else.
#[tokio::test]
async fn a_full_server_invalidates_at_every_level() {
    for level in LEVELS {
        let Two { server, here, there } = two().await;
        here.region(ITEM).set("k", &1).await.unwrap();
        fill_up(&server).await;
        invalidate(&there, level).await;
        assert_eq!(number(&here.region(ITEM), "k").await, None, "`{level}`");
        assert_eq!(number(&there.region(ITEM), "k").await, None, "`{level}`");
        make_room(&server).await;
        assert_eq!(number(&here.region(ITEM), "k").await, None, "`{level}`");
        here.region(ITEM).set("k", &2).await.unwrap();
        assert_eq!(number(&there.region(ITEM), "k").await, Some(2));
    }
}

/// Race 5, for keys. Defence: where nothing is stored, what is taken away is taken away first.
#[tokio::test]
async fn a_full_server_removes_keys() {
    let Two { server, here, there } = two().await;
    here.region(ITEM).set_many([("a", &1), ("b", &1), ("c", &1)]).await.unwrap();
    fill_up(&server).await;
    assert!(there.region(ITEM).remove("a").await.unwrap());
    assert!(!there.region(ITEM).remove("a").await.unwrap());
    assert_eq!(there.region(ITEM).remove_many(["b", "x"]).await.unwrap(), 1);
    for cache in [&here, &there] {
        let found = cache.region(ITEM).get_many::<i64>(["a", "b", "c"]).await.unwrap();
        assert_eq!(found, [None, None, Some(1)]);
    }
}

/// Race 5, from the other side: what a full server cannot store is refused whole. Defence: where
/// something is stored, that comes first of all.
#[tokio::test]
async fn a_full_server_refuses_what_it_cannot_store_and_changes_nothing() {
    let Two { server, here, there } = two().await;
    let (known, new) = (here.region(ITEM), here.region("new.region"));
    known.set("k", &1).await.unwrap();
    let pending = there.region(ITEM).lookup::<i64>("computed").await.unwrap();
    let Lookup::Miss(pending) = pending else { panic!("nobody computed it") };
    fill_up(&server).await;
    let before = snapshot(&server).await;

    let mut refused: Vec<(&str, Error)> = Vec::new();
    for (region, name) in [(&known, "a known region"), (&new, "a new region")] {
        let many = [("k", &2), ("j", &2)];
        refused.push((name, region.set("k", &2).await.unwrap_err()));
        refused.push((name, region.set_many(many).await.unwrap_err()));
        refused.push((name, region.add("j", &2).await.unwrap_err()));
        refused.push((name, region.increment("k", 2).await.unwrap_err()));
        let both = region.transaction(async |t| {
            t.set("k", &2)?;
            t.region(region).set("j", &2)
        });
        refused.push((name, both.await.unwrap_err()));
        let large: Vec<(String, i64)> = (0..600).map(|n| (n.to_string(), n)).collect();
        let large = region.set_many(large.iter().map(|(key, value)| (key.as_str(), value)));
        refused.push((name, large.await.unwrap_err()));
    }
    assert_eq!(changes(&before, &snapshot(&server).await), [""; 0]);
    refused.push(("a fill", pending.fill(&2).await.unwrap_err()));
    for (what, error) in refused {
        assert!(error.is_unavailable(), "{what}: {error:?}");
        assert!(error.to_string().contains("maxmemory"), "{what}: {error}");
    }
    assert_eq!(number(&known, "k").await, Some(1), "it can still be read");
    assert_eq!(number(&known, "computed").await, None);
    make_room(&server).await;
    known.set("k", &2).await.unwrap();
    new.set("k", &2).await.unwrap();
    let other: Cache = connect(&server).await;
    assert_eq!(number(&other.region(ITEM), "k").await, Some(2));
    assert_eq!(number(&other.region("new.region"), "k").await, Some(2));
}

/// It may evict nothing, which is its default.
async fn fill_up(server: &Server) {
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let refused = server.call(&["SET", "more", "than fits"]).await;
    assert!(refused.to_string().starts_with("OOM"), "{refused}");
}

async fn make_room(server: &Server) {
    server.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
}
