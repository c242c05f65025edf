//! What a layer was told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, StatusCode, request, response};
use region_cache::{Cache, Key};

use crate::query::Query;

/// Everything that the methods of [`RegionCacheLayer`](crate::RegionCacheLayer) set.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) cache: Cache,
    pub(crate) prefix: String,
    pub(crate) region: Option<Ask<String>>,
    pub(crate) key: Option<Ask<Key>>,
    pub(crate) query: Query,
    pub(crate) vary_by: Vec<HeaderName>,
    pub(crate) unless: Option<Ask<bool>>,
    pub(crate) refresh_if: Option<Ask<bool>>,
    pub(crate) store_if: Option<Judge>,
    pub(crate) ttl: Duration,
    pub(crate) stale_for: Duration,
    pub(crate) hit_for_pass: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) also: Vec<StatusCode>,
    pub(crate) stores_set_cookie: bool,
    pub(crate) obeys_clients: bool,
    pub(crate) makes_etags: bool,
    pub(crate) shows_surrogate_keys: bool,
    pub(crate) shows_cache_status: bool,
    pub(crate) shows_x_cache: bool,
    pub(crate) invalidates_on_unsafe: bool,
}

/// A question about a request.
pub(crate) type Ask<T> = Arc<dyn Fn(&request::Parts) -> T + Send + Sync>;

/// A question about a response.
pub(crate) type Judge = Arc<dyn Fn(&response::Parts) -> bool + Send + Sync>;

impl Config {
    pub(crate) fn new(cache: Cache) -> Self {
        Self {
            cache,
            prefix: "http".to_owned(),
            region: None,
            key: None,
            query: Query::All,
            vary_by: Vec::new(),
            unless: None,
            refresh_if: None,
            store_if: None,
            ttl: Duration::ZERO,
            stale_for: Duration::ZERO,
            hit_for_pass: Duration::from_secs(10),
            max_body_bytes: 1 << 20,
            also: Vec::new(),
            stores_set_cookie: false,
            obeys_clients: true,
            makes_etags: true,
            shows_surrogate_keys: true,
            shows_cache_status: true,
            shows_x_cache: false,
            invalidates_on_unsafe: true,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("cache", &self.cache)
            .field("prefix", &self.prefix)
            .field("query", &self.query)
            .field("vary_by", &self.vary_by)
            .field("ttl", &self.ttl)
            .field("stale_for", &self.stale_for)
            .field("max_body_bytes", &self.max_body_bytes)
            .finish_non_exhaustive()
    }
}
