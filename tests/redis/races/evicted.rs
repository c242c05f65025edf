//! Race 4: a server that forgets some of it.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use futures::stream::iter;
use region_cache::Cache;
use region_cache_testkit::server::Server;

use crate::redis::{ROOTS, Two, connect, exists, invalidate, key, number, on, two};

/// Race 4: child sets are gone, so a walk finds nothing of what is beneath. Defence: a read compares
/// the stamp with the fences, and each fence with the one that it hangs on.
#[tokio::test]
async fn without_child_sets_an_invalidation_still_reaches_all_that_is_beneath() {
    for target in ["", "shop"] {
        let Two { server, here, there } = two().await;
        fill(&here).await;
        for path in paths() {
            assert_eq!(number(&there.region(&path), "k").await, Some(1), "{path}");
        }
        let sets = server.keys().await.into_iter().filter(|name| is_child_set(name));
        for set in sets {
            server.cli(&["DEL", &set]).await;
        }
        invalidate(&there, target).await;
        assert!(exists(&server, &key('h', "shop.1.1")).await, "no walk could find it");
        for above in ["", "shop", "shop.1"] {
            // Fences stand anew above the old ones, which hang on what is no more.
            if !above.is_empty() {
                there.region(above).set("new", &2).await.unwrap();
            }
            for path in paths() {
                assert_eq!(number(&here.region(&path), "k").await, None, "{path}");
                assert!(!there.region(&path).contains("k").await.unwrap(), "{path}");
            }
            assert!(here.region("shop.1").children().await.unwrap().is_empty());
        }
    }
}

/// Race 4: fences are gone and others have come in their place. Defence: what is absent validates
/// nothing, and the stamp is compared on every read.
#[tokio::test]
async fn without_fences_nothing_is_read_then_or_ever() {
    let Two { server, here, there } = two().await;
    fill(&here).await;
    for name in server.keys().await.into_iter().filter(|name| name.contains("}:f:")) {
        server.cli(&["DEL", &name]).await;
    }
    for path in paths() {
        assert_eq!(number(&here.region(&path), "k").await, None, "{path}");
    }
    // The fences above are there again, and beneath them the hashes that nobody has freed.
    there.region("shop").set("other", &2).await.unwrap();
    for path in paths() {
        assert_eq!(number(&here.region(&path), "k").await, None, "{path}");
        assert!(here.region(&path).add("k", &3).await.unwrap(), "{path}");
        assert_eq!(number(&there.region(&path), "k").await, Some(3), "{path}");
    }
}

/// Race 4 as it was measured: memory runs short, and `allkeys-lru` takes fences and child sets while
/// hashes stay. Defence: the stamps, which are compared on every read.
#[tokio::test]
async fn under_memory_pressure_an_invalidation_still_reaches_everything() {
    let server = Server::builder().config("maxmemory-policy", "allkeys-lru").start().await;
    let Two { server, here, there } = on(server).await;
    fill(&here).await;
    for path in squeezed(&server).await {
        // Of what survives, much can be read still.
        let _ = number(&there.region(&path), "k").await;
    }
    invalidate(&there, "shop").await;
    let survivors = hashes(&server).await;
    assert!(!survivors.is_empty(), "the walk found everything: nothing is proven");
    for cache in [here, there, connect(&server).await] {
        for path in paths() {
            assert_eq!(number(&cache.region(&path), "k").await, None, "{path}");
        }
    }
}

/// Puts a server under pressure until it has evicted child sets above hashes that survive; the
/// regions whose hashes do.
async fn squeezed(server: &Server) -> BTreeSet<String> {
    let limit = (server.used_memory().await + (64 << 10)).to_string();
    server.cli(&["CONFIG", "SET", "maxmemory", &limit]).await;
    let mut client = server.client().await;
    let ballast = "x".repeat(1_000);
    for round in 0..200 {
        let names: Vec<String> = (0..20).map(|n| format!("ballast:{round}:{n}")).collect();
        let commands: Vec<[&str; 3]> = names.iter().map(|name| ["SET", name, &ballast]).collect();
        let commands: Vec<&[&str]> = commands.iter().map(|command| &command[..]).collect();
        client.pipeline(&commands).await.unwrap();
        let keys: BTreeSet<String> = server.keys().await.into_iter().collect();
        let lost = |n: &u32| !keys.contains(&key('c', &format!("shop.{n}")));
        let orphans = (0..GROUPS).filter(lost).filter(|n| {
            let beneath = key('h', &format!("shop.{n}."));
            keys.range(beneath.clone()..).next().is_some_and(|name| name.starts_with(&beneath))
        });
        if orphans.count() >= 3 {
            server.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
            return hashes(server).await;
        }
    }
    panic!(
        "nothing was evicted as it should: {:?}",
        server.info("stats").await.get("evicted_keys")
    );
}

/// The regions of which there is a hash.
async fn hashes(server: &Server) -> BTreeSet<String> {
    let keys = server.keys().await;
    let paths = keys.iter().filter_map(|name| name.split_once("}:h:"));
    paths.map(|(_, path)| path.to_owned()).collect()
}

fn is_child_set(name: &str) -> bool {
    name == ROOTS || name.contains("}:c:")
}

async fn fill(cache: &Cache) {
    let all = iter(paths().into_iter().map(Ok::<_, region_cache::Error>));
    all.try_for_each_concurrent(32, async |path| cache.region(&path).set("k", &1).await)
        .await
        .unwrap();
}

/// A tree of regions that all hold something.
fn paths() -> Vec<String> {
    let groups = (0..GROUPS).map(|n| format!("shop.{n}"));
    let leaves = (0..GROUPS).flat_map(|n| (0..LEAVES).map(move |m| format!("shop.{n}.{m}")));
    groups.chain(leaves).collect()
}

const GROUPS: u32 = 20;
const LEAVES: u32 = 10;
