//! What the key of a call is made of.

use region_cache::{Cache, Key, cached};

use super::world::World;

mod one {
    use super::{Cache, cached};

    #[cached(cache = "cache", region = "shared")]
    pub(super) async fn load(cache: &Cache, first: u64, second: &str) -> u64 {
        first + second.len() as u64
    }
}

mod two {
    use super::{Cache, cached};

    #[cached(cache = "cache", region = "shared")]
    pub(super) async fn load(cache: &Cache, second: &str, first: u64) -> u64 {
        first + 100 + second.len() as u64
    }
}

#[cached(cache = "cache", region = "shared")]
async fn renamed(cache: &Cache, one: u64, other: &str) -> u64 {
    one + other.len() as u64
}

#[tokio::test]
async fn two_functions_of_one_name_in_one_region_do_not_collide() {
    let cache = Cache::in_memory();
    assert_eq!(one::load(&cache, 1, "a").await, 2);
    assert_eq!(two::load(&cache, "a", 1).await, 102);
    assert_eq!(one::load(&cache, 1, "a").await, 2);
    assert_ne!(one::load::key(&cache, 1, "a"), two::load::key(&cache, "a", 1));
    assert_ne!(one::load::key(&cache, 1, "a"), renamed::key(&cache, 1, "a"));
}

/// One function of one module: the crate is built with one of the two, so each is in a body of its own.
macro_rules! written {
    ($cache:expr, ($($argument:ident: $type:ty = $value:expr),*)) => {{
        #[cached(cache = "cache", skip(cache))]
        async fn load(cache: &Cache, $($argument: $type),*) -> u64 {
            let _ = ($($argument,)*);
            0
        }
        let _ = load;
        load::key($cache, $($value),*)
    }};
}

#[test]
fn the_order_of_arguments_does_not_matter_and_their_names_do() {
    let cache = Cache::in_memory();
    let key = written!(&cache, (a: u64 = 1, b: &str = "x"));
    assert_eq!(key, written!(&cache, (b: &str = "x", a: u64 = 1)));
    assert_ne!(key, written!(&cache, (b: u64 = 1, a: &str = "x")));
    assert_ne!(key, written!(&cache, (a: u64 = 1, c: &str = "x")));
    assert_ne!(key, written!(&cache, (a: u64 = 2, b: &str = "x")));
    assert_ne!(key, written!(&cache, (a: u64 = 1)));
    assert_eq!(key, written!(&cache, (a: u8 = 1, b: String = "x".into())), "nor do their types");
}

#[cached(cache = "world.cache", key_with = format!("{tenant}/{}", id % 10))]
async fn by_expression(world: &World, tenant: &str, id: u64, note: &str) -> String {
    world.run();
    format!("{tenant}/{id}/{note}")
}

#[cached(cache = "world.cache", key_with = |tenant, id| (tenant.len() as u64) * *id, skip(note))]
async fn by_closure(world: &World, tenant: &str, id: u64, note: &str) -> String {
    world.run();
    format!("{tenant}/{id}/{note}")
}

#[cached(cache = "world.cache", key_with = name_of)]
async fn by_function(world: &World, tenant: &str, id: u64) -> String {
    world.run();
    format!("{tenant}/{id}")
}

fn name_of(tenant: &str, id: &u64) -> String {
    format!("{tenant}-{id}")
}

#[cached(cache = "world.cache", key_with = ALL)]
async fn by_constant(world: &World, tenant: &str) -> String {
    world.run();
    tenant.to_owned()
}

const ALL: &str = "all";

#[tokio::test]
async fn key_with_takes_expressions_closures_functions_and_constants() {
    let world = World::new().await;
    assert_eq!(by_expression(&world, "acme", 7, "one").await, "acme/7/one");
    assert_eq!(by_expression(&world, "acme", 17, "two").await, "acme/7/one");
    assert_eq!(by_expression::key(&world, "acme", 27), Key::from("acme/7"));
    assert!(by_expression::invalidate(&world, "acme", 7).await.unwrap());

    assert_eq!(by_closure::key(&world, "acme", 2), Key::from(8));
    by_closure(&world, "acme", 2, "one").await;
    assert_eq!(by_closure(&world, "ab", 4, "two").await, "acme/2/one");

    assert_eq!(by_function::key(&world, "acme", 7), Key::from("acme-7"));
    assert_eq!(by_function(&world, "acme", 7).await, "acme/7");

    assert_eq!(by_constant::key(&world), Key::from("all"));
    by_constant(&world, "one").await;
    assert_eq!(by_constant(&world, "two").await, "one");
}

#[cached(cache = "cache")]
async fn of_nothing(cache: &Cache) -> u64 {
    7
}

#[tokio::test]
async fn a_function_without_arguments_has_one_value() {
    let cache = Cache::in_memory();
    assert_eq!(of_nothing(&cache).await, 7);
    assert!(of_nothing::invalidate(&cache).await.unwrap());
}
