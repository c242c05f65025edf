//! Race 12: somebody else's keys under our names.

use futures::TryStreamExt;
use region_cache::{Cache, Error, Key, Lookup, Result};
use region_cache_testkit::server::Server;

use crate::redis::{ITEM, NAMESPACE_FENCE, ROOTS, changes, connect, key, snapshot};

/// Race 12, for reads: there is nothing to be half done, but the error must name the key.
#[tokio::test]
async fn a_read_names_the_key_that_is_somebody_elses() {
    meet(&["get", "get_many", "contains", "ttl", "len", "keys", "children"]).await;
}

/// Race 12: a script that writes first and meets a wrong type later keeps the first write. Defence: all
/// types are looked at before anything is written.
#[tokio::test]
async fn a_write_that_meets_somebody_elses_key_changes_nothing_and_names_it() {
    meet(&["set", "set_many", "add", "increment", "remove", "expire"]).await;
}

/// Race 12, for leases and fills. Defence: the same.
#[tokio::test]
async fn a_lease_that_meets_somebody_elses_key_changes_nothing_and_names_it() {
    meet(&["lookup", "fill"]).await;
}

/// Race 12, for what goes by `MULTI`, which goes on after an error. Defence: a look at the types of what
/// is watched, before the `MULTI`.
#[tokio::test]
async fn a_transaction_that_meets_somebody_elses_key_changes_nothing_and_names_it() {
    meet(&["transaction", "reading transaction", "removing transaction", "large set_many"]).await;
}

/// Race 12, for an invalidation: whatever lies under the names of what it frees may go, but what it
/// tells must be true: it has happened, or nothing has. Defence: the same as for writes.
#[tokio::test]
async fn an_invalidation_that_meets_somebody_elses_key_happens_or_names_it() {
    meet(&INVALIDATIONS).await;
}

/// Does each of these while one of the cache's keys is somebody else's, and others are there or not.
/// It may succeed where it needs not that key; else it must tell which key it is. Either way the key
/// stays as it is, and what fails has changed nothing.
async fn meet(operations: &[&str]) {
    let server = Server::start().await;
    let mut wrong = Vec::new();
    for operation in operations {
        for foreign in keys() {
            for is_new in [true, false] {
                if let Err(what) = meet_one(&server, operation, &foreign, is_new).await {
                    let state = if is_new { "a new region" } else { "a known region" };
                    wrong.push(format!("{what}, by {operation} in {state} with {foreign}"));
                }
            }
        }
    }
    wrong.sort_unstable();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

async fn meet_one(
    server: &Server,
    operation: &str,
    foreign: &str,
    is_new: bool,
) -> Result<(), String> {
    server.cli(&["FLUSHALL"]).await;
    let cache = connect(server).await;
    let region = cache.region(ITEM);
    if !is_new {
        region.set("k", &1).await.unwrap();
        region.region("beneath").set("k", &1).await.unwrap();
    }
    let pending = match operation {
        "fill" => {
            region.lookup::<i64>("computed").await.ok().filter(|it| matches!(it, Lookup::Miss(_)))
        }
        _ => None,
    };
    server.cli(&["DEL", foreign]).await;
    server.cli(&["RPUSH", foreign, "somebody", "else's"]).await;
    let mut before = snapshot(server).await;
    let answer = match pending {
        Some(Lookup::Miss(miss)) => miss.fill(&2).await.map(|_| ()),
        _ => apply(&cache, operation).await,
    };
    let mut after = snapshot(server).await;
    if operation == "fill" {
        // A holder who fails gives the lease back, sooner or later.
        let leases = key('l', ITEM);
        before.remove(&leases);
        after.remove(&leases);
    }
    let has_gone = before.get(foreign) != after.get(foreign);
    match answer {
        Ok(()) if INVALIDATIONS.contains(&operation) => match region.get::<i64>("k").await {
            Ok(Some(_)) => Err("it was told to have happened".to_owned()),
            _ => Ok(()),
        },
        Ok(()) if has_gone => Err("the key was taken away".to_owned()),
        Ok(()) => Ok(()),
        Err(error) => judge(&error, foreign, &changes(&before, &after)),
    }
}

fn judge(error: &Error, foreign: &str, changed: &[String]) -> Result<(), String> {
    if !error.is_wrong_type() {
        return Err(format!("the error was of another kind: {error:?}"));
    }
    if !changed.is_empty() {
        return Err(format!("it failed, and {} keys had changed", changed.len()));
    }
    if !error.to_string().contains(foreign) {
        return Err("the key was not named".to_owned());
    }
    Ok(())
}

async fn apply(cache: &Cache, operation: &str) -> Result<()> {
    let region = cache.region(ITEM);
    match operation {
        "get" => region.get::<i64>("k").await.map(|_| ()),
        "get_many" => region.get_many::<i64>(["k", "j"]).await.map(|_| ()),
        "contains" => region.contains("k").await.map(|_| ()),
        "ttl" => region.ttl("k").await.map(|_| ()),
        "len" => region.len().await.map(|_| ()),
        "keys" => region.keys().try_collect::<Vec<Key>>().await.map(|_| ()),
        "children" => region.children().await.map(|_| ()),
        "set" => region.set("k", &2).await,
        "set_many" => region.set_many([("k", &2), ("j", &2)]).await,
        "add" => region.add("j", &2).await.map(|_| ()),
        "increment" => region.increment("k", 2).await.map(|_| ()),
        "remove" => region.remove("k").await.map(|_| ()),
        "expire" => region.expire("k").await.map(|_| ()),
        "lookup" | "fill" => region.lookup::<i64>("computed").await.map(|_| ()),
        "transaction" => {
            let both = async |t: region_cache::Transaction| {
                t.set("k", &2)?;
                t.region("shop.other").set("k", &2)
            };
            region.transaction(both).await
        }
        "reading transaction" => {
            region.transaction(async |t| t.increment("k", 2).await).await.map(|_| ())
        }
        "removing transaction" => {
            let remove = async |t: region_cache::Transaction| {
                t.remove("k");
                t.region("shop.other").expire("k");
                Ok(())
            };
            region.transaction(remove).await
        }
        "large set_many" => {
            let many: Vec<(String, i64)> = (0..600).map(|n| (n.to_string(), n)).collect();
            region.set_many(many.iter().map(|(key, value)| (key.as_str(), value))).await
        }
        "invalidate" => region.invalidate().await.map(|_| ()),
        "invalidate above" => cache.region("shop").invalidate().await.map(|_| ()),
        "clear" => cache.clear().await.map(|_| ()),
        _ => unreachable!("{operation}"),
    }
}

/// All that the cache keeps for the region, and for what is above it.
fn keys() -> Vec<String> {
    let own = ["h", "l", "f", "c"].map(|kind| format!("region-cache:{{shop}}:{kind}:{ITEM}"));
    let above =
        [key('f', "shop"), key('f', "shop.catalog"), key('c', "shop"), key('c', "shop.catalog")];
    let others = [ROOTS, NAMESPACE_FENCE, "region-cache:{shop}:seq", "region-cache:{shop}:p"];
    own.into_iter().chain(above).chain(others.map(str::to_owned)).collect()
}

const INVALIDATIONS: [&str; 3] = ["invalidate", "invalidate above", "clear"];
