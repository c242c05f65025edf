//! Race 11: writes that believe in fences which have fallen.

use futures::join;
use region_cache::Region;

use crate::redis::gate::Gate;
use crate::redis::{Two, connect, connect_to, invalidate, key, number, two};

/// Race 11: a `MULTI` with stamps that another process has overtaken: half of it could be read, and a
/// confirmed value would be overwritten by one that nobody can read. Defence: `WATCH`.
#[tokio::test]
async fn a_transaction_overtaken_by_an_invalidation_is_neither_torn_nor_destroys_anything() {
    let Two { server, there, here: _ } = two().await;
    let gate = Gate::to(server.address()).await;
    let here = connect_to(&gate.url()).await;
    for level in ["", "shop", "shop.b"] {
        let [a, b] = ["shop.a", "shop.b"].map(|path| there.region(path));
        a.set("x", &0).await.unwrap();
        b.set("y", &0).await.unwrap();
        let left_of_a = (level == "shop.b").then_some(0);

        gate.hold(MULTI);
        let home = here.region("shop.a");
        let commit = home.transaction(async |t| {
            t.set("x", &1)?;
            t.region("shop.b").set("y", &1)
        });
        let between = async {
            gate.reached().await;
            invalidate(&there, level).await;
            b.set("y", &7).await.unwrap();
            gate.hold(MULTI);
            gate.open();
            // Stamped anew: so the first came to nothing.
            gate.reached().await;
            assert_eq!(number(&a, "x").await, left_of_a, "torn after `{level}`");
            assert_eq!(number(&b, "y").await, Some(7), "destroyed after `{level}`");
            gate.open();
        };
        join!(async { commit.await.unwrap() }, between);
        for cache in [&here, &there, &connect(&server).await] {
            assert_eq!(number(&cache.region("shop.a"), "x").await, Some(1), "`{level}`");
            assert_eq!(number(&cache.region("shop.b"), "y").await, Some(1), "`{level}`");
        }
    }
}

/// Race 11, for a transaction that reads: its closure has to run again. Defence: `WATCH`, of the fences
/// and of the hashes that were read.
#[tokio::test]
async fn a_transaction_whose_reading_was_overtaken_runs_again() {
    let Two { server, here, there } = two().await;
    for (between, left) in [
        ("", (Some(-5), Some(75))),
        ("shop", (Some(-5), Some(75))),
        ("shop.b", (Some(95), Some(75))),
        ("a write", (Some(95), Some(75))),
        ("out of reach", (Some(-5), Some(5))),
    ] {
        let [a, b] = ["shop.a", "shop.b"].map(|path| there.region(path));
        a.set("x", &100).await.unwrap();
        b.set("y", &10).await.unwrap();
        let mut runs = 0;
        let home = here.region("shop.a");
        home.transaction(|t| {
            runs += 1;
            let (server, there, b, is_first) = (&server, &there, b.clone(), runs == 1);
            async move {
                let x: i64 = t.get("x").await?.unwrap_or(0);
                let y: i64 = t.region("shop.b").get("y").await?.unwrap_or(0);
                match between {
                    _ if !is_first => {}
                    "a write" => b.set("y", &70).await?,
                    // No walk finds the hashes: all that changes is a fence.
                    "out of reach" => {
                        server.cli(&["DEL", &key('c', "shop")]).await;
                        invalidate(there, "shop").await;
                    }
                    level => {
                        invalidate(there, level).await;
                        b.set("y", &70).await?;
                    }
                }
                t.set("x", &(x - 5))?;
                t.region("shop.b").set("y", &(y + 5))
            }
        })
        .await
        .unwrap();
        assert!(runs >= 2, "it ran only once after {between:?}");
        let found = (number(&a, "x").await, number(&b, "y").await);
        assert_eq!(found, left, "after {between:?}");
    }
}

/// Race 11, for many values at once, which go by a `MULTI` too. Defence: `WATCH`.
#[tokio::test]
async fn a_large_set_many_overtaken_by_an_invalidation_destroys_nothing() {
    let Two { server, there, here: _ } = two().await;
    let gate = Gate::to(server.address()).await;
    let here = connect_to(&gate.url()).await;
    let [mine, other] = [&here, &there].map(|cache| cache.region("shop.b"));
    mine.set("y", &0).await.unwrap();

    gate.hold(MULTI);
    let values: Vec<(String, i64)> = (0..600).map(|n| (n.to_string(), n)).collect();
    let values = values.iter().map(|(key, value)| (key.as_str(), value));
    let between = async {
        gate.reached().await;
        other.invalidate().await.unwrap();
        other.set("1", &-1).await.unwrap();
        other.set("y", &7).await.unwrap();
        gate.hold(MULTI);
        gate.open();
        gate.reached().await;
        assert_eq!(number(&other, "1").await, Some(-1), "overwritten by what nobody can read");
        gate.open();
    };
    join!(async { mine.set_many(values).await.unwrap() }, between);
    assert_eq!(other.len().await.unwrap(), 601);
    assert_eq!(other.get_many::<i64>(["1", "599", "y"]).await.unwrap(), [1, 599, 7].map(Some));
}

/// Race 11, for a plain write whose process believes in a fence that has fallen. Defence: the script
/// compares the stamp before it writes.
#[tokio::test]
async fn a_write_with_a_stale_belief_is_stamped_anew_and_destroys_nothing() {
    let Two { server, here, there } = two().await;
    for level in ["", "shop", "shop.b"] {
        for write in ["set", "add", "increment", "set_many", "remove", "expire"] {
            let [mine, other] = [&here, &there].map(|cache| cache.region("shop.b"));
            mine.set("y", &0).await.unwrap();
            invalidate(&there, level).await;
            other.set_many([("y", &7), ("z", &7)]).await.unwrap();
            let z = apply(&mine, write).await;
            for cache in [&here, &there, &connect(&server).await] {
                let region = cache.region("shop.b");
                assert_eq!(number(&region, "y").await, Some(7), "{write} after `{level}`");
                assert_eq!(number(&region, "z").await, z, "{write} after `{level}`");
            }
        }
    }
}

/// Race 11, for the first write of a process, which believes in nothing. Defence: it proposes a fence,
/// and where one stands it is told so and nothing is written.
#[tokio::test]
async fn the_first_write_of_a_process_destroys_nothing() {
    let Two { server, here, there: _ } = two().await;
    for write in ["set", "add", "increment", "set_many", "remove", "expire"] {
        let region = here.region("shop.b");
        region.set_many([("y", &7), ("z", &7)]).await.unwrap();
        let z = apply(&connect(&server).await.region("shop.b"), write).await;
        assert_eq!(number(&region, "y").await, Some(7), "{write}");
        assert_eq!(number(&region, "z").await, z, "{write}");
    }
}

/// Writes to a key that holds 7; what it holds then.
async fn apply(region: &Region, write: &str) -> Option<i64> {
    match write {
        "set" => region.set("z", &8).await.unwrap(),
        "set_many" => region.set_many([("z", &8), ("also", &8)]).await.unwrap(),
        "add" => assert!(!region.add("z", &8).await.unwrap(), "it is there"),
        "increment" => assert_eq!(region.increment("z", 1).await.unwrap(), 8),
        "remove" => assert!(region.remove("z").await.unwrap()),
        "expire" => assert!(region.expire("z").await.unwrap()),
        _ => unreachable!("{write}"),
    }
    match write {
        "add" => Some(7),
        "remove" | "expire" => None,
        _ => Some(8),
    }
}

const MULTI: &[u8] = b"$5\r\nMULTI\r\n";
