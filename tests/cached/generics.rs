//! Generic arguments enter the key.

use std::fmt::Display;

use region_cache::{Value, cached};
use serde::Serialize;

use super::world::World;

#[cached(cache = "world.cache", key = "{id}")]
async fn of_type<T: Default + Value>(world: &World, id: u64) -> (u64, T) {
    world.run();
    (id, T::default())
}

#[cached(cache = "world.cache")]
async fn of_const<const N: usize>(world: &World, id: u64) -> Vec<u64> {
    world.run();
    vec![id; N]
}

#[tokio::test]
async fn types_and_constants_tell_calls_apart() {
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(of_type::<u8>(&world, 7).await, (7, 0));
        assert_eq!(of_type::<String>(&world, 7).await, (7, String::new()));
        assert_eq!(of_const::<1>(&world, 7).await, [7]);
        assert_eq!(of_const::<2>(&world, 7).await, [7, 7]);
    }
    assert_eq!(world.ran(), 4);
    assert_ne!(of_type::key::<u8>(&world, 7), of_type::key::<u16>(&world, 7));
    assert!(of_type::invalidate::<u8>(&world, 7).await.unwrap());
    assert!(of_const::invalidate::<2>(&world, 7).await.unwrap());
    of_type::<String>(&world, 7).await;
    of_const::<1>(&world, 7).await;
    assert_eq!(world.ran(), 0);
    of_type::invalidate_all(&world).await.unwrap();
    of_type::<String>(&world, 7).await;
    assert_eq!(world.ran(), 1, "one region for all types");
}

#[cached(cache = "world.cache", key_with = id)]
async fn with_own_key<T: Default + Value>(world: &World, id: u64) -> T {
    world.run();
    let _ = id;
    T::default()
}

#[tokio::test]
async fn a_key_of_ones_own_is_told_apart_too() {
    let world = World::new().await;
    assert_eq!(with_own_key::<u8>(&world, 7).await, 0);
    assert_eq!(with_own_key::<Vec<u8>>(&world, 7).await, [0; 0]);
    assert_eq!(world.ran(), 2);
}

#[cached(cache = "world.cache", key = "{id}")]
async fn anonymous(world: &World, id: impl Display + Serialize + Send + Copy) -> String {
    world.run();
    format!("{id} of {} bytes", size_of_val(&id))
}

#[tokio::test]
async fn types_without_names_tell_calls_apart() {
    let world = World::new().await;
    assert_eq!(anonymous(&world, 7u8).await, "7 of 1 bytes");
    assert_eq!(anonymous(&world, 7u32).await, "7 of 4 bytes");
    assert!(anonymous::invalidate(&world, 7u8).await.unwrap());
    assert_eq!(anonymous(&world, 7u32).await, "7 of 4 bytes");
    assert_eq!(world.ran(), 2);
}

#[cached(cache = "world.cache", skip(show))]
async fn with_bounds<'a, 'b: 'a, T, F>(world: &World, one: &'a T, two: &'b [T], show: F) -> String
where
    T: Display + Serialize + Sync + 'b,
    F: Fn(&T) -> String + Send,
{
    world.run();
    two.iter().map(&show).fold(show(one), |all, next| all + &next)
}

#[tokio::test]
async fn lifetimes_and_bounds_are_handed_on() {
    let world = World::new().await;
    let two = [2, 3];
    let show = |n: &i32| n.to_string();
    assert_eq!(with_bounds(&world, &1, &two, show).await, "123");
    assert_eq!(with_bounds(&world, &1, &two, show).await, "123");
    assert_eq!(world.ran(), 1);
    with_bounds::refresh(&world, &1, &two, show).await;
    with_bounds::uncached(&world, &1, &two, show).await;
    assert_eq!(world.ran(), 2);
}

trait Versioned {
    const VERSION: &'static str;
}
struct One;
struct Two;
impl Versioned for One {
    const VERSION: &'static str = "1";
}
impl Versioned for Two {
    const VERSION: &'static str = "2";
}

#[cached(version = V::VERSION, key = "same")]
async fn in_version<V: Versioned>(seen: &str) -> String {
    format!("{seen} in {}", V::VERSION)
}

#[tokio::test]
async fn settings_may_depend_on_generic_arguments() {
    assert_eq!(in_version::<One>("first").await, "first in 1");
    assert_eq!(in_version::<Two>("second").await, "second in 2");
    assert_eq!(in_version::<One>("third").await, "first in 1");
}
