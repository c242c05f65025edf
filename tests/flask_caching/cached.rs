//! `@cache.cached(..)` on functions that are no views, and each of its options.

use std::time::Duration;

use region_cache::{BoxError, EntryOptions, Key, cached};

use crate::cached::world::{User, World};

/// `@cache.cached(timeout=50, key_prefix="all_comments")`.
#[cached(cache = "world.cache", region = "comments", key = "all", ttl = "50s")]
async fn all_comments(world: &World) -> Vec<String> {
    vec![format!("comment {}", world.run())]
}

#[tokio::test]
async fn cached_timeout() {
    let world = World::new().await;
    assert_eq!(all_comments(&world).await, ["comment 1"]);
    world.clock.advance(Duration::from_secs(49));
    assert_eq!(all_comments(&world).await, ["comment 1"]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(all_comments(&world).await, ["comment 2"]);
}

/// `timeout=lambda rv: ..`: a time that the value brings along.
#[tokio::test]
async fn cached_timeout_callable() {
    let world = World::new().await;
    let region = world.cache.region("weather");
    let fetch = async |good_for: u64| {
        let load = move |loading: region_cache::Loading<u64>| async move {
            loading.set_ttl(Duration::from_secs(good_for));
            Ok::<_, BoxError>(good_for)
        };
        region.get_or_compute_with("today", EntryOptions::new(), load).await.unwrap()
    };
    assert_eq!((fetch(5).await, fetch(9).await), (5, 5));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(fetch(9).await, 9);
    world.clock.advance(Duration::from_secs(8));
    assert_eq!(fetch(7).await, 9);
}

#[tokio::test]
async fn cached_key_prefix() {
    let world = World::new().await;
    all_comments(&world).await;
    let stored = world.cache.region("comments").get::<Vec<String>>("all").await.unwrap();
    assert_eq!(stored.unwrap(), ["comment 1"], "it is to be found under the name that was said");
    // `cache.delete("all_comments")`
    assert!(world.cache.region("comments").remove("all").await.unwrap());
    assert_eq!(all_comments(&world).await, ["comment 2"]);
}

#[cached(cache = "world.cache", unless = is_anonymous, key = "{id}")]
async fn for_users(world: &World, id: u64, is_anonymous: bool) -> u32 {
    world.run()
}

#[tokio::test]
async fn cached_unless() {
    let world = World::new().await;
    assert_eq!((for_users(&world, 7, true).await, for_users(&world, 7, true).await), (1, 2));
    assert_eq!((for_users(&world, 7, false).await, for_users(&world, 7, false).await), (3, 3));
    assert_eq!(for_users(&world, 7, true).await, 4, "nor is anything read");
    assert_eq!(for_users(&world, 7, false).await, 3, "and nothing is written");
}

#[cached(cache = "world.cache", refresh_if = force, key = "{id}")]
async fn updatable(world: &World, id: u64, force: bool) -> u32 {
    world.run()
}

#[tokio::test]
async fn cached_forced_update() {
    let world = World::new().await;
    assert_eq!((updatable(&world, 7, false).await, updatable(&world, 7, false).await), (1, 1));
    assert_eq!(updatable(&world, 7, true).await, 2);
    assert_eq!(updatable(&world, 7, false).await, 2, "what was computed is stored");
    assert_eq!(updatable::refresh(&world, 7, false).await, 3, "the same, said by the caller");
}

#[cached(cache = "world.cache", stale_if = |user: &User| user.id < 2)]
async fn fresh_enough(world: &World, name: &str) -> User {
    User::new(world.run().into(), name)
}

#[tokio::test]
async fn cached_is_stale() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(fresh_enough(&world, "Ada").await.id);
    }
    assert_eq!(seen, [1, 2, 2, 2], "a value that is not good enough is computed again");
}

#[cached(cache = "world.cache", store_if = |list: &Vec<u32>| list.len() > 1)]
async fn filtered(world: &World, n: usize) -> Vec<u32> {
    vec![world.run(); n]
}

#[tokio::test]
async fn cached_response_filter() {
    let world = World::new().await;
    assert_eq!((filtered(&world, 1).await, filtered(&world, 1).await), (vec![1], vec![2]));
    assert_eq!((filtered(&world, 2).await, filtered(&world, 2).await), (vec![3, 3], vec![3, 3]));
}

#[cached(cache = "world.cache", cache_none)]
async fn none_is_a_value(world: &World, id: u64) -> Option<u64> {
    world.run();
    None.or((id > 0).then_some(id))
}

