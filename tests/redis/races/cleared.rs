//! Race 14: `clear()`, by another process.

use region_cache::Cache;

use crate::redis::{
    NAMESPACE_FENCE, ROOTS, Two, connect, exists, key, lease, members, number, two,
};

/// Race 14: a `clear()` that a process does not see. Defence: every root's fence hangs on the
/// namespace's, which is looked at with each read.
#[tokio::test]
async fn after_a_clear_by_another_process_nothing_of_before_is_read() {
    let Two { server, here, there } = two().await;
    for (root, path) in PATHS {
        there.region(path).set("k", &1).await.unwrap();
        assert_eq!(number(&there.region(path), "k").await, Some(1));
        // Not even a walk that never comes leaves anything to be read.
        server.cli(&["SREM", ROOTS, root]).await;
    }
    here.clear().await.unwrap();
    for is_new in [false, true] {
        if is_new {
            // The namespace has a fence again, and it is not the one of before.
            connect(&server).await.region("new").set("k", &2).await.unwrap();
        }
        for (_, path) in PATHS {
            assert!(exists(&server, &key('h', path)).await, "only the fence above has gone");
            for cache in [&there, &here, &connect(&server).await] {
                let region = cache.region(path);
                assert_eq!(number(&region, "k").await, None, "{path}");
                assert!(!region.contains("k").await.unwrap(), "{path}");
                assert!(!region.expire("k").await.unwrap(), "{path}");
                assert_eq!(region.len().await.unwrap(), 0, "{path}");
            }
        }
    }
    assert_eq!(there.root().children().await.unwrap(), [there.region("new")]);
}

/// Race 14: what a process believes of fences is worthless after a `clear()` by another. Defence: each
/// write compares the whole path before it writes, and makes what is absent anew.
#[tokio::test]
async fn after_a_clear_by_another_process_every_write_is_readable_by_all() {
    let Two { server, here, there } = two().await;
    for way in ["set", "set_many", "add", "increment", "fill", "transaction"] {
        for (_, path) in PATHS {
            there.region(path).set("k", &1).await.unwrap();
        }
        here.clear().await.unwrap();
        for (_, path) in PATHS {
            write(&there, path, way).await;
        }
        for (root, path) in PATHS {
            for cache in [&here, &there, &connect(&server).await] {
                assert_eq!(number(&cache.region(path), "k").await, Some(2), "{way} to {path}");
            }
            assert!(members(&server, ROOTS).await.contains(&root.to_owned()), "{way} to {path}");
        }
        let roots = here.root().children().await.unwrap();
        assert_eq!(roots.len(), PATHS.len(), "after {way}");
    }
}

/// Race 14, when the namespace's fence is not removed but lost. Defence: the same.
#[tokio::test]
async fn a_lost_fence_of_the_namespace_is_a_clear() {
    let Two { server, here, there } = two().await;
    for (_, path) in PATHS {
        there.region(path).set("k", &1).await.unwrap();
    }
    server.cli(&["DEL", NAMESPACE_FENCE]).await;
    let (_, first) = PATHS[0];
    write(&here, first, "set").await;
    for (_, path) in &PATHS[1..] {
        assert_eq!(number(&there.region(path), "k").await, None, "{path}");
        write(&there, path, "set").await;
        assert_eq!(number(&here.region(path), "k").await, Some(2), "{path}");
    }
    assert_eq!(number(&there.region(first), "k").await, Some(2));
}

async fn write(cache: &Cache, path: &str, way: &str) {
    let region = cache.region(path);
    match way {
        "set" => region.set("k", &2).await.unwrap(),
        "set_many" => region.set_many([("k", &2), ("also", &2)]).await.unwrap(),
        "add" => assert!(region.add("k", &2).await.unwrap(), "{path}"),
        "increment" => assert_eq!(region.increment("k", 2).await.unwrap(), 2, "{path}"),
        "fill" => assert!(lease(&region, "k").await.fill(&2).await.unwrap(), "{path}"),
        "transaction" => region.transaction(async |t| t.set("k", &2)).await.unwrap(),
        _ => unreachable!("{way}"),
    }
}

/// Roots, and a region of each.
const PATHS: [(&str, &str); 3] = [("shop", "shop"), ("blog", "blog.posts"), ("x", "x.y.z")];
