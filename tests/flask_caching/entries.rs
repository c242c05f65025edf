//! The plain methods of `Cache`: what they do, by the entry API.

use std::time::Duration;

use region_cache::{EntryOptions, cached};

use crate::cached::world::World;

#[tokio::test]
async fn get_and_set() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    region.set("k", "v").await.unwrap();
    assert_eq!(region.get::<String>("k").await.unwrap().as_deref(), Some("v"));
    let minute = EntryOptions::new().ttl(Duration::from_secs(60));
    region.set_with("k", "w", minute).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(region.get::<String>("k").await.unwrap(), None);
}

/// `add`: only where there is none; `has`.
#[tokio::test]
async fn add_and_has() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    assert!(!region.contains("k").await.unwrap());
    assert!(region.add("k", &1).await.unwrap());
    assert!(!region.add("k", &2).await.unwrap());
    assert!(region.contains("k").await.unwrap());
    assert_eq!(region.get::<i64>("k").await.unwrap(), Some(1));
}

/// `inc("k", delta)` and `dec("k", delta)`, which begin at the delta where there is none.
#[tokio::test]
async fn inc_and_dec() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    assert_eq!(region.increment("k", 1).await.unwrap(), 1);
    assert_eq!(region.increment("k", 5).await.unwrap(), 6);
    assert_eq!(region.increment("k", -8).await.unwrap(), -2);
    assert_eq!(region.increment("other", -3).await.unwrap(), -3);
    region.set("stored", &40).await.unwrap();
    assert_eq!(region.increment("stored", 2).await.unwrap(), 42);
}

#[tokio::test]
async fn get_many_and_set_many() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    region.set_many([("foo", "bar"), ("spam", "eggs")]).await.unwrap();
    let values = region.get_many::<String>(["foo", "none", "spam"]).await.unwrap();
    assert_eq!(values, [Some("bar".to_owned()), None, Some("eggs".to_owned())]);
}

/// `get_dict(*keys)`.
#[tokio::test]
async fn get_dict() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    region.set_many([("foo", &1), ("spam", &2)]).await.unwrap();
    let keys = ["foo", "none", "spam"];
    let values = region.get_many::<i64>(keys).await.unwrap();
    let dict: std::collections::HashMap<_, _> = keys.into_iter().zip(values).collect();
    assert_eq!(dict, [("foo", Some(1)), ("none", None), ("spam", Some(2))].into());
}

#[tokio::test]
async fn delete_and_delete_many() {
    let world = World::new().await;
    let region = world.cache.region("flask");
    region.set_many([("a", &1), ("b", &2), ("c", &3), ("d", &4)]).await.unwrap();
    assert!(region.remove("a").await.unwrap());
    assert!(!region.remove("a").await.unwrap());
    assert_eq!(region.remove_many(["b", "none", "c"]).await.unwrap(), 2);
    assert_eq!(region.len().await.unwrap(), 1);
}

/// `cache.delete_cached(view, ..)`: what one call has cached.
#[tokio::test]
async fn delete_cached() {
    #[cached(cache = "world.cache", key = "{path}")]
    async fn view(world: &World, path: &str) -> u32 {
        world.run()
    }
    let world = World::new().await;
    assert_eq!((view(&world, "/a").await, view(&world, "/b").await), (1, 2));
    assert!(view::invalidate(&world, "/a").await.unwrap());
    assert_eq!((view(&world, "/a").await, view(&world, "/b").await), (3, 2));
}

#[tokio::test]
async fn clear() {
    let world = World::new().await;
    for path in ["flask", "caching.deep"] {
        world.cache.region(path).set("k", &1).await.unwrap();
    }
    world.cache.clear().await.unwrap();
    for path in ["flask", "caching.deep"] {
        assert!(!world.cache.region(path).contains("k").await.unwrap());
    }
}