#[cached(cache = "world.cache")]
async fn none_is_no_value(world: &World, id: u64) -> Option<u64> {
    world.run();
    None.or((id > 0).then_some(id))
}

#[tokio::test]
async fn cached_cache_none() {
    let world = World::new().await;
    assert_eq!((none_is_a_value(&world, 0).await, none_is_a_value(&world, 0).await), (None, None));
    assert_eq!(world.ran(), 1);
    assert_eq!(
        (none_is_no_value(&world, 0).await, none_is_no_value(&world, 0).await),
        (None, None)
    );
    assert_eq!(world.ran(), 2);
}

#[cached(cache = "world.cache", key_with = |path, query| format!("{path}?{}", query.to_lowercase()))]
async fn with_own_key(world: &World, path: &str, query: &str) -> String {
    world.run();
    format!("{path}?{query}")
}

#[tokio::test]
async fn cached_make_cache_key() {
    let world = World::new().await;
    assert_eq!(with_own_key(&world, "/a", "Q=1").await, "/a?Q=1");
    assert_eq!(with_own_key(&world, "/a", "q=1").await, "/a?Q=1");
    assert_eq!(world.ran(), 1);
    // `f.make_cache_key(..)`
    assert_eq!(with_own_key::key(&world, "/a", "q=1"), Key::from("/a?q=1"));
}

/// The query's order does not matter, where it is a map.
#[cached(cache = "world.cache")]
async fn search(world: &World, query: &std::collections::HashMap<&str, u64>) -> u32 {
    world.run()
}

#[tokio::test]
async fn cached_query_string() {
    let world = World::new().await;
    let (ahead, back) = ([("limit", 10), ("offset", 20)], [("offset", 20), ("limit", 10)]);
    assert_eq!(search(&world, &ahead.into()).await, search(&world, &back.into()).await);
    assert_eq!(search(&world, &[("limit", 20), ("offset", 10)].into()).await, 2);
}

/// Theirs is chosen, md5 or SHA-256; ours is always 128 bits of BLAKE3. One of the user's own is a `key_with`.
#[tokio::test]
async fn cached_hash_method() {
    #[cached(cache = "world.cache", key_with = checksum(text))]
    async fn length(world: &World, text: &str) -> usize {
        world.run();
        text.len()
    }
    fn checksum(text: &str) -> u64 {
        text.bytes().map(u64::from).sum()
    }
    let world = World::new().await;
    assert_eq!(search::key(&world, &[].into()).as_bytes().len(), 32);
    assert_eq!((length(&world, "ab").await, length(&world, "ba").await), (2, 2));
    assert_eq!(world.ran(), 1);
    assert_eq!(length::key(&world, "ab"), Key::from(195));
}

mod yesterday {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "checked", key = "{id}", fingerprint)]
    pub(super) async fn price(world: &World, id: u64) -> u64 {
        world.run();
        id
    }
}

mod today {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "checked", key = "{id}", fingerprint)]
    pub(super) async fn price(world: &World, id: u64) -> u64 {
        world.run();
        id + 1
    }
}

#[tokio::test]
async fn cached_source_check() {
    let world = World::new().await;
    assert_eq!((yesterday::price(&world, 7).await, yesterday::price(&world, 7).await), (7, 7));
    assert_eq!(today::price(&world, 7).await, 8, "the code has changed, the arguments have not");
    assert_eq!(world.ran(), 2);
}

/// Theirs is a header of a response; whether a call was a hit is in the numbers.
#[tokio::test]
async fn cached_response_hit_indication() {
    let world = World::new().await;
    all_comments(&world).await;
    assert_eq!((world.cache.stats().hits, world.cache.stats().misses), (0, 1));
    all_comments(&world).await;
    assert_eq!((world.cache.stats().hits, world.cache.stats().misses), (1, 1));
}

#[tokio::test]
async fn cached_uncached() {
    let world = World::new().await;
    all_comments(&world).await;
    assert_eq!(all_comments::uncached(&world).await, ["comment 2"]);
    assert_eq!(all_comments(&world).await, ["comment 1"]);
}

/// Their decorator goes on without a cache that raises.
#[tokio::test]
async fn cached_exception_of_the_backend() {
    use region_cache_testkit::backends::{Failing, Operation};
    let world = World::new().await;
    let (failing, shaky) = world.behind(Failing::new).await;
    failing.fail_with(Operation::ALL, region_cache::ErrorKind::Other);
    assert_eq!(all_comments(&shaky).await, ["comment 1"]);
    assert_eq!(shaky.cache.stats().detours, 1);
}
