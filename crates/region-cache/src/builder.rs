//! Setting up a cache. The only place that names a backend.

#[cfg(feature = "config")]
mod config;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::Backend;
use crate::cache::Cache;
use crate::codec::Codec;
use crate::coder::Coder;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::hub::Hub;
use crate::link::Link;
use crate::memory::{LocalBus, Memory};
use crate::name::Namespace;
use crate::null::Null;
use crate::options::{Layers, OnUnavailable, RegionOptions};
use crate::redis::Redis;
use crate::replay::Replay;
use crate::stats::Counters;
use crate::tasks::Tasks;
use crate::time::Clock;

/// Sets up a [`Cache`].
///
/// ```
/// # use std::time::Duration;
/// use region_cache::codec::Json;
/// use region_cache::{Cache, RegionOptions};
///
/// # futures::executor::block_on(async {
/// let cache = Cache::builder()
///     .url("memory:")
///     .namespace("shop-staging")
///     .options(RegionOptions::new().entry_ttl(Duration::from_secs(3600)))
///     .region("shop.sessions", RegionOptions::new().ttl(Duration::from_secs(1800)))
///     .codec(Json)
///     .build()
///     .await?;
/// # cache.ping().await?;
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a builder does nothing before `build`"]
pub struct CacheBuilder {
    url: String,
    /// What the URL was read from, if it is not from code.
    url_from: Option<String>,
    namespace: Option<String>,
    options: RegionOptions,
    regions: Vec<(String, RegionOptions)>,
    memory_capacity: u64,
    file_capacity: u64,
    operation_timeout: Duration,
    connect_lazily: bool,
    on_unavailable: OnUnavailable,
    clock: Clock,
    backend: Option<Arc<dyn Backend>>,
}

impl Cache {
    /// A cache in this process, of up to 256 MiB, without a server. Works outside a runtime.
    pub fn in_memory() -> Self {
        in_memory()
    }

    /// Connects to the cache that a URL names: `memory:` in this process, `null:`, which stores
    /// nothing, `file:<path>`, which [survives a restart](mod@crate::guide::file), or a Redis server:
    /// `redis://[[user]:password@]host[:port][/db]`, `redis+unix:///path`. Everything else is set with [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a URL that is not understood, and whatever
    /// [`ping`](Self::ping) gives where the backend does not answer.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::connect("null:").await?;
    /// cache.region("shop").set("price", &1999).await?;
    /// assert_eq!(cache.region("shop").get::<i64>("price").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder().url(url).build().await
    }

    /// Sets up a cache in every detail.
    pub fn builder() -> CacheBuilder {
        CacheBuilder::new()
    }
}

impl CacheBuilder {
    fn new() -> Self {
        Self {
            url: "memory:".to_owned(),
            url_from: None,
            namespace: None,
            options: RegionOptions::new(),
            regions: Vec::new(),
            memory_capacity: DEFAULT_CAPACITY,
            file_capacity: DEFAULT_FILE_CAPACITY,
            operation_timeout: DEFAULT_TIMEOUT,
            connect_lazily: false,
            on_unavailable: OnUnavailable::default(),
            clock: Clock::system(),
            backend: None,
        }
    }

    /// Which backend: `memory:` (the default), `null:`, `file:<path>`, `redis://[[user]:password@]host[:port][/db]` or
    /// `redis+unix:///path`.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self.url_from = None;
        self
    }

    /// What keeps this cache apart from others on the same server: 1 to 64 of the characters A-Z,
    /// a-z, 0-9, `_` and `-`. Default: `region-cache`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The codec of all regions that do not choose their own: short for
    /// [`options`](Self::options) with a [`codec`](RegionOptions::codec).
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.options = self.options.codec(codec);
        self
    }

    /// The options of all regions, where neither a path's nor a handle's say otherwise.
    pub fn options(mut self, options: RegionOptions) -> Self {
        self.options = options.over(&self.options);
        self
    }

    /// The options of the region at `path` and of all beneath it. Of several matching paths the
    /// longest wins, option by option.
    pub fn region(mut self, path: impl Into<String>, options: RegionOptions) -> Self {
        self.regions.push((path.into(), options));
        self
    }

    /// How many bytes the backend in memory holds, what keeping them costs included, before it evicts
    /// what was not read for longest. Default: 256 MiB.
    pub fn memory_capacity(mut self, bytes: u64) -> Self {
        self.memory_capacity = bytes;
        self
    }

    /// How many bytes the backend in a file (`file:<path>`) holds, what keeping them costs included,
    /// before it evicts the oldest that was not read lately. Default: 1 GiB.
    ///
    /// The file itself may grow to about twice as much, for it is made of pages that are not all full.
    /// See the [guide](mod@crate::guide::file).
    pub fn file_capacity(mut self, bytes: u64) -> Self {
        self.file_capacity = bytes;
        self
    }

    /// How long any one operation on the backend may take: a read then gives
    /// [`Timeout`](ErrorKind::Timeout), a change [`Unconfirmed`](ErrorKind::Unconfirmed).
    /// Default: 1 s.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// Whether [`build`](Self::build) succeeds although the backend does not answer yet. Default: no.
    pub fn connect_lazily(mut self, lazily: bool) -> Self {
        self.connect_lazily = lazily;
        self
    }

    /// What becomes of a computation while the backend cannot be reached. Default: it is made, and
    /// its result handed to its caller without being stored.
    pub fn on_unavailable(mut self, what: OnUnavailable) -> Self {
        self.on_unavailable = what;
        self
    }

    /// Where the cache takes its time from. Default: the system. For tests: see [`Clock::manual`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A backend of one's own, or [another cache's](Cache::backend), in place of the URL's; the URL and
    /// [`memory_capacity`](Self::memory_capacity) then count for nothing. It is lent: a shutdown of
    /// this cache leaves it open.
    pub fn backend(mut self, backend: Arc<dyn Backend>) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Builds the cache, and sees to it that its backend answers.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) or [`InvalidName`](ErrorKind::InvalidName) for what makes no
    /// sense, and what [`Cache::ping`] gives where the backend does not answer.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let error = Cache::builder().url("memroy:").build().await.unwrap_err();
    /// assert!(error.is_config());
    /// # });
    /// ```
    pub async fn build(self) -> Result<Cache> {
        let namespace =
            self.namespace.as_deref().map_or_else(|| Ok(Namespace::default()), Namespace::parse)?;
        if self.operation_timeout.is_zero() {
            return Err(Error::new(
                ErrorKind::Config,
                "`operation_timeout` is zero; nothing could ever be answered in time",
            ));
        }
        for (path, _) in &self.regions {
            namespace.address(path)?;
        }
        let tasks = Arc::new(Tasks::default());
        let (backend, owns_backend) = match &self.backend {
            Some(lent) => (Arc::clone(lent), false),
            None => (self.own_backend(&tasks).map_err(|error| self.naming(error))?, true),
        };
        let layers = Layers::new(self.options, self.regions)?;
        let link = Link::new(backend, self.clock, self.operation_timeout);
        let cache = assemble(namespace, layers, link, tasks, owns_backend, self.on_unavailable);
        if !self.connect_lazily {
            cache.ping().await?;
        }
        Ok(cache)
    }

    /// The backend that the URL names. Messages show no more than its scheme: the rest may hold a
    /// password.
    fn own_backend(&self, tasks: &Arc<Tasks>) -> Result<Arc<dyn Backend>> {
        let scheme = scheme(&self.url);
        match scheme {
            "memory" if is_bare(&self.url) => {
                Ok(Arc::new(Memory::new(self.memory_capacity, self.clock.clone())))
            }
            "null" if is_bare(&self.url) => {
                Ok(Arc::new(Null::new(Arc::new(LocalBus::new(self.clock.clone())))))
            }
            "file" => self.in_file(),
            "redis" | "redis+unix" => {
                Ok(Arc::new(Redis::new(&self.url, Arc::clone(tasks), self.operation_timeout)?))
            }
            _ => Err(Error::new(ErrorKind::Config, wrong_url(scheme))),
        }
    }
}

