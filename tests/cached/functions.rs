//! Free functions, wherever they stand.

use super::world::{DbError, User, World};
use region_cache::{Key, cached};

#[cached(cache = "world.cache", region = "users.{tenant}", key = "{id}", ttl = "10m")]
async fn load_user(world: &World, tenant: &str, id: u64) -> Result<User, DbError> {
    world.run();
    Ok(User::new(id, tenant))
}

#[tokio::test]
async fn a_value_is_computed_once() {
    let world = World::new().await;
    for _ in 0..3 {
        assert_eq!(load_user(&world, "acme", 7).await.unwrap(), User::new(7, "acme"));
    }
    assert_eq!(world.ran(), 1);
    load_user(&world, "acme", 8).await.unwrap();
    load_user(&world, "other", 7).await.unwrap();
    assert_eq!(world.ran(), 2);
}

#[tokio::test]
async fn the_value_is_an_entry_like_any_other() {
    let world = World::new().await;
    load_user(&world, "acme", 7).await.unwrap();
    let region = world.cache.region("users.acme");
    assert_eq!(load_user::region(&world, "acme"), region);
    assert_eq!(load_user::key(&world, "acme", 7), Key::from(7));
    assert_eq!(region.get(7).await.unwrap(), Some(User::new(7, "acme")));
    region.set(7, &User::new(7, "by hand")).await.unwrap();
    assert_eq!(load_user(&world, "acme", 7).await.unwrap().name, "by hand");
}

#[tokio::test]
async fn invalidate_lets_one_value_fall() {
    let world = World::new().await;
    for id in [7, 8] {
        load_user(&world, "acme", id).await.unwrap();
    }
    world.ran();
    assert!(load_user::invalidate(&world, "acme", 7).await.unwrap());
    assert!(!load_user::invalidate(&world, "acme", 7).await.unwrap(), "it is gone");
    for id in [7, 8] {
        load_user(&world, "acme", id).await.unwrap();
    }
    assert_eq!(world.ran(), 1);
}

#[tokio::test]
async fn invalidate_all_lets_the_region_fall() {
    let world = World::new().await;
    for (tenant, id) in [("acme", 7), ("acme", 8), ("other", 7)] {
        load_user(&world, tenant, id).await.unwrap();
    }
    world.ran();
    load_user::invalidate_all(&world, "acme").await.unwrap();
    for (tenant, id) in [("acme", 7), ("acme", 8), ("other", 7)] {
        load_user(&world, tenant, id).await.unwrap();
    }
    assert_eq!(world.ran(), 2);
}

#[tokio::test]
async fn uncached_reads_and_writes_nothing() {
    let world = World::new().await;
    load_user::uncached(&world, "acme", 7).await.unwrap();
    assert_eq!(world.cache.region("users.acme").len().await.unwrap(), 0);
    load_user(&world, "acme", 7).await.unwrap();
    load_user::uncached(&world, "acme", 7).await.unwrap();
    assert_eq!(world.ran(), 3);
}

#[tokio::test]
async fn a_function_in_a_function_has_companions_too() {
    #[cached(cache = "world.cache")]
    async fn square(world: &World, n: u64) -> u64 {
        world.run();
        n * n
    }
    let world = World::new().await;
    assert_eq!((square(&world, 3).await, square(&world, 3).await), (9, 9));
    assert_eq!(world.ran(), 1);
    assert!(square::invalidate(&world, 3).await.unwrap());
    assert_eq!(square(&world, 3).await, 9);
    square::invalidate_all(&world).await.unwrap();
    assert_eq!(square(&world, 3).await, 9);
    assert_eq!(world.ran(), 2);
}

mod inner {
    use super::World;
    use region_cache::cached;

    /// Seen from outside.
    #[cached(cache = "world.cache")]
    pub(crate) async fn shown(world: &World, n: u64) -> u64 {
        world.run();
        n + 1
    }

    pub(crate) mod deep {
        use super::World;
        use region_cache::cached;

        #[cached(cache = "world.cache")]
        pub(in super::super) async fn near(world: &World, n: u64) -> u64 {
            world.run();
            n + 2
        }
    }
}

#[tokio::test]
async fn one_use_brings_the_function_and_its_companions() {
    use inner::deep::near;
    use inner::shown;

    let world = World::new().await;
    assert_eq!(shown(&world, 1).await, 2);
    assert!(shown::invalidate(&world, 1).await.unwrap());
    assert_eq!(near(&world, 1).await, 3);
    assert!(near::invalidate(&world, 1).await.unwrap());
    assert_eq!(shown::uncached(&world, 1).await, 2);
}

mod again {
    pub(crate) use super::inner::shown as renamed;
}

#[tokio::test]
async fn another_name_is_another_name_for_all_of_it() {
    let world = World::new().await;
    assert_eq!(again::renamed(&world, 1).await, 2);
    assert!(inner::shown::invalidate(&world, 1).await.unwrap(), "it is the same function");
    assert_eq!(again::renamed::key(&world, 1), inner::shown::key(&world, 1));
}

#[cached]
async fn global_square(n: u64) -> u64 {
    n * n
}

#[tokio::test]
async fn without_a_cache_of_its_own_it_is_the_global_one() {
    assert_eq!(global_square(12).await, 144);
    let region = region_cache::global().region(global_square::region().path());
    assert_eq!(region.get::<u64>(&global_square::key(12)).await.unwrap(), Some(144));
    assert!(global_square::invalidate(12).await.unwrap());
}

#[tokio::test]
async fn what_is_cached_is_shared_by_caches_with_the_same_backend() {
    let world = World::new().await;
    let (_, other) = world.behind(region_cache_testkit::backends::Counting::new).await;
    load_user(&world, "acme", 7).await.unwrap();
    load_user(&other, "acme", 7).await.unwrap();
    assert_eq!(world.ran(), 1);
}
