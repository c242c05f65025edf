//! The layer, and all that it can be told.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, StatusCode, request, response};
use region_cache::{Cache, Key};
use tower::Layer;

use crate::config::Config;
use crate::query::Query;
use crate::service::RegionCache;

/// Caches the responses of the services that it is laid around: see the [front page](crate).
///
/// Cloning is cheap. Services made by clones share what they store.
///
/// ```
/// use std::time::Duration;
/// use axum::{Router, routing::get};
/// use region_cache::Cache;
/// use region_cache_tower::RegionCacheLayer;
///
/// let pages = RegionCacheLayer::new(Cache::in_memory())
///     .ttl(Duration::from_secs(60))
///     .stale_for(Duration::from_secs(3600))
///     .x_cache(true);
/// let app: Router = Router::new()
///     .route("/shop/{category}/{id}", get(async || "a page"))
///     .layer(pages);
/// # let _ = app;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing before it is laid around a service"]
pub struct RegionCacheLayer {
    config: Arc<Config>,
}

impl RegionCacheLayer {
    /// Keeps responses in this cache, and otherwise as the methods below say by default.
    pub fn new(cache: Cache) -> Self {
        Self { config: Arc::new(Config::new(cache)) }
    }

    fn set(mut self, set: impl FnOnce(&mut Config)) -> Self {
        set(Arc::make_mut(&mut self.config));
        self
    }
}

/// # Regions and keys
impl RegionCacheLayer {
    /// The region beneath which pages live; a path of several segments is allowed, and the empty one
    /// puts them at the top: `/shop/tools` then lives in `shop.tools`, beside whatever else lives there.
    /// Default: `http`.
    ///
    /// What can be no region, such as `a b`, is told in the log and in `Cache-Status`, and nothing is
    /// cached.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        self.set(|config| config.prefix = prefix.into())
    }

    /// The region of a request, in place of the one made of its path: a whole path, with no prefix put in
    /// front. What comes from the request goes through [`segment`](region_cache::segment()).
    ///
    /// ```
    /// # use region_cache::{Cache, segment};
    /// # use region_cache_tower::RegionCacheLayer;
    /// # let cache = Cache::in_memory();
    /// let layer = RegionCacheLayer::new(cache).region(|parts| {
    ///     let tenant = parts.headers.get("x-tenant").map_or(&b"none"[..], |t| t.as_bytes());
    ///     format!("tenants.{}.pages", segment(tenant))
    /// });
    /// # let _ = layer;
    /// ```
    pub fn region<R: Into<String>>(
        self,
        region: impl Fn(&request::Parts) -> R + Send + Sync + 'static,
    ) -> Self {
        self.set(|config| config.region = Some(Arc::new(move |parts| region(parts).into())))
    }

    /// The key of a request within its region, in place of the one made of host, path, query and headers.
    /// (Flask-Caching's `make_cache_key`.) What it leaves out, and a handler looks at all the same, gets
    /// into the page of somebody else. `Vary` still counts.
    ///
    /// ```
    /// # use region_cache::{Cache, Key};
    /// # use region_cache_tower::RegionCacheLayer;
    /// # let cache = Cache::in_memory();
    /// let layer = RegionCacheLayer::new(cache)
    ///     .key_with(|parts| Key::of(&(parts.uri.path(), parts.uri.query())));
    /// # let _ = layer;
    /// ```
    pub fn key_with<K: Into<Key>>(
        self,
        key: impl Fn(&request::Parts) -> K + Send + Sync + 'static,
    ) -> Self {
        self.set(|config| config.key = Some(Arc::new(move |parts| key(parts).into())))
    }

    /// Which parameters of the query count; the others, no handler sees. (Flask-Caching's
    /// `query_string`.) Default: [`Query::All`].
    pub fn query(self, query: Query) -> Self {
        self.set(|config| config.query = query)
    }

    /// Request headers that are in the key, whether a response names them in `Vary` or not. Default: those
    /// from which frameworks build links, such as `X-Forwarded-Host`, are always there.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # use region_cache_tower::RegionCacheLayer;
    /// use http::header::{ACCEPT_LANGUAGE, COOKIE};
    ///
    /// let layer = RegionCacheLayer::new(Cache::in_memory()).vary_by([ACCEPT_LANGUAGE, COOKIE]);
    /// # let _ = layer;
    /// ```
    pub fn vary_by(self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        self.set(|config| config.vary_by = headers.into_iter().collect())
    }
}

