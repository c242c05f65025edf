//! How long keys live, what they look like, and what is left of them in the end.

mod growth;
mod layout;
mod leftovers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::stream::{StreamExt, iter};
use region_cache::{Cache, Region};
use region_cache_testkit::server::{Server, Value};

use crate::redis::lease;

/// Every key and how long it lives, in milliseconds; -1 for without end.
async fn lives(server: &Server) -> BTreeMap<String, i64> {
    let mut client = server.client().await;
    let mut lives = BTreeMap::new();
    for key in server.keys().await {
        match client.call(&["PTTL", &key]).await.unwrap() {
            Value::Integer(-2) => {}
            Value::Integer(life) => drop(lives.insert(key, life)),
            other => panic!("PTTL gives {other}"),
        }
    }
    lives
}

/// The same region for entries that live so long, or without end.
fn living(region: &Region, ttl: Option<Duration>) -> Region {
    region.with(|options| match ttl {
        Some(ttl) => options.entry_ttl(ttl),
        None => options.no_ttl(),
    })
}

/// Writes a new key in one of the ways that there are.
async fn write(region: &Region, way: &str) {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let key = format!("k{}", WRITTEN.fetch_add(1, Ordering::Relaxed));
    let key = key.as_str();
    match way {
        "set" => region.set(key, &1).await.unwrap(),
        "set_many" => region.set_many([(key, &1), ("also", &1)]).await.unwrap(),
        "large set_many" => {
            let names: Vec<String> = (0..600).map(|n| format!("{key}.{n}")).collect();
            region.set_many(names.iter().map(|name| (name.as_str(), &1))).await.unwrap();
        }
        "add" => assert!(region.add(key, &1).await.unwrap()),
        "increment" => assert_eq!(region.increment(key, 1).await.unwrap(), 1),
        "fill" => assert!(lease(region, key).await.fill(&1).await.unwrap()),
        "transaction" => region.transaction(async |t| t.set(key, &1)).await.unwrap(),
        _ => unreachable!("{way}"),
    }
}

/// Does something in each of many regions, some at a time.
async fn in_each(
    cache: &Cache,
    paths: impl IntoIterator<Item = String>,
    act: impl AsyncFn(Region),
) {
    let all = iter(paths).map(|path| act(cache.region(&path)));
    all.buffer_unordered(64).collect::<Vec<()>>().await;
}

const WAYS: [&str; 7] =
    ["set", "set_many", "large set_many", "add", "increment", "fill", "transaction"];
