//! The cache on a Redis server, under attack: the races of the contract, lives of keys, errors.
//!
//! Two caches that are connected to one server stand for two processes.

mod computing;
mod errors;
mod gate;
mod gather;
mod guards;
mod listening;
mod lives;
mod races;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use region_cache::backend::{Address, Step, Walk};
use region_cache::{Cache, Lookup, Miss, Region, Value};
use region_cache_testkit::server::{Server, Value as Reply};

/// A server, and two caches on it as if in two processes.
struct Two {
    server: Server,
    here: Cache,
    there: Cache,
}

async fn two() -> Two {
    on(Server::start().await).await
}

async fn on(server: Server) -> Two {
    let [here, there] = [connect(&server).await, connect(&server).await];
    Two { server, here, there }
}

/// One more process.
async fn connect(server: &Server) -> Cache {
    connect_to(&server.url()).await
}

/// The same on another way to a server. It waits long: a machine may be busy, and a test that is about
/// waiting says so.
async fn connect_to(url: &str) -> Cache {
    let builder = Cache::builder().url(url).operation_timeout(Duration::from_secs(20));
    builder.build().await.unwrap()
}

/// A lookup that finds nothing.
async fn miss<T: Value>(region: &Region, key: &str) -> Miss<T> {
    match region.lookup::<T>(key).await.unwrap() {
        Lookup::Miss(miss) => miss,
        Lookup::Hit(_) => panic!("`{key}` of `{region}` is there"),
    }
}

/// A lookup that finds nothing, and takes the lease.
async fn lease<T: Value>(region: &Region, key: &str) -> Miss<T> {
    let miss = miss(region, key).await;
    assert!(miss.holds_lease(), "the lease of `{key}` of `{region}` is another's");
    miss
}

/// The number under a key.
async fn number(region: &Region, key: &str) -> Option<i64> {
    region.get(key).await.unwrap()
}

/// Invalidates a region, or with an empty path everything.
async fn invalidate(cache: &Cache, path: &str) {
    if path.is_empty() {
        cache.clear().await.unwrap();
    } else {
        cache.region(path).invalidate().await.unwrap();
    }
}

fn address(path: &str) -> Address {
    Address::parse(NAMESPACE, path).unwrap()
}

/// Goes on with a walk until its end; what it freed.
async fn finish(cache: &Cache, walk: &Walk) -> u64 {
    let mut freed = 0;
    loop {
        let Step { freed: more, is_done } = cache.backend().walk(walk).await.unwrap();
        freed += more;
        if is_done {
            return freed;
        }
    }
}

/// The name of a region's key: `h` for its hash, `c` for its children, `f` for its fence, `l` for its
/// leases.
fn key(kind: char, path: &str) -> String {
    let root = path.split('.').next().unwrap_or_default();
    format!("{NAMESPACE}:{{{root}}}:{kind}:{path}")
}

/// The names of the fences of a path, the namespace's first.
fn fences(path: &str) -> Vec<String> {
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let own = ends.map(|end| key('f', &path[..end]));
    [NAMESPACE_FENCE.to_owned()].into_iter().chain(own).collect()
}

/// Everything that a server holds, as it would be stored; not how long it lives.
async fn snapshot(server: &Server) -> BTreeMap<String, Reply> {
    let mut client = server.client().await;
    let mut all = BTreeMap::new();
    for key in server.keys().await {
        let dump = client.call(&["DUMP", &key]).await.unwrap();
        all.insert(key, dump);
    }
    all
}

/// Which keys are others now, have come or gone.
fn changes(before: &BTreeMap<String, Reply>, after: &BTreeMap<String, Reply>) -> Vec<String> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

async fn exists(server: &Server, key: &str) -> bool {
    server.cli(&["EXISTS", key]).await == "1"
}

/// The members of a set, sorted.
async fn members(server: &Server, key: &str) -> Vec<String> {
    let set = server.call(&["SMEMBERS", key]).await.into_list();
    let mut names: Vec<String> = set.iter().map(Reply::to_string).collect();
    names.sort_unstable();
    names
}

const NAMESPACE: &str = "region-cache";
const NAMESPACE_FENCE: &str = "region-cache:{.}:fence";
const ROOTS: &str = "region-cache:{.}:roots";

/// A region with two above it.
const ITEM: &str = "shop.catalog.42";
/// All that is at or above [`ITEM`].
const LEVELS: [&str; 4] = ["", "shop", "shop.catalog", ITEM];
