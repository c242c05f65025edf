//! The cache: where regions come from.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Backend, Id};
use crate::defer::{after_commit, put_off};
use crate::engine::Engine;
use crate::error::{BoxError, Result};
use crate::event::EventStream;
use crate::invalidate::Invalidated;
use crate::region::Region;
use crate::signal::Signal;
use crate::signals::Emitted;
use crate::stats::Stats;
use crate::time::{Clock, Stopwatch};

/// A cache: a tree of regions in one namespace. Cloning gives another handle to the same cache.
///
/// ```
/// use region_cache::Cache;
///
/// # futures::executor::block_on(async {
/// let cache = Cache::in_memory();
/// let item = cache.region("shop.catalog.42");
/// item.set("price", &1999).await?;
/// assert_eq!(item.get::<i64>("price").await?, Some(1999));
///
/// cache.region("shop").invalidate().await?;
/// assert_eq!(item.get::<i64>("price").await?, None);
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Cache(pub(crate) Arc<Engine>);

impl Cache {
    /// The region at a path: segments joined by dots, each made by [`segment`](crate::segment()) where
    /// it comes from elsewhere. Does no I/O and never fails; a bad path gives
    /// [`InvalidName`](crate::ErrorKind::InvalidName) at the first call on the handle, before
    /// anything is sent.
    pub fn region(&self, path: &str) -> Region {
        Region::new(Arc::clone(&self.0), path, None)
    }

