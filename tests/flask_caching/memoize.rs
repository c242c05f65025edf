//! `@cache.memoize(..)`, and each of its options.

use std::time::Duration;

use region_cache::{Key, cached};

use crate::cached::world::World;

/// `@cache.memoize(timeout=50)`.
#[cached(cache = "world.cache", ttl = "50s")]
async fn big_foo(world: &World, a: u64, b: u64) -> u64 {
    a + b + 1000 * u64::from(world.run())
}

#[tokio::test]
async fn memoize() {
    let world = World::new().await;
    assert_eq!((big_foo(&world, 5, 2).await, big_foo(&world, 5, 2).await), (1007, 1007));
    assert_eq!(big_foo(&world, 5, 3).await, 2008, "other arguments, another value");
    assert_eq!(big_foo(&world, 2, 5).await, 3007, "in another order, too");
}

#[tokio::test]
async fn memoize_timeout() {
    let world = World::new().await;
    assert_eq!(big_foo(&world, 5, 2).await, 1007);
    world.clock.advance(Duration::from_secs(50));
    assert_eq!(big_foo(&world, 5, 2).await, 2007);
}

/// The order in which arguments are declared does not matter, nor a type that says the same.
#[tokio::test]
async fn memoize_kwargs_to_args() {
    let world = World::new().await;
    let one = {
        #[cached(cache = "world.cache")]
        async fn add(world: &World, a: u8, b: u64) -> u64 {
            u64::from(a) + b
        }
        add::key(&world, 1, 2)
    };
    let two = {
        #[cached(cache = "world.cache")]
        async fn add(world: &World, b: u64, a: u64) -> u64 {
            a + b
        }
        add::key(&world, 2, 1)
    };
    assert_eq!(one, two);
}

#[cached(cache = "world.cache", unless = a > 100)]
async fn sometimes(world: &World, a: u64) -> u32 {
    world.run()
}

#[tokio::test]
async fn memoize_unless() {
    let world = World::new().await;
    assert_eq!((sometimes(&world, 1).await, sometimes(&world, 1).await), (1, 1));
    assert_eq!((sometimes(&world, 101).await, sometimes(&world, 101).await), (2, 3));
}

#[cached(cache = "world.cache", refresh_if = |a, force| *a > 0 && *force, key = "{a}")]
async fn forcible(world: &World, a: u64, force: bool) -> u32 {
    world.run()
}

#[tokio::test]
async fn memoize_forced_update() {
    let world = World::new().await;
    assert_eq!((forcible(&world, 1, false).await, forcible(&world, 1, true).await), (1, 2));
    assert_eq!(forcible(&world, 1, false).await, 2);
}

#[cached(cache = "world.cache", store_if = |n: &u64| n.is_multiple_of(2))]
async fn only_even(world: &World, n: u64) -> u64 {
    world.run();
    n
}

#[tokio::test]
async fn memoize_response_filter() {
    let world = World::new().await;
    for n in [1, 1, 2, 2] {
        only_even(&world, n).await;
    }
    assert_eq!(world.ran(), 3);
}

#[cached(cache = "world.cache", cache_none)]
async fn maybe(world: &World, n: u64) -> Option<u64> {
    world.run();
    n.checked_sub(10)
}

#[tokio::test]
async fn memoize_cache_none() {
    let world = World::new().await;
    assert_eq!((maybe(&world, 1).await, maybe(&world, 1).await), (None, None));
    assert_eq!(world.ran(), 1);
}

/// `args_to_ignore=["session"]`.
#[cached(cache = "world.cache", skip(session))]
async fn ignoring(world: &World, session: &str, id: u64) -> String {
    world.run();
    format!("{session}/{id}")
}

#[tokio::test]
async fn memoize_args_to_ignore() {
    let world = World::new().await;
    assert_eq!(ignoring(&world, "one", 7).await, "one/7");
    assert_eq!(ignoring(&world, "two", 7).await, "one/7");
    assert_eq!(ignoring(&world, "two", 8).await, "two/8");
}

