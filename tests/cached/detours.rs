//! A function that gives no `Result` goes around a cache that fails, and that is counted.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use region_cache::{ErrorKind, cached};
use region_cache_testkit::backends::{Failing, Operation, Stuck};
use tokio::task::yield_now;

use super::world::World;

#[cached(cache = "world.cache", key = "{id}")]
async fn plain(world: &World, id: u64) -> u64 {
    world.run();
    id
}

#[tokio::test]
async fn what_is_denied_is_gone_around() {
    let world = World::new().await;
    let (failing, shaky) = world.behind(Failing::new).await;
    for (at, operation) in [Operation::Read, Operation::Lease].into_iter().enumerate() {
        failing.fail_with([operation], ErrorKind::Denied);
        assert_eq!(plain(&shaky, 7).await, 7);
        assert_eq!(world.ran(), 1, "{operation:?}");
        assert_eq!(shaky.cache.stats().detours, at as u64 + 1);
        failing.mend();
    }
    plain(&shaky, 7).await;
    plain(&shaky, 7).await;
    assert_eq!((world.ran(), shaky.cache.stats().detours), (1, 2), "and then it is as ever");
}

#[tokio::test]
async fn refreshing_goes_around_too() {
    let world = World::new().await;
    let (failing, shaky) = world.behind(Failing::new).await;
    failing.fail([Operation::Write]);
    assert_eq!(plain::refresh(&shaky, 7).await, 7);
    assert_eq!((world.ran(), shaky.cache.stats().detours), (1, 1));
}

#[tokio::test]
async fn a_cache_that_does_not_answer_costs_one_timeout() {
    let world = World::new().await;
    let (stuck, shaky) = world.behind(Stuck::new).await;
    stuck.lose_requests(Operation::ALL);
    let time = async {
        while stuck.lost() == 0 {
            yield_now().await;
        }
        world.clock.advance(Duration::from_secs(1));
    };
    let (answer, ()) = futures::join!(plain(&shaky, 7), time);
    assert_eq!((answer, world.ran()), (7, 1));
}

#[cached(cache = "world.cache", key = "{id}", options = |o| o.max_value_bytes(10))]
async fn large(world: &World, id: u64) -> String {
    world.run();
    "x".repeat(100)
}

#[tokio::test]
async fn what_is_too_large_is_given_and_not_stored() {
    let world = World::new().await;
    assert_eq!(large(&world, 7).await.len(), 100);
    assert_eq!((world.ran(), world.cache.stats().detours), (1, 1), "it is not computed again");
}

#[cached(cache = "world.cache", key = "{id}")]
async fn panicking(world: &World, id: u64) -> u64 {
    world.run();
    World::dawdle().await;
    panic!("no {id}")
}

#[tokio::test]
async fn a_panic_goes_on() {
    let world = World::new().await;
    let one = AssertUnwindSafe(panicking(&world, 7)).catch_unwind();
    let two = AssertUnwindSafe(panicking(&world, 7)).catch_unwind();
    let (one, two) = futures::join!(one, two);
    for panic in [one, two] {
        let panic = panic.unwrap_err();
        let text = panic.downcast_ref::<String>().expect("it has a text");
        assert!(text.contains("no 7"), "{text}");
    }
    assert_eq!(world.ran(), 2, "who waited is not harmed by another's");
    assert_eq!(world.cache.stats().detours, 1, "and a panic is none");
}

#[cached(cache = "world.cache", key = "{id}")]
async fn unreadable(world: &World, id: u64) -> f64 {
    world.run();
    f64::from(u32::try_from(id).unwrap())
}

#[tokio::test]
async fn what_is_no_value_of_its_type_is_a_miss() {
    let world = World::new().await;
    unreadable::region(&world).set(7, "text").await.unwrap();
    assert_eq!((unreadable(&world, 7).await, unreadable(&world, 7).await), (7.0, 7.0));
    assert_eq!((world.ran(), world.cache.stats().detours), (1, 0));
}

#[cached(cache = "world.cache", key_with = id.repeat(2000))]
async fn long_key(world: &World, id: &str) -> usize {
    world.run();
    id.len()
}

#[tokio::test]
async fn a_key_that_is_too_long_is_gone_around() {
    let world = World::new().await;
    assert_eq!((long_key(&world, "abc").await, long_key(&world, "abc").await), (3, 3));
    assert_eq!((world.ran(), world.cache.stats().detours), (2, 2));
    assert!(long_key::invalidate(&world, "abc").await.unwrap_err().is_invalid_name());
}