impl CacheBuilder {
    /// The error of a URL, with where it was read.
    fn naming(&self, error: Error) -> Error {
        match &self.url_from {
            Some(from) => Error::new(error.kind(), format!("{from}: {error}")),
            None => error,
        }
    }
}

#[cfg(feature = "file")]
impl CacheBuilder {
    fn in_file(&self) -> Result<Arc<dyn Backend>> {
        let (clock, is_lazy) = (self.clock.clone(), self.connect_lazily);
        Ok(Arc::new(crate::file::File::new(&self.url, self.file_capacity, clock, is_lazy)?))
    }
}

#[cfg(not(feature = "file"))]
impl CacheBuilder {
    fn in_file(&self) -> Result<Arc<dyn Backend>> {
        let message = "`file:` URLs need the feature `file` of region-cache, which this program was built \
                       without; switch it on in Cargo.toml";
        Err(Error::new(ErrorKind::Config, message))
    }
}

impl fmt::Debug for CacheBuilder {
    /// Without what a URL may hold of secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("url", &format_args!("{}:…", scheme(&self.url)))
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// The cache that nothing was set for, which cannot fail.
fn in_memory() -> Cache {
    let backend = Arc::new(Memory::new(DEFAULT_CAPACITY, Clock::system()));
    let link = Link::new(backend, Clock::system(), DEFAULT_TIMEOUT);
    let tasks = Arc::default();
    assemble(Namespace::default(), Layers::default(), link, tasks, true, OnUnavailable::default())
}

fn assemble(
    namespace: Namespace,
    layers: Layers,
    link: Link,
    tasks: Arc<Tasks>,
    owns_backend: bool,
    on_unavailable: OnUnavailable,
) -> Cache {
    let counters = Arc::new(Counters::default());
    let coder = Coder::new(layers.codecs().cloned().collect(), Arc::clone(&counters));
    let link = Arc::new(link);
    let hub = Hub::new(link.backend().bus());
    let replay = Replay::new(Arc::clone(&link), Arc::clone(&tasks));
    Cache(Arc::new(Engine {
        namespace,
        layers,
        link,
        replay,
        coder,
        tasks,
        owns_backend,
        on_unavailable,
        flights: Arc::default(),
        hub,
        counters,
    }))
}

fn wrong_url(scheme: &str) -> String {
    let right =
        "use `memory:`, `null:`, `file:<path>`, `redis://host:port` or `redis+unix:///path`";
    match scheme {
        "" => format!("the URL of a cache begins with its kind; {right}"),
        "rediss" | "redis+sentinel" | "redis+cluster" => {
            format!("`{scheme}:` URLs name a backend that this version does not have yet; {right}")
        }
        _ => format!("`{scheme}:…` is not the URL of a cache; {right}"),
    }
}

/// Whether a URL says nothing beyond its scheme.
fn is_bare(url: &str) -> bool {
    url.split_once(':').is_some_and(|(_, rest)| matches!(rest, "" | "//"))
}

fn scheme(url: &str) -> &str {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    // What is no scheme is not shown either: a URL without one may begin with the password.
    let is_scheme = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if is_scheme { scheme } else { "" }
}

const DEFAULT_CAPACITY: u64 = 256 << 20;

const DEFAULT_FILE_CAPACITY: u64 = 1 << 30;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
