//! One computation for all who ask; several keys at once; errors; and remembering that there is nothing.
//!
//! Run with: `cargo run --example get_or_compute [url]`; without a URL it works in memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use region_cache::{BoxError, Cache};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let cache = Cache::connect(&url).await?;
    let soon = Duration::from_secs(5);
    let users = cache.region("example.users").with(|o| o.negative_ttl(soon));
    users.invalidate().await?; // what an earlier run has left there
    let database = Arc::new(Database::default());

    // A thousand callers miss at once. One of them asks the database, and the others wait for it.
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let (users, database) = (users.clone(), Arc::clone(&database));
        callers.spawn(async move { users.get_or_compute(7, || database.name(7)).await });
    }
    while let Some(ended) = callers.join_next().await {
        assert_eq!(ended??, "user 7");
    }
    println!("1000 callers: {} query", database.queries());
    assert_eq!(database.queries(), 1);

    // An error is not stored. All who waited get it, and the next who asks tries again.
    let error = users.get_or_compute(13, || database.name(13)).await.expect_err("it has none");
    let original = error.downcast_ref::<io::Error>().ok_or("the database's own error")?;
    println!("user 13: {error}");
    assert!(error.is_compute() && original.kind() == io::ErrorKind::NotFound);
    assert_eq!(users.get_or_insert_with(13, async || "nobody".to_owned()).await?, "nobody");

    // Of several keys the loader gets those that are missing, all in one call.
    let before = database.queries();
    let names: Vec<Option<String>> = users
        .get_or_compute_many([7, 8, 9, 404], |missing| database.names(missing)) // `.. where id in (..)`
        .await?;
    println!("four users: {} query, {names:?}", database.queries() - before);
    assert_eq!(database.queries() - before, 1);
    assert_eq!(names[2].as_deref(), Some("user 9"));
    assert_eq!(names[3], None, "the loader left it out, and nothing is stored for it");

    // That there is nothing can be remembered too: a value that is an `Option`, with a time to live of
    // its own.
    let before = database.queries();
    for _ in 0..3 {
        let nobody = users.get_or_compute(404, || database.find(404)).await?;
        assert_eq!(nobody, None::<String>);
    }
    println!("asked three times for nobody: {} query", database.queries() - before);
    assert_eq!(database.queries() - before, 1);
    assert!(users.ttl(404).await?.is_some_and(|left| left <= soon));

    // What is invalidated while it is computed is handed to its caller, but not stored.
    let name = users
        .get_or_compute(10, async || -> Result<String, BoxError> {
            let name = database.name(10).await?;
            users.invalidate().await?; // somebody else, usually
            Ok(name)
        })
        .await?;
    println!("{name} was overtaken; stored is {:?}", users.get::<String>(10).await?);
    assert_eq!(users.get::<String>(10).await?, None);

    let stats = cache.stats();
    println!("{} hits, {} computations, {} joined", stats.hits, stats.computations, stats.joined);
    cache.shutdown().await;
    Ok(())
}

/// It knows users up to 100, and counts its queries.
#[derive(Default)]
struct Database(AtomicU32);

impl Database {
    async fn find(&self, id: u32) -> Result<Option<String>, io::Error> {
        self.query().await;
        Ok((id < 100 && id != 13).then(|| format!("user {id}")))
    }

    async fn name(&self, id: u32) -> Result<String, io::Error> {
        self.find(id).await?.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such user"))
    }

    async fn names(&self, ids: Vec<u32>) -> Result<Vec<(u32, String)>, io::Error> {
        self.query().await;
        Ok(ids.into_iter().filter(|id| *id < 100).map(|id| (id, format!("user {id}"))).collect())
    }

    async fn query(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        pace.tick().await; // the first is at once
        pace.tick().await;
    }

    fn queries(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
