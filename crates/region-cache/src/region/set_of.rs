//! Sets: many values, each once, that are looked for, added and removed one by one.

mod begin;
mod whole;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

pub use self::begin::{Begin, Empty};
use self::whole::{MARK, Scan, Whole, name_of, restless};
use super::Region;
use super::counter::Computed;
use crate::backend::{Act, Ask, Change, Outcome, When};
use crate::defer::put_off;
use crate::engine::{change, unexpected};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::key::Key;
use crate::name::segment;
use crate::options::Settings;
use crate::place::Place;
use crate::wire::Value;

/// A set of values, in a region of its own beneath the one that it was taken from: see
/// [`Region::set_of`].
///
/// It is there as a whole or not at all: it is computed whole, on first use, it runs out of time whole,
/// falls whole with its region, and is evicted whole. A plain set begins empty; one that is
/// [`computed`](Self::computed) begins with what its loader gives, and is to be used by such handles only.
///
/// A member is found by its [digest](Key::of), so values are the same that serialize to the same; a type
/// without an order of its own, such as a `HashSet`, is no good member. What another
/// [schema](crate::RegionOptions::schema) stored, or a codec that is not built in, does not mix with one's
/// own: the set falls, and begins anew.
///
/// Cloning gives another handle to the same set.
pub struct SetOf<T, L = Empty> {
    /// The region of the set itself.
    region: Region,
    load: L,
    members: PhantomData<fn() -> T>,
}

/// The members of a set, each once: see [`SetOf::members`].
#[must_use = "streams do nothing unless polled"]
pub struct Members<'a, T>(BoxStream<'a, Result<T>>);

impl Region {
    /// The set of this name beneath this region, one of its [`children`](Self::children). Each member is
    /// stored by itself; but what is computed is stored in one act, during which a server does nothing
    /// else, so tens of thousands are well, and millions are not. Does no I/O.
    ///
    /// It lives as long as the region's own [`ttl`](crate::RegionOptions::ttl) says, or else the
    /// [`entry_ttl`](crate::RegionOptions::entry_ttl), from when it began; adding to it does not lengthen
    /// its life, unless the region's `ttl` is refreshed by writes.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn load_fans(item: u64) -> Result<Vec<u64>, BoxError> { Ok(vec![7, 8]) }
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// let tags = item.set_of::<String>("tags"); // from nothing
    /// assert!(tags.add(&"heavy".to_owned()).await?);
    /// assert!(!tags.add(&"heavy".to_owned()).await?);
    ///
    /// let fans = item.set_of::<u64>("fans").computed(|| load_fans(42)); // from the database
    /// assert!(fans.contains(&7).await?);
    /// fans.add(&9).await?;
    /// assert_eq!(fans.len().await?, 3);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_of<T: Value>(&self, name: impl Into<Key>) -> SetOf<T> {
        let name = name.into();
        let own = self.region(&segment([PREFIX, name.as_bytes()].concat()));
        let place = self.entry_place().and_then(|_| {
            name.check()?;
            let place = own.entry_place()?.clone();
            Ok(Place { settings: Arc::new(whole(&place.settings)), ..place })
        });
        SetOf { region: Self { place, ..own }, load: Empty, members: PhantomData }
    }
}

impl<T: Value> SetOf<T> {
    /// The same set, but where it is absent the loader says what is in it: computed on first use, once
    /// for all who ask, as by [`get_or_compute`](Region::get_or_compute). What it gives twice is in once.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn load_fans(item: u64) -> Result<Vec<u64>, BoxError> { Ok(vec![7, 8]) }
    /// # futures::executor::block_on(async {
    /// let fans = Cache::in_memory().region("shop.catalog.42").set_of::<u64>("fans");
    /// let fans = fans.computed(|| load_fans(42));
    /// assert!(fans.contains(&7).await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn computed<F, Fut, E>(self, load: F) -> SetOf<T, Computed<F>>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<Vec<T>, E>> + Send,
        E: Into<BoxError>,
    {
        SetOf { region: self.region, load: Computed(load), members: PhantomData }
    }
}

