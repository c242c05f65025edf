//! Each option of the attribute.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use region_cache::cached;
use region_cache::codec::Json;

use super::world::{DbError, User, World};

#[cached(cache = "world.cache", ttl = "10m")]
async fn for_ten_minutes(world: &World, id: u64) -> u64 {
    world.run();
    id
}

#[cached(cache = "world.cache", ttl = Duration::from_secs(seconds), key = "{id}")]
async fn for_seconds(world: &World, id: u64, seconds: u64) -> u64 {
    world.run();
    id
}

#[tokio::test]
async fn ttl_is_a_text_or_an_expression() {
    let world = World::new().await;
    for_ten_minutes(&world, 7).await;
    for_seconds(&world, 7, 60).await;
    let (region, key) = (for_seconds::region(&world), for_seconds::key(&world, 7));
    assert_eq!(region.ttl(&key).await.unwrap(), Some(Duration::from_secs(60)));
    world.ran();
    world.clock.advance(Duration::from_secs(60));
    for_seconds(&world, 7, 60).await;
    assert_eq!(world.ran(), 1);
    world.clock.advance(Duration::from_secs(539));
    for_ten_minutes(&world, 7).await;
    assert_eq!(world.ran(), 0);
    world.clock.advance(Duration::from_secs(1));
    for_ten_minutes(&world, 7).await;
    assert_eq!(world.ran(), 1);
}

#[cached(cache = "world.cache", ttl = "1000s", ttl_jitter = 0.5)]
async fn jittered(world: &World, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn ttl_jitter_shortens_lives() {
    let world = World::new().await;
    let mut lives = Vec::new();
    for id in 0..50 {
        jittered(&world, id).await;
        let life = jittered::region(&world).ttl(jittered::key(&world, id)).await.unwrap();
        lives.push(life.unwrap().as_secs());
    }
    assert!(lives.iter().all(|life| (500..=1000).contains(life)), "{lives:?}");
    assert!(lives.iter().min() < lives.iter().max());
}

#[cached(cache = "world.cache", ttl = "1m", stale_for = "1h", key = "{id}")]
async fn with_stand_in(world: &World, id: u64, fails: bool) -> Result<u32, DbError> {
    let run = world.run();
    if fails { Err(DbError::Gone(id)) } else { Ok(run) }
}

#[tokio::test]
async fn stale_for_lets_an_old_value_stand_in() {
    let world = World::new().await;
    assert_eq!(with_stand_in(&world, 7, false).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(with_stand_in(&world, 7, true).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(3600));
    assert!(matches!(with_stand_in(&world, 7, true).await, Err(DbError::Gone(7))));
}

#[cached(cache = "world.cache", ttl = "100s", refresh_ahead = 0.8)]
async fn refreshed(world: &World, id: u64) -> u32 {
    let _ = id;
    world.run()
}

#[tokio::test]
async fn refresh_ahead_computes_before_the_end() {
    let world = World::new().await;
    assert_eq!(refreshed(&world, 7).await, 1);
    world.clock.advance(Duration::from_secs(79));
    assert_eq!(refreshed(&world, 7).await, 1);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(refreshed(&world, 7).await, 2, "by its caller");
    assert_eq!(world.cache.stats().refreshes, 1);
}

#[cached(cache = "world.cache", compute_timeout = "5s", key = "{id}")]
async fn hanging(world: &World, id: u64) -> Result<u64, DbError> {
    world.run();
    std::future::pending().await
}

#[cached(cache = "world.cache", ttl = "1m", stale_for = "1h", soft_timeout = "2s", key = "{id}")]
async fn slow(world: &World, id: u64, hangs: bool) -> Result<u32, DbError> {
    let run = world.run();
    if hangs {
        std::future::pending::<()>().await;
    }
    Ok(run)
}

#[tokio::test]
async fn timeouts_end_a_computation_and_its_wait() {
    let world = World::new().await;
    let call = hanging(&world, 7);
    let time = async {
        while world.ran() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(5));
    };
    let (answer, ()) = futures::join!(call, time);
    assert!(answer.unwrap_err().cache().is_timeout());

    assert_eq!(slow(&world, 7, false).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(60));
    let (call, before) = (slow(&world, 7, true), world.ran());
    let time = async {
        while world.ran() == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(2));
    };
    let (answer, ()) = futures::join!(call, time);
    assert_eq!(answer.unwrap(), before);
}

#[cached(cache = "world.cache", options = |o| o.codec(Json).max_value_bytes(1000).entry_ttl(TTL))]
async fn with_options(world: &World, id: u64) -> User {
    world.run();
    User::new(id, "Ada")
}

const TTL: Duration = Duration::from_secs(77);

#[tokio::test]
async fn options_takes_any_others() {
    let world = World::new().await;
    with_options(&world, 7).await;
    with_options(&world, 7).await;
    assert_eq!(world.ran(), 1);
    let life = with_options::region(&world).ttl(with_options::key(&world, 7)).await.unwrap();
    assert_eq!(life, Some(TTL));
}

#[cached(cache = "world.cache", unless = id == 0, refresh_if = force, key = "{id}")]
async fn conditional(world: &World, id: u64, force: bool) -> u32 {
    world.run()
}

