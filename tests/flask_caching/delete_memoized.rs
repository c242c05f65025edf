//! `cache.delete_memoized(..)`, and what it leaves behind: nothing.

use region_cache::cached;
use region_cache_testkit::server::Server;

use crate::cached::world::World;

#[cached(cache = "world.cache")]
async fn random_func(world: &World, a: u64, b: &str) -> String {
    format!("{a}{b}{}", world.run())
}

#[cached(cache = "world.cache")]
async fn other_func(world: &World, a: u64) -> u32 {
    world.run()
}

/// `cache.delete_memoized(f)`.
#[tokio::test]
async fn delete_memoized() {
    let world = World::new().await;
    random_func(&world, 1, "a").await;
    random_func(&world, 2, "b").await;
    assert_eq!(other_func(&world, 1).await, 3);
    random_func::invalidate_all(&world).await.unwrap();
    assert_eq!(random_func(&world, 1, "a").await, "1a4");
    assert_eq!(random_func(&world, 2, "b").await, "2b5");
    assert_eq!(other_func(&world, 1).await, 3, "another function's are left");
}

/// `cache.delete_memoized(f, 1, "a")`.
#[tokio::test]
async fn delete_memoized_with_args() {
    let world = World::new().await;
    random_func(&world, 1, "a").await;
    random_func(&world, 2, "b").await;
    assert!(random_func::invalidate(&world, 1, "a").await.unwrap());
    assert!(!random_func::invalidate(&world, 3, "c").await.unwrap(), "there was none");
    assert_eq!(random_func(&world, 1, "a").await, "1a3");
    assert_eq!(random_func(&world, 2, "b").await, "2b2");
}

/// Theirs forgets the version in a function's keys, and leaves its values to expire by themselves. Ours leaves
/// none.
#[tokio::test]
async fn delete_memoized_verhash() {
    let world = World::new().await;
    for a in 0..50 {
        random_func(&world, a, "x").await;
    }
    assert_eq!(world.cache.stats().entries, 50);
    random_func::invalidate_all(&world).await.unwrap().freed().await.unwrap();
    assert_eq!(world.cache.stats().entries, 0, "no orphan is left");
    assert_eq!(random_func(&world, 1, "x").await, "1x51");
}

#[tokio::test]
async fn delete_memoized_leaves_no_orphans_on_a_server() {
    let server = Server::start().await;
    let world = World::with(|builder| builder.url(server.url())).await;
    random_func(&world, 0, "x").await;
    other_func(&world, 0).await;
    let keys = async || server.cli(&["DBSIZE"]).await.trim().parse::<u64>().unwrap();
    other_func::invalidate_all(&world).await.unwrap().freed().await.unwrap();
    let before = keys().await;
    for a in 0..50 {
        other_func(&world, a).await;
    }
    other_func::invalidate_all(&world).await.unwrap().freed().await.unwrap();
    assert_eq!(keys().await, before);
}