impl<T: Value, L: Begin<T>> SetOf<T, L> {
    /// The same set with a time to live of its own, from when it begins. Default: its region's.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let online = Cache::in_memory().region("chat").set_of::<u64>("online");
    /// online.ttl(Duration::from_secs(60)).add(&7).await?;
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        let place = self.region.place.and_then(|place| {
            if ttl.is_zero() {
                return Err(Error::new(
                    ErrorKind::Config,
                    "the `ttl` of a set is zero; leave it out, or give it at least a millisecond",
                ));
            }
            let settings = Settings {
                region_ttl: Some(ttl),
                refresh_ttl_on_write: false,
                ..(*place.settings).clone()
            };
            Ok(Place { settings: Arc::new(settings), ..place })
        });
        Self { region: Region { place, ..self.region }, ..self }
    }

    /// Whether a value is in it. One round trip, where the set is there, and for a plain one.
    ///
    /// # Errors
    ///
    /// As for [`Region::get`], and those of [computing](Region#computing): without a backend a computed set is
    /// computed each time, if [`on_unavailable`](crate::CacheBuilder::on_unavailable) says so.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// assert!(!tags.contains(&"heavy".to_owned()).await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn contains(&self, member: &T) -> Result<bool> {
        let place = self.region.entry_place()?;
        let key = name_of(member)?;
        let keys = [MARK.into(), key];
        for _ in 0..ATTEMPTS {
            let failed = match self.region.engine.read(&place.address, &keys, Ask::Values).await {
                Ok(found) => match self.is_among(place, found).await? {
                    Some(is_in) => return Ok(is_in),
                    None => None,
                },
                Err(error) if L::IS_EMPTY || !self.region.engine.computes_despite(&error) => {
                    return Err(error);
                }
                Err(error) => Some(error),
            };
            match (self.whole(place).await?, failed) {
                (Whole::Computed(all), _) => {
                    let [_, key] = &keys;
                    return Ok(all.iter().any(|(other, _)| other == key));
                }
                (Whole::Stands(_), Some(error)) => return Err(error),
                (Whole::Stands(_), None) => {}
            }
        }
        Err(restless(place))
    }

    /// Puts a value in; whether it was not in before. One round trip, where the set is there; a plain one is
    /// made where it is absent, in the same.
    ///
    /// Where a computed set is absent nothing is added, and the answer is `false`: whoever uses it next
    /// computes it. So add after what the set is computed from has changed: first the row, then the set. A
    /// computation that is under way meanwhile is not stored.
    ///
    /// # Errors
    ///
    /// As for [`Region::set`]. After one that [is unconfirmed](Error::is_unconfirmed) a computed set may be
    /// there without the value: add it again, or [`invalidate`](Self::invalidate) the set.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// assert!(tags.add(&"heavy".to_owned()).await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn add(&self, member: &T) -> Result<bool> {
        let place = self.region.entry_place()?;
        let key = name_of(member)?;
        for _ in 0..ATTEMPTS {
            let put = self.put(place, key.clone(), member, When::Absent)?;
            let put = Change { requires: Some(MARK.into()), ..put };
            // A plain one need not be computed: it is made where it is absent.
            let changes = if L::IS_EMPTY { vec![self.mark(place)?, put] } else { vec![put] };
            match self.region.engine.write(changes).await?.pop() {
                Some(Outcome::Stored) => return Ok(true),
                Some(Outcome::Kept(Some(there)))
                    if !self.region.engine.coder.is_readable(&there, &place.settings) =>
                {
                    self.fall(place).await?;
                }
                Some(Outcome::Kept(_)) => return Ok(false),
                Some(Outcome::Absent) => {
                    self.clear_away(place).await?;
                    if !L::IS_EMPTY {
                        return Ok(false);
                    }
                }
                other => return Err(unexpected(other.as_ref())),
            }
        }
        Err(restless(place))
    }

    /// Takes a value out; whether it was in, so `false` where the set is absent. One round trip. First the
    /// row, then the set, as for [`add`](Self::add); within [`after_commit`](crate::Cache::after_commit) it
    /// is put off, and the answer is `false`.
    ///
    /// # Errors
    ///
    /// As for [`Region::remove`]. What could not be confirmed lets the whole set fall as soon as that is
    /// possible: the same removal, done late, might take what another has added since.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// tags.add(&"heavy".to_owned()).await?;
    /// assert!(tags.remove(&"heavy".to_owned()).await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn remove(&self, member: &T) -> Result<bool> {
        let place = self.region.entry_place()?;
        let remove = change(place, name_of(member)?, Act::Remove);
        let remove = Change { requires: Some(MARK.into()), ..remove };
        let later = (Arc::clone(&self.region.engine), remove.clone());
        if put_off(|| async move { later.0.write_one(later.1).await.map(drop) }) {
            return Ok(false);
        }
        match self.region.engine.write_one(remove).await? {
            Outcome::Removed(there) => Ok(there.is_some()),
            Outcome::Absent => Ok(false),
            other => Err(unexpected(Some(&other))),
        }
    }

    /// How many are in it: goes through all of them.
    ///
    /// # Errors
    ///
    /// As for [`contains`](Self::contains), and [`Conflict`](ErrorKind::Conflict) where it falls again and
    /// again meanwhile.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// assert_eq!(tags.len().await?, 0);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn len(&self) -> Result<u64> {
        let place = self.region.entry_place()?;
        for _ in 0..ATTEMPTS {
            let generation = match self.whole(place).await? {
                Whole::Computed(all) => return Ok(all.len() as u64),
                Whole::Stands(generation) => generation,
            };
            if let Some(length) = self.count(place, generation).await? {
                return Ok(length);
            }
        }
        Err(restless(place))
    }

    /// Whether nothing is in it.
    ///
    /// # Errors
    ///
    /// As for [`len`](Self::len).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// assert!(tags.is_empty().await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.len().await? == 0)
    }

    /// All that is in it, in no order, each once: a stream. What is added or removed meanwhile may come or
    /// not. If the set falls meanwhile, the last item is a [`Conflict`](ErrorKind::Conflict): begin anew. So
    /// it is where a member is none of this type any more; then the set falls.
    ///
    /// ```
    /// # use futures::TryStreamExt;
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// tags.add(&"heavy".to_owned()).await?;
    /// let all: Vec<String> = tags.members().try_collect().await?;
    /// assert_eq!(all, ["heavy"]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn members(&self) -> Members<'_, T> {
        Members(stream::once(Scan::begin(self)).try_flatten().boxed())
    }

    /// Forgets it: the next use begins anew.
    ///
    /// # Errors
    ///
    /// As for [`Region::invalidate`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let tags = Cache::in_memory().region("shop.catalog.42").set_of::<String>("tags");
    /// tags.invalidate().await?;
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn invalidate(&self) -> Result<()> {
        self.region.invalidate().await.map(drop)
    }
}

impl<T, L: Clone> Clone for SetOf<T, L> {
    fn clone(&self) -> Self {
        Self { region: self.region.clone(), load: self.load.clone(), members: PhantomData }
    }
}

impl<T, L> fmt::Debug for SetOf<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOf").field("region", &self.region).finish_non_exhaustive()
    }
}

impl<T> Stream for Members<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.0.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for Members<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members")
    }
}

/// The settings of a set's own region: it lives and ends as a whole.
fn whole(settings: &Settings) -> Settings {
    let is_own = settings.region_ttl.is_some();
    Settings {
        region_ttl: settings.region_ttl.or(settings.ttl(false, fastrand::f64())),
        refresh_ttl_on_write: is_own && settings.refresh_ttl_on_write,
        entry_ttl: None,
        ttl_jitter: 0.0,
        negative_ttl: None,
        refresh_ahead: None,
        soft_timeout: None,
        stale_for: Duration::ZERO,
        is_whole: true,
        ..settings.clone()
    }
}

/// What the names of sets' regions begin with.
const PREFIX: &[u8] = b"set~";

/// How often a set that falls again and again is looked at.
const ATTEMPTS: usize = 4;