#[cached(cache = "world.cache", unless = |id, force| *id == 0 && !force, refresh_if = is_forced)]
async fn called(world: &World, id: u64, force: bool) -> u32 {
    world.run()
}

fn is_forced(id: &u64, force: &bool) -> bool {
    *id > 0 && *force
}

#[tokio::test]
async fn unless_goes_around_the_cache_and_refresh_if_computes_anew() {
    let world = World::new().await;
    assert_eq!((conditional(&world, 0, false).await, conditional(&world, 0, true).await), (1, 2));
    assert_eq!(world.cache.stats().computations, 0);
    assert_eq!((conditional(&world, 1, false).await, conditional(&world, 1, false).await), (3, 3));
    assert_eq!((conditional(&world, 1, true).await, conditional(&world, 1, false).await), (4, 4));

    assert_eq!((called(&world, 0, false).await, called(&world, 0, false).await), (5, 6));
    assert_eq!((called(&world, 1, true).await, called(&world, 1, true).await), (7, 8));
    assert_eq!((called(&world, 1, false).await, called(&world, 1, false).await), (9, 9));
}

#[cached(
    cache = "world.cache",
    key = "{id}",
    stale_if = |user: &User| user.name == "old",
    store_if = |user: &User| user.id != 0
)]
async fn judged(world: &World, id: u64, name: &str) -> Result<User, DbError> {
    world.run();
    Ok(User::new(id, name))
}

#[tokio::test]
async fn stale_if_and_store_if_judge_values() {
    let world = World::new().await;
    judged(&world, 1, "old").await.unwrap();
    assert_eq!(judged(&world, 1, "new").await.unwrap().name, "new");
    assert_eq!(judged(&world, 1, "newer").await.unwrap().name, "new");
    assert_eq!(world.ran(), 2);
    judged(&world, 0, "new").await.unwrap();
    assert_eq!(judged(&world, 0, "newer").await.unwrap().name, "newer");
}

#[cached(cache = "world.cache")]
async fn found(world: &World, id: u64) -> Option<u64> {
    world.run();
    (id > 0).then_some(id)
}

#[cached(cache = "world.cache", cache_none)]
async fn found_or_not(world: &World, id: u64) -> Result<Option<u64>, DbError> {
    world.run();
    Ok((id > 0).then_some(id))
}

#[cached(cache = "world.cache", negative_ttl = "5s")]
async fn not_found_for_a_while(world: &World, id: u64) -> Option<u64> {
    world.run();
    (id > 0).then_some(id)
}

#[tokio::test]
async fn none_is_stored_only_if_that_is_said() {
    let world = World::new().await;
    for id in [0, 0, 1, 1] {
        assert_eq!(found(&world, id).await, (id > 0).then_some(id));
    }
    assert_eq!(world.ran(), 3);
    for id in [0, 0, 1, 1] {
        assert_eq!(found_or_not(&world, id).await.unwrap(), (id > 0).then_some(id));
    }
    assert_eq!(world.ran(), 2);
    for id in [0, 0, 1, 1] {
        not_found_for_a_while(&world, id).await;
    }
    assert_eq!(world.ran(), 2);
    world.clock.advance(Duration::from_secs(5));
    not_found_for_a_while(&world, 0).await;
    not_found_for_a_while(&world, 1).await;
    assert_eq!(world.ran(), 1);
}

static VERSION: AtomicU64 = AtomicU64::new(1);

#[cached(cache = "world.cache", version = version(&world.cache))]
async fn versioned(world: &World, id: u64) -> u64 {
    world.run();
    id
}

fn version(_: &region_cache::Cache) -> u64 {
    VERSION.load(Ordering::SeqCst)
}

#[tokio::test]
async fn another_version_is_a_miss() {
    let world = World::new().await;
    versioned(&world, 7).await;
    versioned(&world, 7).await;
    assert_eq!(world.ran(), 1);
    VERSION.store(2, Ordering::SeqCst);
    versioned(&world, 7).await;
    assert_eq!(world.ran(), 1);
}

mod before {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "printed", key = "k", fingerprint)]
    pub(super) async fn printed(world: &World) -> u64 {
        world.run();
        1
    }
}

mod same {
    use super::World;

    /// Other words, and other white space.
    #[region_cache::cached(cache = "world.cache", region = "printed", key = "k", fingerprint)]
    pub(super) async fn printed(world: &World) -> u64 {
        // The same code.
        world.run();

        1
    }
}

mod after {
    use super::World;

    #[region_cache::cached(cache = "world.cache", region = "printed", key = "k", fingerprint)]
    pub(super) async fn printed(world: &World) -> u64 {
        world.run();
        2
    }
}

#[tokio::test]
async fn a_fingerprint_changes_with_the_code() {
    let world = World::new().await;
    assert_eq!(before::printed(&world).await, 1);
    assert_eq!(same::printed(&world).await, 1);
    assert_eq!(world.ran(), 1);
    assert_eq!(after::printed(&world).await, 2, "it does not take what the old code made");
}

mod aliased {
    pub(super) use region_cache as library;
}

#[cached(cache = "world.cache", crate = aliased::library)]
async fn elsewhere(world: &World, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn the_library_may_go_by_another_name() {
    let world = World::new().await;
    assert_eq!(elsewhere(&world, 7).await, 7);
    assert!(elsewhere::invalidate(&world, 7).await.unwrap());
}
