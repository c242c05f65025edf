//! Functions that call themselves.

use futures::future::BoxFuture;
use region_cache::cached;

use super::world::{DbError, World};

#[cached(cache = "world.cache", key = "{n}")]
async fn fibonacci(world: &World, n: u64) -> u64 {
    world.run();
    if n < 2 {
        return n;
    }
    smaller(world, n - 1).await + smaller(world, n - 2).await
}

/// Its type does not depend on that of the function.
fn smaller(world: &World, n: u64) -> BoxFuture<'_, u64> {
    Box::pin(fibonacci(world, n))
}

#[tokio::test]
async fn with_other_arguments_each_is_computed_once() {
    let world = World::new().await;
    assert_eq!(fibonacci(&world, 15).await, 610);
    assert_eq!(world.ran(), 16);
    assert_eq!(world.cache.stats().detours, 0);
}

#[cached(cache = "world.cache", key = "{n}")]
async fn circle(world: &World, n: u64) -> Result<u64, DbError> {
    world.run();
    on(world, (n + 1) % 3).await
}

fn on(world: &World, n: u64) -> BoxFuture<'_, Result<u64, DbError>> {
    Box::pin(circle(world, n))
}

#[tokio::test]
async fn with_the_same_arguments_it_is_told_so() {
    let world = World::new().await;
    let error = circle(&world, 0).await.unwrap_err().cache();
    assert!(error.is_recursion(), "{error}");
    assert_eq!(world.ran(), 3);
}
