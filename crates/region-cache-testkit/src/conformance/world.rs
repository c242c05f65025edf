use std::sync::Arc;
use std::time::Duration;

use region_cache::backend::{Address, Backend, Id};
use region_cache::{Cache, CacheBuilder, Clock, Region};

use super::Fixture;

/// What a case has to itself: a namespace, caches on it, and the time.
#[derive(Debug)]
pub struct World {
    fixture: Box<dyn Fixture>,
    backend: Arc<dyn Backend>,
    namespace: String,
    cache: Cache,
}

impl World {
    /// A world in which nothing is stored yet.
    pub async fn new<F: Fixture>() -> Self {
        let fixture = F::start().await;
        let backend = fixture.connect().await;
        let namespace = format!("case-{:?}", Id::random());
        let builder = Cache::builder()
            .backend(Arc::clone(&backend))
            .clock(fixture.clock().clone())
            .namespace(&namespace);
        let cache = builder.build().await.expect("the fixture's backend answers");
        Self { fixture: Box::new(fixture), backend, namespace, cache }
    }

    /// The cache, with no options.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// A region of the cache.
    pub fn region(&self, path: &str) -> Region {
        self.cache.region(path)
    }

    /// A builder of caches that share storage, namespace and time with this one, in this process.
    pub fn builder(&self) -> CacheBuilder {
        Cache::builder().backend(self.backend()).clock(self.clock()).namespace(&self.namespace)
    }

    /// A cache that shares storage, namespace and time with this one, but not its options.
    pub async fn cache_with(&self, change: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Cache {
        change(self.builder()).build().await.expect("the case asks for options that make sense")
    }

    /// The same cache as another process would have it.
    pub async fn other(&self) -> Cache {
        let backend = self.connect().await;
        self.cache_with(|builder| builder.backend(backend)).await
    }

    /// The backend of this process, for a decorator to wrap.
    pub fn backend(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.backend)
    }

    /// The backend as another process would have it.
    pub async fn connect(&self) -> Arc<dyn Backend> {
        self.fixture.connect().await
    }

    /// How the backend knows the region at this path.
    pub fn address(&self, path: &str) -> Address {
        Address::parse(&self.namespace, path).expect("the case names a region well")
    }

    /// The namespace that is this case's own. It leaves room for a suffix.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The clock that the caches go by.
    pub fn clock(&self) -> Clock {
        self.fixture.clock().clone()
    }

    /// Where backends may differ.
    pub fn fixture(&self) -> &dyn Fixture {
        self.fixture.as_ref()
    }

    /// Lets time pass.
    pub async fn pass(&self, time: Duration) {
        self.fixture.pass(time).await;
    }

    /// Asserts a time to live, as exactly as the backend can keep it.
    #[track_caller]
    pub fn assert_ttl(&self, found: Option<Duration>, wanted: Duration) {
        let found = found.expect("the key is present");
        let slack = if self.fixture.exact_expiry() { Duration::ZERO } else { SLACK };
        assert!(
            found <= wanted + slack && found >= wanted.saturating_sub(slack),
            "the key lives for {found:?} more, not for {wanted:?}",
        );
    }
}

const SLACK: Duration = Duration::from_secs(2);
