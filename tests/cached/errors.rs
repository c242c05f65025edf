//! What a function that can fail gives when it does, to whom.

use std::fmt;
use std::time::Duration;

use region_cache::{Error, cached};
use region_cache_testkit::backends::{Failing, Operation};

use super::world::{DbError, World};

/// An error that can be cloned.
#[derive(Clone, Debug, PartialEq)]
enum Cloneable {
    Gone(u64),
    Cache(String, Option<Box<Self>>),
}

impl fmt::Display for Cloneable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Cloneable {}

impl From<Error> for Cloneable {
    fn from(error: Error) -> Self {
        let source = error.downcast_ref::<Self>().cloned().map(Box::new);
        Self::Cache(error.to_string(), source)
    }
}

/// An error with a text, and whether it is the cache's.
struct Text(String, bool);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Text {
    fn from(error: Error) -> Self {
        Self(format!("the cache: {error}"), true)
    }
}

#[cached(cache = "world.cache", key = "{id}")]
async fn cloneable(world: &World, id: u64) -> Result<u64, Cloneable> {
    world.run();
    World::dawdle().await;
    Err(Cloneable::Gone(id))
}

#[cached(cache = "world.cache", key = "{id}")]
async fn text(world: &World, id: u64) -> Result<u64, Text> {
    world.run();
    World::dawdle().await;
    Err(Text(format!("{id} is gone"), false))
}

#[cached(cache = "world.cache", key = "{id}")]
async fn neither(world: &World, id: u64) -> Result<u64, DbError> {
    world.run();
    World::dawdle().await;
    Err(DbError::Gone(id))
}

/// The errors of two calls at the same time: first that of the one whose body ran.
macro_rules! both {
    ($call:expr, $is_own:pat) => {{
        let (one, two) = futures::join!($call, $call);
        let (one, two) = (one.err().unwrap(), two.err().unwrap());
        if matches!(one, $is_own) { (one, two) } else { (two, one) }
    }};
}

#[tokio::test]
async fn who_computed_has_its_own_error_and_who_waited_the_caches() {
    let world = World::new().await;
    let (own, told) = both!(cloneable(&world, 7), Cloneable::Gone(_));
    assert_eq!(own, Cloneable::Gone(7));
    let Cloneable::Cache(said, source) = told else { panic!("{told:?}") };
    assert!(said.contains("Gone(7)"), "{said}");
    assert_eq!(source, Some(Box::new(Cloneable::Gone(7))), "it can be cloned");

    let (own, told) = both!(text(&world, 7), Text(_, false));
    assert_eq!(own.0, "7 is gone");
    assert!(told.0.starts_with("the cache: ") && told.0.contains("7 is gone"), "{told}");

    let (own, told) = both!(neither(&world, 7), DbError::Gone(_));
    assert!(matches!(own, DbError::Gone(7)));
    let told = told.cache();
    assert!(told.is_compute());
    assert!(told.to_string().contains("DbError"), "{told}");
    assert_eq!(world.ran(), 3);
}

#[tokio::test]
async fn errors_are_not_cached() {
    let world = World::new().await;
    for _ in 0..3 {
        neither(&world, 7).await.unwrap_err();
    }
    assert_eq!(world.ran(), 3);
    assert_eq!(world.cache.stats().fills, 0);
}

/// A `Result` of this module.
type LocalResult<T, E = DbError> = Result<T, E>;

mod io {
    pub(super) type Result<T> = std::result::Result<T, super::DbError>;
}

/// What was found, and no `Result`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct SearchResult {
    hits: u64,
}

#[cached(cache = "world.cache")]
async fn local(world: &World, id: u64) -> LocalResult<u64> {
    world.run();
    if id == 0 { Err(DbError::Gone(0)) } else { Ok(id) }
}

#[cached(cache = "world.cache")]
async fn like_io(world: &World, id: u64) -> io::Result<Option<u64>> {
    world.run();
    if id == 0 { Err(DbError::Gone(0)) } else { Ok(None) }
}

#[cached(cache = "world.cache")]
async fn of_the_cache(world: &World, id: u64) -> region_cache::Result<u64> {
    world.run();
    if id == 0 { Err(Error::other("gone")) } else { Ok(id) }
}

#[cached(cache = "world.cache")]
async fn search(world: &World, id: u64) -> SearchResult {
    world.run();
    SearchResult { hits: id }
}

#[cached(cache = "world.cache")]
async fn checked(world: &World, id: u64) -> Result<(), DbError> {
    world.run();
    if id == 0 { Err(DbError::Gone(0)) } else { Ok(()) }
}

#[tokio::test]
async fn a_result_may_go_by_another_name() {
    let world = World::new().await;
    for id in [0, 0, 1, 1] {
        assert_eq!(local(&world, id).await.is_ok(), id > 0);
        assert_eq!(like_io(&world, id).await.is_ok(), id > 0);
        assert_eq!(of_the_cache(&world, id).await.is_ok(), id > 0);
        assert_eq!(checked(&world, id).await.is_ok(), id > 0);
        assert_eq!(search(&world, id).await, SearchResult { hits: id });
    }
    // Errors are not stored, nor is `Ok(None)`.
    assert_eq!(world.ran(), 3 + 4 + 3 + 3 + 2);
}

#[tokio::test]
async fn an_error_may_be_the_caches_own() {
    let world = World::new().await;
    let error = of_the_cache(&world, 0).await.unwrap_err();
    assert_eq!(error.to_string(), Error::other("gone").to_string());
}

#[cached(cache = "world.cache", key = "{id}", options = |o| o.max_value_bytes(10))]
async fn large(world: &World, id: u64) -> Result<String, DbError> {
    world.run();
    Ok("x".repeat(100))
}

#[cached(cache = "world.cache", key = "{id}")]
async fn panicking(world: &World, id: u64) -> Result<String, DbError> {
    world.run();
    panic!("no {id}")
}

#[cached(cache = "world.cache", region = "a.{name}", key = "k", ttl = Duration::ZERO)]
async fn misconfigured(world: &World, name: &str) -> Result<u64, DbError> {
    world.run();
    Ok(name.len() as u64)
}

#[tokio::test]
async fn what_the_cache_cannot_do_is_said() {
    let world = World::new().await;
    assert!(large(&world, 7).await.unwrap_err().cache().is_too_large());
    let panic = panicking(&world, 7).await.unwrap_err().cache();
    assert!(panic.is_panic() && panic.to_string().contains("no 7"), "{panic}");
    assert!(misconfigured(&world, "x").await.unwrap_err().cache().is_config());
}

#[cached(cache = "world.cache", key = "{id}")]
async fn fine(world: &World, id: u64) -> Result<u64, DbError> {
    world.run();
    Ok(id)
}

#[tokio::test]
async fn without_a_backend_it_is_computed_and_not_stored() {
    let world = World::new().await;
    let (failing, shaky) = world.behind(Failing::new).await;
    failing.fail(Operation::ALL);
    for _ in 0..2 {
        assert_eq!(fine(&shaky, 7).await.unwrap(), 7);
    }
    assert_eq!(world.ran(), 2);
    assert!(fine::invalidate(&shaky, 7).await.unwrap_err().is_unavailable());
    assert!(fine::invalidate_all(&shaky).await.unwrap_err().is_unavailable());
    assert!(fine::refresh(&shaky, 7).await.unwrap_err().cache().is_unavailable());
    let (refusing, shaky) = world.behind(Failing::new).await;
    refusing.fail_with(Operation::ALL, region_cache::ErrorKind::Denied);
    assert!(fine(&shaky, 7).await.unwrap_err().cache().is_denied());
}
