//! Loaders, and how a case keeps them in hand.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{LocalBoxFuture, join};
use futures::poll;
use region_cache::{BoxError, Cache, Region, Result};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::World;
use super::samples::{Runs, SECOND};

/// What a loader comes to.
pub(super) type Loaded<T = i64> = Result<T, BoxError>;

/// The error of a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OutOfOrder(pub(super) u32);

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "out of order, number {}", self.0)
    }
}

impl std::error::Error for OutOfOrder {}

/// A loader that gives a number. Callers of another type would not join, so there is one for all.
pub(super) async fn load(value: i64) -> Loaded {
    give(value).await
}

/// A loader that gives a value.
pub(super) async fn give<T>(value: T) -> Loaded<T> {
    yield_now().await;
    Ok(value)
}

/// A loader that fails.
pub(super) async fn fail<T>() -> Loaded<T> {
    yield_now().await;
    Err(OutOfOrder(7).into())
}

/// A loader that nobody may call. Where a stale value can stand in this would stay hidden: there, count.
pub(super) async fn never<T>() -> Loaded<T> {
    yield_now().await;
    panic!("nobody should compute this")
}

/// Where loaders wait until the case lets them go on.
#[derive(Debug)]
pub(super) struct Door {
    came: Runs,
    open: Semaphore,
}

impl Door {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { came: Runs::default(), open: Semaphore::new(0) })
    }

    /// Waits before the door, and gives a number when it opens.
    pub(super) async fn load(&self, value: i64) -> Loaded {
        self.give(value).await
    }

    /// The same with any value.
    pub(super) async fn give<T>(&self, value: T) -> Loaded<T> {
        self.pass().await;
        Ok(value)
    }

    /// Waits before the door; who came as which one, counted from 1.
    pub(super) async fn pass(&self) -> u32 {
        let number = self.came.begin();
        if let Ok(permit) = self.open.acquire().await {
            permit.forget();
        }
        number
    }

    /// Lets all pass, now and later.
    pub(super) fn unhinge(&self) {
        self.open.close();
    }

    /// How many have come so far.
    pub(super) fn came(&self) -> u32 {
        self.came.count()
    }

    /// Waits until so many have come.
    pub(super) async fn until_came(&self, count: u32) {
        until("a loader is called", || self.came() >= count).await;
    }
}

/// Knows whether something is still there.
#[derive(Debug, Default)]
pub(super) struct Watched(Arc<AtomicBool>);

/// Goes with what it was put into.
#[derive(Debug)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Watched {
    pub(super) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.0))
    }

    pub(super) fn is_gone(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets others go on until something holds.
pub(super) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it never came about that {what}");
        yield_now().await;
    }
}

/// Lets others go on until a key has this value.
pub(super) async fn until_stored(region: &Region, key: &str, value: i64) -> Result<()> {
    let began = Instant::now();
    while region.get::<i64>(key).await? != Some(value) {
        assert!(began.elapsed() < PATIENCE, "`{key}` never became {value}");
        yield_now().await;
    }
    Ok(())
}

/// Polls a future, and lets others go on, until something holds; it must not end before.
pub(super) async fn drive<F: Future + Unpin>(future: &mut F, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(poll!(&mut *future).is_pending(), "it ended too early");
        assert!(began.elapsed() < PATIENCE, "it never came as far");
        yield_now().await;
    }
}

/// Polls a future, and lets others go on, for a while; it must not end.
pub(super) async fn drive_on<F: Future + Unpin>(future: &mut F, cache: &Cache) -> Result<()> {
    match futures::future::select(future, Box::pin(settle(cache))).await {
        futures::future::Either::Left(_) => panic!("it ended too early"),
        futures::future::Either::Right((settled, _)) => settled,
    }
}

/// Lets others go on as far as they get: what they have sent by now is answered.
pub(super) async fn settle(cache: &Cache) -> Result<()> {
    for _ in 0..5 {
        cache.ping().await?;
        for _ in 0..20 {
            yield_now().await;
        }
    }
    Ok(())
}

/// Lets time pass second by second, so that whoever renews a lease does so in time.
pub(super) async fn pass_slowly(world: &World, seconds: u32) -> Result<()> {
    for _ in 0..seconds {
        settle(world.cache()).await?;
        world.pass(SECOND).await;
    }
    settle(world.cache()).await
}

/// What `compute` comes to while `act` happens: after its loader came to the door, and before that
/// is opened.
pub(super) fn meanwhile<'a, T: 'a, A: 'a>(
    door: &'a Door,
    compute: impl Future<Output = Result<T>> + 'a,
    act: impl Future<Output = Result<A>> + 'a,
) -> LocalBoxFuture<'a, Result<(T, A)>> {
    let act = async {
        door.until_came(1).await;
        let acted = act.await;
        door.unhinge();
        acted
    };
    Box::pin(async {
        let (computed, acted) = join(compute, act).await;
        let acted = acted?;
        Ok((computed?, acted))
    })
}

/// How long a case waits for what must come about.
const PATIENCE: Duration = Duration::from_secs(20);