/// # What is cached, and for how long
impl RegionCacheLayer {
    /// How long responses are fresh that do not say so themselves, by `Cache-Control` or `Expires`.
    /// (Flask-Caching's `timeout`.) Default: such responses are not cached; zero means the same.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.set(|config| config.ttl = ttl)
    }

    /// How long a response that has run out of time may stand in while the handler fails, with a status of
    /// 500 and more or an error. What a response says itself by `stale-if-error` goes before it; one with
    /// `must-revalidate` or `proxy-revalidate` is not kept, nor one with `s-maxage` that says nothing else.
    /// Default: not at all.
    pub fn stale_for(self, time: Duration) -> Self {
        self.set(|config| config.stale_for = time)
    }

    /// The longest body that is stored. Longer ones pass through, whole. Default: 1 MiB.
    ///
    /// The region's [`max_value_bytes`](region_cache::RegionOptions::max_value_bytes), 8 MiB, limits it
    /// too: a response that is longer serves those who wait for it, and is not stored.
    pub fn max_body_bytes(self, bytes: usize) -> Self {
        self.set(|config| config.max_body_bytes = bytes)
    }

    /// Statuses that are cached like 200, beside those that are by themselves: 200, 203, 204, 300, 301 and
    /// 308, and 302, 303 and 307 where they say for how long. No error is: not even 404 and 410.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # use region_cache_tower::RegionCacheLayer;
    /// use http::StatusCode;
    ///
    /// let layer = RegionCacheLayer::new(Cache::in_memory())
    ///     .also_cache([StatusCode::NOT_FOUND, StatusCode::GONE]);
    /// # let _ = layer;
    /// ```
    pub fn also_cache(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.set(|config| config.also = statuses.into_iter().collect())
    }

    /// Whether responses with `Set-Cookie` are cached, and the cookie given to everyone. Default: no.
    pub fn cache_set_cookie(self, cache: bool) -> Self {
        self.set(|config| config.stores_set_cookie = cache)
    }

    /// Requests for which the cache is left alone: nothing is read and nothing stored. (Flask-Caching's
    /// `unless`.)
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # use region_cache_tower::RegionCacheLayer;
    /// let layer = RegionCacheLayer::new(Cache::in_memory())
    ///     .unless(|parts| parts.headers.contains_key("x-preview"));
    /// # let _ = layer;
    /// ```
    pub fn unless(self, ask: impl Fn(&request::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.set(|config| config.unless = Some(Arc::new(ask)))
    }

    /// Requests that are answered anew, whatever is stored, and replace it. (Flask-Caching's
    /// `forced_update`.) Once such a request has come, nothing that was made before it is served.
    pub fn refresh_if(self, ask: impl Fn(&request::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.set(|config| config.refresh_if = Some(Arc::new(ask)))
    }

    /// Responses that may be stored, as far as this goes: it can refuse some, and allow none that the
    /// rules do not. (Flask-Caching's `response_filter`.)
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # use region_cache_tower::RegionCacheLayer;
    /// let layer = RegionCacheLayer::new(Cache::in_memory())
    ///     .store_if(|response| !response.headers.contains_key("x-incomplete"));
    /// # let _ = layer;
    /// ```
    pub fn store_if(self, ask: impl Fn(&response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.set(|config| config.store_if = Some(Arc::new(ask)))
    }

    /// For how long it is remembered that responses to a key cannot be shared, so that requests for it do
    /// not wait for each other. One that can be shared after all ends it. Default: 10 s; zero remembers
    /// nothing.
    pub fn hit_for_pass(self, time: Duration) -> Self {
        self.set(|config| config.hit_for_pass = time)
    }

    /// Whether clients are obeyed who say `no-cache`, `no-store`, `max-age`, `min-fresh` or
    /// `only-if-cached`, which RFC 9111 leaves to the cache. Each `no-cache` is a call of the handler:
    /// where clients are not to be trusted with that, say no. Default: yes.
    pub fn obey_clients(self, obey: bool) -> Self {
        self.set(|config| config.obeys_clients = obey)
    }

    /// Whether a successful request by `POST`, `PUT`, `PATCH`, `DELETE`, or any other method that is not
    /// safe, invalidates the region in which the pages of its path live, and everything beneath, as RFC
    /// 9111 asks for in section 4.4. Default: yes.
    pub fn invalidate_on_unsafe(self, invalidate: bool) -> Self {
        self.set(|config| config.invalidates_on_unsafe = invalidate)
    }
}

/// # What responses say
impl RegionCacheLayer {
    /// Whether stored responses without an `ETag` get one, so that clients can ask whether what they have
    /// is still good. It is a weak one (`W/"…"`), because layers outside of this one may still compress the
    /// body. Default: yes.
    pub fn etag(self, make: bool) -> Self {
        self.set(|config| config.makes_etags = make)
    }

    /// Whether `Cache-Status` (RFC 9211) says what the cache did. Default: yes.
    pub fn cache_status(self, show: bool) -> Self {
        self.set(|config| config.shows_cache_status = show)
    }

    /// Whether `X-Cache` says `HIT`, `STALE`, `MISS` or `BYPASS`. (Flask-Caching's
    /// `response_hit_indication`.) Default: no.
    pub fn x_cache(self, show: bool) -> Self {
        self.set(|config| config.shows_x_cache = show)
    }

    /// Whether `Surrogate-Key` names the region of a stored response and those above it, separated by
    /// spaces, so that a CDN can be told to purge what was invalidated. Default: yes.
    pub fn surrogate_key(self, show: bool) -> Self {
        self.set(|config| config.shows_surrogate_keys = show)
    }
}

impl<S> Layer<S> for RegionCacheLayer {
    type Service = RegionCache<S>;

    fn layer(&self, inner: S) -> RegionCache<S> {
        RegionCache::new(inner, Arc::clone(&self.config))
    }
}
