//! What a handler is given to work on regions with, and what it may say.

use std::fmt;

use region_cache::{Cache, Region};

/// The regions of the cache that a request came through: an extension of every request that a
/// [`RegionCacheLayer`](crate::RegionCacheLayer) passes on, and an extractor for axum.
///
/// ```
/// use axum::Router;
/// use axum::http::StatusCode;
/// use axum::routing::post;
/// use region_cache_tower::Regions;
///
/// async fn reload(regions: Regions) -> Result<StatusCode, StatusCode> {
///     let gone = regions.pages("shop.tools").invalidate().await; // the pages below /shop/tools
///     gone.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
///     Ok(StatusCode::NO_CONTENT)
/// }
///
/// let app: Router = Router::new().route("/admin/reload", post(reload));
/// # let _ = app;
/// ```
#[derive(Clone)]
pub struct Regions {
    cache: Cache,
    prefix: String,
    own: String,
}

impl Regions {
    pub(crate) fn new(cache: &Cache, prefix: &str, own: &str) -> Self {
        Self { cache: cache.clone(), prefix: prefix.to_owned(), own: own.to_owned() }
    }

    /// The region in which the pages of this request's path live.
    pub fn own(&self) -> Region {
        self.cache.region(&self.own)
    }

    /// Any region of the cache, by its whole path.
    pub fn region(&self, path: &str) -> Region {
        self.cache.region(path)
    }

    /// A region of pages: `shop.tools` for those of `/shop/tools` and below, wherever the layer's
    /// [`prefix`](crate::RegionCacheLayer::prefix) puts them. The empty path stands for all of them.
    pub fn pages(&self, path: &str) -> Region {
        match (self.prefix.as_str(), path) {
            ("", "") => self.cache.root(),
            ("", path) => self.cache.region(path),
            (prefix, "") => self.cache.region(prefix),
            (prefix, path) => self.cache.region(prefix).region(path),
        }
    }

    /// The cache itself.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regions").field("own", &self.own).finish_non_exhaustive()
    }
}

/// Regions that fall with a response: an extension of responses. With axum, return a
/// `Region` of `region_cache_tower` instead.
///
/// When the response is no error (a status below 400), the layer invalidates them before it passes the
/// response on, and goes on with that if the client leaves meanwhile. Where it fails it is done again until
/// it is confirmed, as long as the process lives; `Cache-Status` then says `detail=invalidation-failed`. A
/// handler that must know calls [`Region::invalidate`] itself.
///
/// ```
/// use region_cache_tower::Invalidates;
///
/// let mut response = http::Response::new("changed");
/// response.extensions_mut().insert(Invalidates::from("shop.catalog").and("shop.offers"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Invalidates(Vec<Falls>);

/// One that falls.
#[derive(Clone, Debug)]
enum Falls {
    Path(String),
    Region(Region),
}

impl Invalidates {
    /// Another region beside them.
    #[must_use]
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// The regions, in the cache of the layer where only their path is known.
    pub(crate) fn regions(self, cache: &Cache) -> impl Iterator<Item = Region> {
        self.0.into_iter().map(|falls| match falls {
            Falls::Path(path) => cache.region(&path),
            Falls::Region(region) => region,
        })
    }
}

impl From<&str> for Invalidates {
    fn from(path: &str) -> Self {
        Self(vec![Falls::Path(path.to_owned())])
    }
}

impl From<String> for Invalidates {
    fn from(path: String) -> Self {
        Self(vec![Falls::Path(path)])
    }
}

impl From<&Region> for Invalidates {
    fn from(region: &Region) -> Self {
        Self(vec![Falls::Region(region.clone())])
    }
}

impl From<Region> for Invalidates {
    fn from(region: Region) -> Self {
        Self(vec![Falls::Region(region)])
    }
}
