//! The region: a handle to one node of the tree, and all that can be done with it.

mod compute;
mod counter;
mod entries;
mod set_of;
mod signals;
mod tree;

pub use counter::{Computed, Counter, Zero};
pub use set_of::{Begin, Empty, Members, SetOf};

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::options::RegionOptions;
use crate::place::Place;
use crate::transaction::{Target, TargetKind};

/// A region of a cache: a namespace for entries, with regions beneath it.
///
/// A handle is cheap, does no I/O by itself, and stays good whatever happens to the region: one that
/// was invalidated is empty, and the next write begins it anew. Two handles are equal if they name
/// the same path in the same namespace.
#[derive(Clone)]
pub struct Region {
    engine: Arc<Engine>,
    path: Arc<str>,
    /// What is wrong with the path or the options waits here for the first call.
    place: Result<Place>,
    /// What `with` set on this handle and those that it comes from.
    own: Option<Arc<RegionOptions>>,
}

impl Region {
    pub(crate) fn new(engine: Arc<Engine>, path: &str, own: Option<Arc<RegionOptions>>) -> Self {
        let settings = engine.layers.settings(path, own.as_deref());
        let place = engine
            .namespace
            .address(path)
            .and_then(|address| Ok(Place { address, settings: settings?, own: own.clone() }));
        Self { engine, path: path.into(), place, own }
    }

    pub(crate) fn top(engine: Arc<Engine>) -> Self {
        let address = engine.namespace.top();
        let settings = engine.layers.settings("", None);
        let place = settings.map(|settings| Place { address, settings, own: None });
        Self { engine, path: "".into(), place, own: None }
    }

    /// A region of which every use gives this error.
    pub(crate) fn refusing(self, error: Error) -> Self {
        Self { place: Err(error), ..self }
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Takes note that something was computed without the cache, which could not be used.
    pub(crate) fn note_detour(&self, key: &Key, error: &Error) {
        self.engine.counters.detours.add(1);
        tracing::debug!(region = %self, %key, %error, "gone around the cache");
    }

    /// The whole path, from the root's name down.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The region above; `None` for a root region, and for the namespace itself.
    ///
    /// The handle has the options that the cache was built with, not those of any
    /// [`with`](Self::with).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// let cache = Cache::in_memory();
    /// let item = cache.region("shop.catalog.42");
    /// assert_eq!(item.parent(), Some(cache.region("shop.catalog")));
    /// assert_eq!(cache.region("shop").parent(), None);
    /// ```
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.path.rsplit_once('.')?;
        Some(Self::new(Arc::clone(&self.engine), parent, None))
    }

    /// A region beneath this one; the path may have several segments. Inherits this handle's options.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// let shop = Cache::in_memory().region("shop");
    /// assert_eq!(shop.region("catalog.42").path(), "shop.catalog.42");
    /// ```
    #[must_use]
    pub fn region(&self, path: &str) -> Self {
        // Only the namespace itself leads straight to a root: below a bad path all are bad.
        let has_bad_name = self.place.as_ref().is_err_and(Error::is_invalid_name);
        let is_top = self.path.is_empty() && !has_bad_name;
        let path = if is_top { path.to_owned() } else { format!("{}.{path}", self.path) };
        Self::new(Arc::clone(&self.engine), &path, self.own.clone())
    }

    /// The same region with other options, which regions taken from the new handle inherit.
    ///
    /// The closure gets what this handle and those before it have set, so it adds to that. Nothing is
    /// stored: other handles go on as they are.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// let minute = Duration::from_secs(60);
    /// let news = Cache::in_memory().region("news").with(|o| o.entry_ttl(minute).schema("v2"));
    /// let sport = news.region("sport").with(|o| o.entry_ttl(minute / 2)); // still schema v2
    /// # let _ = sport;
    /// ```
    #[must_use]
    pub fn with(&self, change: impl FnOnce(RegionOptions) -> RegionOptions) -> Self {
        let own = change(self.own.as_deref().cloned().unwrap_or_default());
        let own = Some(Arc::new(own));
        let settings = self.engine.layers.settings(&self.path, own.as_deref());
        let place = self
            .place
            .clone()
            .and_then(|place| Ok(Place { settings: settings?, own: own.clone(), ..place }));
        Self { place, own, ..self.clone() }
    }

    /// The place, for operations that the namespace itself knows too.
    fn place(&self) -> Result<Place> {
        self.place.clone()
    }

    /// The place, for operations on entries.
    fn entry_place(&self) -> Result<&Place> {
        self.engine.stay_awake();
        match &self.place {
            Ok(place) if place.address.is_top() => Err(Error::new(
                ErrorKind::InvalidName,
                "the namespace itself holds no entries; name a region, such as `cache.region(\"shop\")`",
            )),
            Ok(place) => Ok(place),
            Err(error) => Err(error.clone()),
        }
    }

    /// The place and a key of which both are good.
    pub(crate) fn entry(&self, key: impl Into<Key>) -> Result<(&Place, Key)> {
        let place = self.entry_place()?;
        let key = key.into();
        key.check()?;
        Ok((place, key))
    }

    /// The place and keys of which all are good.
    fn many(&self, keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<(&Place, Vec<Key>)> {
        let place = self.entry_place()?;
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        keys.iter().try_for_each(Key::check)?;
        Ok((place, keys))
    }
}

impl From<&Region> for Target {
    fn from(region: &Region) -> Self {
        Self(TargetKind::Place(Arc::clone(&region.engine), region.place()))
    }
}

impl From<Region> for Target {
    fn from(region: Region) -> Self {
        Self::from(&region)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({}:{})", self.engine.namespace.as_str(), self.path)
    }
}

impl PartialEq for Region {
    fn eq(&self, other: &Self) -> bool {
        self.engine.namespace == other.engine.namespace && self.path == other.path
    }
}

impl Eq for Region {}

impl Hash for Region {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.engine.namespace.hash(state);
        self.path.hash(state);
    }
}