    /// The whole namespace: its path is empty, it holds no entries, its children are the roots.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// cache.region("shop.catalog").set("k", &1).await?;
    /// cache.region("blog").set("k", &1).await?;
    /// let roots = cache.root().children().await?;
    /// assert_eq!(roots, [cache.region("blog"), cache.region("shop")]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn root(&self) -> Region {
        Region::top(Arc::clone(&self.0))
    }

    /// Invalidates every region of the namespace. Other namespaces are not touched.
    ///
    /// # Errors
    ///
    /// As for [`Region::invalidate`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// cache.region("shop").set("price", &1999).await?;
    /// cache.clear().await?;
    /// assert_eq!(cache.region("shop").len().await?, 0);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn clear(&self) -> Result<Invalidated> {
        self.root().invalidate().await
    }

    /// Emits a signal: when this returns, every region that is bound to it, in whatever process, has
    /// fallen, and those who listen were told. See [`Region::invalidate_on`].
    ///
    /// The signal is written down first: should this process die half-way, another that listens sees to
    /// the rest within five seconds. Closures of other processes
    /// ([`invalidate_on_with`](Region::invalidate_on_with)) run when they hear of it, a moment later.
    ///
    /// # Errors
    ///
    /// As for [`Region::invalidate`]: then some of it may have fallen.
    /// [`InvalidName`](crate::ErrorKind::InvalidName) for a bad name, and
    /// [`Recursion`](crate::ErrorKind::Recursion) where
    /// [signals lead to each other](crate::Signal::caused_by) without end.
    ///
    /// ```
    /// # use region_cache::{Cache, Signal};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let catalog = cache.region("shop.catalog");
    /// catalog.invalidate_on("catalog.changed").await?;
    /// catalog.set("size", &2).await?;
    ///
    /// assert_eq!(cache.emit("catalog.changed").await?.regions, 1);
    /// assert_eq!(catalog.get::<i64>("size").await?, None);
    /// cache.emit(Signal::new("user.updated").payload(&42)?).await?;
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn emit(&self, signal: impl Into<Signal>) -> Result<Emitted> {
        let signal = signal.into();
        signal.check()?;
        let later = (Arc::clone(&self.0), signal.clone());
        if put_off(|| async move { later.0.emit(later.1).await.map(drop) }) {
            return Ok(Emitted::default());
        }
        self.0.emit(signal).await
    }

    /// Runs a commit, and then what was to fall with it: calls of [`invalidate`](Region::invalidate),
    /// [`clear`](Self::clear), [`remove`](Region::remove), [`remove_many`](Region::remove_many),
    /// [`expire`](Region::expire) and [`emit`](Self::emit) within, of this cache and of any other, are put
    /// off until it returned `Ok`, and then made together. So nobody can fill in between what the commit
    /// is about to change, and one that fails invalidates nothing. Within, these calls tell nothing of
    /// what they will do (`false`, 0). A call within another waits for the outer one. Dropping the future
    /// after the commit stops nothing.
    ///
    /// A process that dies between the commit and the invalidation leaves what it changed in the cache,
    /// stale, until it expires. Where that matters, see [`Region::guarded`].
    ///
    /// # Errors
    ///
    /// What the commit fails with is [`Other`](crate::ErrorKind::Other), found by
    /// [`downcast_ref`](crate::Error::downcast_ref); nothing was invalidated then. Any other error is of an
    /// invalidation: the commit has succeeded, and an invalidation, removal or expiry that failed is done again until it
    /// is confirmed.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # struct Transaction;
    /// # impl Transaction { async fn commit(self) -> Result<u64, std::io::Error> { Ok(7) } }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let users = cache.region("users");
    /// users.set("7", "Ada").await?;
    /// # let transaction = Transaction;
    /// let id = cache.after_commit(async || {
    ///     users.invalidate().await?; // wherever it belongs, deep in the code
    ///     let id = transaction.commit().await?;
    ///     Ok::<_, BoxError>(id)
    /// }).await?;
    /// assert_eq!(id, 7);
    /// assert_eq!(users.get::<String>("7").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn after_commit<T, F, Fut, E>(&self, commit: F) -> Result<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Into<BoxError>,
    {
        after_commit(&self.0.tasks, commit).await
    }

    /// The events that a pattern stands for, from now on: signals by their names, and invalidations by
    /// the paths of regions, those of regions above too. See [`Patterns`](crate::Patterns) for `*`.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](crate::ErrorKind::InvalidName) for a bad pattern, and
    /// [`Unavailable`](crate::ErrorKind::Unavailable) where the backend does not let us listen in time.
    ///
    /// ```
    /// # use futures::StreamExt;
    /// # use region_cache::{Cache, Event};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let mut events = cache.subscribe("catalog.*").await?;
    /// cache.emit("catalog.changed").await?;
    /// match events.next().await {
    ///     Some(Event::Signal(signal)) => assert_eq!(signal.name(), "catalog.changed"),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn subscribe(&self, pattern: &str) -> Result<EventStream> {
        self.0.subscribe(pattern).await
    }

    /// The id by which other caches know this one, in [`Signal::by`].
    pub fn instance(&self) -> Id {
        self.0.hub.me
    }

    /// Asks the backend for an answer; how long it took.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) or [`Timeout`](crate::ErrorKind::Timeout)
    /// where none comes.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// assert!(Cache::in_memory().ping().await?.as_secs() < 1);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn ping(&self) -> Result<Duration> {
        let watch = Stopwatch::start();
        self.0.link.ping().await?;
        Ok(watch.elapsed())
    }

    /// The backend: for another cache in the same process to share, or for a decorator.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// let staging = Cache::builder().backend(cache.backend()).namespace("staging").build().await?;
    /// staging.region("shop").set("price", &1999).await?;
    /// assert_eq!(cache.stats().entries, 1);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn backend(&self) -> Arc<dyn Backend> {
        Arc::clone(self.0.link.backend())
    }

    /// The clock that this cache takes its time from: see [`CacheBuilder::clock`](crate::CacheBuilder::clock).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// let clock = Cache::in_memory().clock();
    /// let later = clock.now().saturating_add(Duration::from_secs(60));
    /// assert!(later.since(clock.now()) <= Duration::from_secs(60));
    /// ```
    pub fn clock(&self) -> Clock {
        self.0.link.clock().clone()
    }

    /// What this cache has seen and done in this process, and what it holds.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Ends every background task and waits for it. Other handles of this cache, its regions and
    /// whatever they still have under way, give [`Closed`](crate::ErrorKind::Closed) errors from
    /// then on.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// let shop = cache.region("shop");
    /// cache.shutdown().await;
    /// assert!(shop.len().await.unwrap_err().is_closed());
    /// # });
    /// ```
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("namespace", &self.0.namespace.as_str())
            .field("backend", self.0.link.backend())
            .finish_non_exhaustive()
    }
}
