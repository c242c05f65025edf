//! Sets: many values, each once, that are looked for, added and removed one by one.

use std::collections::HashSet;
use std::fmt;
use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Region;
use super::counter::Computed;
use crate::backend::{Act, Ask, Change, Found, Outcome, When};
use crate::defer::put_off;
use crate::engine::{change, unexpected};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::key::Key;
use crate::load::{Wishes, load};
use crate::name::segment;
use crate::options::Settings;
use crate::place::Place;
use crate::wire::{About, Value};

/// A set of values, in a region of its own beneath the one that it was taken from: see
/// [`Region::set_of`].
///
/// It is there as a whole or not at all: it is computed whole, on first use, it runs out of time whole,
/// falls whole with its region, and is evicted whole. A plain set begins empty; one that is
/// [`computed`](Self::computed) begins with what its loader gives.
///
/// Cloning gives another handle to the same set.
pub struct SetOf<T, L = Empty> {
    /// The region of the set itself.
    region: Region,
    load: L,
    members: PhantomData<fn() -> T>,
}

/// Where a plain [`SetOf`] begins.
#[derive(Clone, Copy, Debug)]
pub struct Empty;

/// The members of a set, each once: see [`SetOf::members`].
#[must_use = "streams do nothing unless polled"]
pub struct Members<'a, T>(BoxStream<'a, Result<T>>);

/// Where a set begins: [`Empty`], or [`Computed`]. Nothing else implements it.
pub trait Begin<T>: Sealed + Send + Sync {
    /// All that is in it at first.
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>>;

    /// Whether a set that is absent is the same as one that has just begun.
    const IS_EMPTY: bool;
}

impl Region {
    /// The set of this name beneath this region. It holds up to any number of members, each stored by
    /// itself. Does no I/O.
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