/// `make_name=lambda fname: ..`: one name for functions that shall share their values.
#[cached(cache = "world.cache", region = "sums", key = "sum.{a}.{b}")]
async fn sum_one(world: &World, a: u64, b: u64) -> u64 {
    world.run();
    a + b
}

#[cached(cache = "world.cache", region = "sums", key = "sum.{b}.{a}")]
async fn sum_two(world: &World, b: u64, a: u64) -> u64 {
    world.run();
    a + b
}

#[tokio::test]
async fn memoize_make_name() {
    let world = World::new().await;
    assert_eq!((sum_one(&world, 1, 2).await, sum_two(&world, 1, 2).await), (3, 3));
    assert_eq!(world.ran(), 1);
    assert_eq!(sum_one::key(&world, 1, 2), Key::from("sum.1.2"));
    sum_two::invalidate_all(&world).await.unwrap();
    sum_one(&world, 1, 2).await;
    assert_eq!(world.ran(), 1, "they fall together, as they are kept");
}

#[tokio::test]
async fn memoize_hash_method() {
    let world = World::new().await;
    let key = big_foo::key(&world, 5, 2);
    assert_eq!(key.as_bytes().len(), 32, "128 bits in hexadecimal digits, of BLAKE3");
    assert_ne!(key, big_foo::key(&world, 5, 3));
    assert_ne!(key, big_foo::key(&world, 52, 2));
}

mod before {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "memo", key = "{n}", version = 1)]
    pub(super) async fn load(world: &World, n: u64) -> u64 {
        world.run();
        n
    }
}

mod after {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "memo", key = "{n}", version = 2)]
    pub(super) async fn load(world: &World, n: u64) -> u64 {
        world.run();
        n + 1
    }
}

#[tokio::test]
async fn memoize_source_check() {
    let world = World::new().await;
    assert_eq!((before::load(&world, 7).await, after::load(&world, 7).await), (7, 8));
    assert_eq!(world.ran(), 2);
}

struct Adder {
    world: World,
    name: String,
    n: u64,
}

impl Adder {
    /// Theirs tells instances apart by `repr(self)`; ours by the fields that are named.
    #[cached(cache = "self.world.cache", region = "adders.{self.name}")]
    async fn add(&self, b: u64) -> u64 {
        self.world.run();
        self.n + b
    }

    /// `@classmethod`.
    #[cached(cache = "world.cache")]
    async fn of_class(world: &World, b: u64) -> u64 {
        world.run();
        b
    }
}

fn adder(world: &World, name: &str, n: u64) -> Adder {
    Adder { world: world.clone(), name: name.to_owned(), n }
}

#[tokio::test]
async fn memoize_instance_methods() {
    let world = World::new().await;
    let (one, two) = (adder(&world, "one", 1), adder(&world, "two", 2));
    for _ in 0..2 {
        assert_eq!((one.add(5).await, two.add(5).await), (6, 7));
    }
    assert_eq!(world.ran(), 2);
    // `cache.delete_memoized(one.add)`: of one instance.
    one.add_invalidate_all().await.unwrap();
    assert_eq!((one.add(5).await, two.add(5).await), (6, 7));
    assert_eq!(world.ran(), 1);
    // `cache.delete_memoized(Adder.add)`: of all.
    world.cache.region("adders").invalidate().await.unwrap();
    assert_eq!((one.add(5).await, two.add(5).await), (6, 7));
    assert_eq!(world.ran(), 2);
}

#[tokio::test]
async fn memoize_class_methods() {
    let world = World::new().await;
    assert_eq!((Adder::of_class(&world, 5).await, Adder::of_class(&world, 5).await), (5, 5));
    assert_eq!(world.ran(), 1);
    assert!(Adder::of_class_invalidate(&world, 5).await.unwrap());
    Adder::of_class_invalidate_all(&world).await.unwrap();
    Adder::of_class(&world, 5).await;
    assert_eq!(world.ran(), 1);
}

#[tokio::test]
async fn memoize_uncached() {
    let world = World::new().await;
    big_foo(&world, 5, 2).await;
    assert_eq!(big_foo::uncached(&world, 5, 2).await, 2007);
    assert_eq!(big_foo(&world, 5, 2).await, 1007);
}