    /// Whether a value is in it. One round trip, where the set is there.
    ///
    /// # Errors
    ///
    /// As for [`Region::get`], and those of [computing](Region#computing).
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
            let found = self.region.engine.read(&place.address, &keys, Ask::Values).await?;
            let is_there = |at: usize| {
                found.get(at).and_then(Option::as_ref).is_some_and(|found| {
                    found.is_fresh()
                        && self.region.engine.coder.is_readable(&found.envelope, &place.settings)
                })
            };
            if is_there(0) {
                return Ok(is_there(1));
            }
            if let Some(all) = self.compute(place).await? {
                let [_, key] = &keys;
                return Ok(all.iter().any(|(other, _)| other == key));
            }
        }
        Err(restless(place))
    }

    /// Puts a value in; whether it was not in before. One round trip, where the set is there.
    ///
    /// Where a computed set is absent nothing is added, and the answer is `false`: whoever uses it next
    /// computes it. So add after what the set is computed from has changed: first the row, then the set. A
    /// computation that is under way meanwhile is not stored.
    ///
    /// # Errors
    ///
    /// As for [`Region::set`].
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
        for _ in 0..ATTEMPTS {
            let put = Change {
                requires: Some(MARK.into()),
                ..self.put(place, name_of(member)?, member, When::Absent)?
            };
            match self.region.engine.write_one(put).await? {
                Outcome::Stored => return Ok(true),
                Outcome::Kept(_) => return Ok(false),
                Outcome::Absent if !L::IS_EMPTY => return Ok(false),
                Outcome::Absent => drop(self.compute(place).await?),
                other => return Err(unexpected(Some(&other))),
            }
        }
        // It falls whenever it was made: as if this had been the quicker one each time.
        Ok(true)
    }

    /// Takes a value out; whether it was in. One round trip.
    ///
    /// # Errors
    ///
    /// As for [`Region::remove`].
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
    /// As for [`contains`](Self::contains).
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
            if let Some(all) = self.compute(place).await? {
                return Ok(all.len() as u64);
            }
            let keys = Arc::clone(&self.region.engine).keys(Ok(place.clone()));
            let keys: HashSet<Key> = keys.try_collect().await?;
            // Where it is not among them the set has fallen meanwhile.
            if keys.contains(&MARK.into()) {
                return Ok(keys.len() as u64 - 1);
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
    /// not. If the set falls meanwhile, the last item is a [`Conflict`](ErrorKind::Conflict): begin anew.
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
        Members(stream::once(self.all()).try_flatten().boxed())
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

    fn put(&self, place: &Place, key: Key, member: &T, when: When) -> Result<Change> {
        let act = self.region.engine.act(member, when, &place.settings, About::default())?;
        Ok(change(place, key, act))
    }

    async fn all(&self) -> Result<BoxStream<'static, Result<T>>> {
        let place = self.region.entry_place()?.clone();
        if let Some(all) = self.compute(&place).await? {
            let all: Vec<Result<T>> = all.iter().map(|(_, member)| Ok(member.clone())).collect();
            return Ok(stream::iter(all).boxed());
        }
        let engine = Arc::clone(&self.region.engine);
        let found = Arc::clone(&engine).envelopes(Ok(place.clone()));
        // `None` stands for the end, where it shows whether the set was there all the while.
        let found = found.map(Some).chain(stream::once(ready(None)));
        let (mut seen, mut is_there) = (HashSet::new(), false);
        let members = found.filter_map(move |item| {
            ready(match item {
                None => (!is_there).then(|| Err(restless(&place))),
                Some(Err(error)) => Some(Err(error)),
                Some(Ok((key, _))) if key == MARK.into() => {
                    is_there = true;
                    None
                }
                Some(Ok((key, envelope))) => {
                    let member = engine.coder.open(&envelope, &place.settings);
                    member.filter(|_| seen.insert(key)).map(Ok)
                }
            })
        });
        Ok(members.boxed())
    }

    /// Sees to it that the set is there. What was computed for it, by this caller or another that it
    /// joined; nothing where it was there already.
    async fn compute(&self, place: &Place) -> Result<Option<Arc<Vec<(Key, T)>>>> {
        let load = load(|| async {
            self.clear_away(place).await?;
            let all: Vec<T> = self.load.begin().await?;
            let mut seen = HashSet::new();
            let mut members = Vec::with_capacity(all.len());
            for member in all {
                let key = name_of(&member)?;
                if seen.insert(key.clone()) {
                    members.push((key, member));
                }
            }
            let puts = members
                .iter()
                .map(|(key, member)| self.put(place, key.clone(), member, When::Always))
                .collect::<Result<Vec<_>>>()?;
            let wishes = Wishes { beside: puts, ..Wishes::default() };
            Ok::<_, BoxError>((Mark(Some(Arc::new(members))), wishes))
        });
        let engine = Arc::clone(&self.region.engine);
        let mark: Mark<T> = engine
            .compute(place.clone(), MARK.into(), None, |hold| hold.compute_wishing(load))
            .await?;
        Ok(mark.0)
    }

    /// What stands there though its mark cannot be read is another version's, and would mix with ours. The
    /// lease of who is computing falls with it: what is computed now is not stored, but what is next.
    async fn clear_away(&self, place: &Place) -> Result<()> {
        let engine = &self.region.engine;
        // Where the backend is away nothing is stored that could mix with anything.
        let Ok(mark) = engine.find(place, &MARK.into()).await else { return Ok(()) };
        let mark = mark.filter(Found::is_fresh);
        if mark.is_some_and(|mark| !engine.coder.is_readable(&mark.envelope, &place.settings)) {
            Arc::clone(engine).invalidate(&place.address).await?;
        }
        Ok(())
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

/// What only this crate can name.
pub trait Sealed {}

impl Sealed for Empty {}

impl<F> Sealed for Computed<F> {}

impl<T> Begin<T> for Empty {
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    const IS_EMPTY: bool = true;
}

impl<T, F, Fut, E> Begin<T> for Computed<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Vec<T>, E>> + Send,
    E: Into<BoxError>,
{
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>> {
        Box::pin(async { (self.0)().await.map_err(Into::into) })
    }

    const IS_EMPTY: bool = false;
}

/// What stands for the set itself: stored as `true`, beside the members. Who computed it has them.
#[derive(Clone)]
struct Mark<T>(Option<Arc<Vec<(Key, T)>>>);

impl<T> Serialize for Mark<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de, T> Deserialize<'de> for Mark<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(|_| Self(None))
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

/// The key of a member. Its value is stored too, so that it can be read back.
fn name_of<T: Value>(member: &T) -> Result<Key> {
    let key = Key::of(member);
    key.check().map(|()| key)
}

fn restless(place: &Place) -> Error {
    let message = format!("set `{}` was invalidated while it was read; try again", place.address);
    Error::new(ErrorKind::Conflict, message)
}

/// The key that stands for the set itself: no member's, which are digests.
const MARK: &str = "";

/// What the names of sets' regions begin with.
const PREFIX: &[u8] = b"set~";

/// How often a set that falls again and again is made.
const ATTEMPTS: usize = 4;
