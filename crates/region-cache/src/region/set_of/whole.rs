//! Seeing to it that a set is there as a whole or not at all.
//!
//! Beside the members stands a **mark**, with a number that no other has. Whoever reads more than once looks
//! at it before and after: where it is the same, the set was there all the while.

use std::collections::HashSet;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Begin, SetOf};
use crate::backend::{Act, Change, Envelope, Found, When};
use crate::engine::change;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::key::Key;
use crate::load::{Terms, Wishes, load};
use crate::place::Place;
use crate::wire::{About, Value};

/// A set as it was found.
pub(super) enum Whole<T> {
    /// It is stored, as the one with this number.
    Stands(u64),
    /// What is in it. Perhaps it is not stored.
    Computed(All<T>),
}

/// Members with their keys, each once.
type All<T> = Arc<Vec<(Key, T)>>;

impl<T: Value, L: Begin<T>> SetOf<T, L> {
    /// Sees to it that the set is there: computes it, or joins who does.
    pub(super) async fn whole(&self, place: &Place) -> Result<Whole<T>> {
        if L::IS_EMPTY {
            let generation = self.generation(place).await?;
            return Ok(generation.map_or_else(|| Whole::Computed(Arc::default()), Whole::Stands));
        }
        let load = load(|| async {
            let is_clear = self.clear_away(place).await.is_ok();
            let members = distinct(self.load.begin().await?)?;
            let puts = members
                .iter()
                .map(|(key, member)| self.put(place, key.clone(), member, When::Always))
                .collect::<Result<Vec<_>>>()?;
            let wishes =
                Wishes { beside: puts, is_not_to_be_stored: !is_clear, ..Wishes::default() };
            Ok::<_, BoxError>((Mark::new(Some(Arc::new(members))), wishes))
        });
        let engine = Arc::clone(&self.region.engine);
        let mark: Mark<T> = engine
            .compute(place.clone(), MARK.into(), Terms::default(), |hold| {
                hold.compute_wishing(load)
            })
            .await?;
        Ok(mark.all.map_or(Whole::Stands(mark.generation), Whole::Computed))
    }

    /// Whether what was found of the mark and a member says that it is in. Nothing where the set is to be
    /// computed first.
    pub(super) async fn is_among(
        &self,
        place: &Place,
        found: Vec<Option<Found>>,
    ) -> Result<Option<bool>> {
        let mut found = found.into_iter().map(|found| found.filter(Found::is_fresh));
        let mark = found.next().flatten();
        let member = found.next().flatten();
        match (mark.and_then(|mark| self.read(place, &mark.envelope)), member) {
            (None, _) => Ok(L::IS_EMPTY.then_some(false)),
            (Some(_), None) => Ok(Some(false)),
            (Some(_), Some(member)) => {
                if self.region.engine.coder.is_readable(&member.envelope, &place.settings) {
                    return Ok(Some(true));
                }
                self.fall(place).await?;
                Ok(L::IS_EMPTY.then_some(false))
            }
        }
    }

    /// How many members the set of this number has; nothing if it is not there any more.
    pub(super) async fn count(&self, place: &Place, generation: u64) -> Result<Option<u64>> {
        let engine = &self.region.engine;
        let mut found = Arc::clone(engine).envelopes(Ok(place.clone()));
        let mut keys = HashSet::new();
        while let Some((key, envelope)) = found.try_next().await? {
            if !engine.coder.is_readable(&envelope, &place.settings) {
                self.fall(place).await?;
                return Ok(None);
            }
            keys.insert(key);
        }
        keys.remove(&MARK.into());
        let is_same = self.generation(place).await? == Some(generation);
        Ok(is_same.then_some(keys.len() as u64))
    }

    pub(super) fn put(&self, place: &Place, key: Key, member: &T, when: When) -> Result<Change> {
        let act = self.region.engine.act(member, when, &place.settings, About::default())?;
        Ok(change(place, key, act))
    }

    /// Makes a set that is absent.
    pub(super) fn mark(&self, place: &Place) -> Result<Change> {
        let mark = Mark::<T>::new(None);
        let act = self.region.engine.act(&mark, When::Absent, &place.settings, About::default())?;
        Ok(change(place, MARK.into(), act))
    }

    /// What stands there though its mark is not like ours is another version's, and would mix with ours.
    /// The lease of who is computing falls with it: what is computed now is not stored, but what is next.
    pub(super) async fn clear_away(&self, place: &Place) -> Result<()> {
        let mark = self.region.engine.find(place, &MARK.into()).await?.filter(Found::is_fresh);
        let Some(mark) = mark else { return Ok(()) };
        let is_like = match self.mark(place)?.act {
            Act::Put { draft, .. } => draft.head().is_like(&mark.envelope.head()),
            Act::Remove | Act::Expire | Act::Add { .. } => false,
        };
        let is_ours = is_like && self.read(place, &mark.envelope).is_some();
        if is_ours { Ok(()) } else { self.fall(place).await }
    }

    /// One that cannot be read whole is none.
    pub(super) async fn fall(&self, place: &Place) -> Result<()> {
        Arc::clone(&self.region.engine).invalidate(&place.address).await.map(drop)
    }

    /// The number of the set that is stored.
    async fn generation(&self, place: &Place) -> Result<Option<u64>> {
        let mark = self.region.engine.find(place, &MARK.into()).await?.filter(Found::is_fresh);
        Ok(mark.and_then(|mark| self.read(place, &mark.envelope)))
    }

    fn read(&self, place: &Place, mark: &Envelope) -> Option<u64> {
        let mark: Option<Mark<T>> = self.region.engine.coder.open(mark, &place.settings);
        mark.map(|mark| mark.generation)
    }
}

/// Going through a set that is stored.
pub(super) struct Scan<'a, T, L> {
    set: &'a SetOf<T, L>,
    place: Place,
    generation: u64,
    found: BoxStream<'static, Result<(Key, Envelope)>>,
    seen: HashSet<Key>,
}

impl<'a, T: Value, L: Begin<T>> Scan<'a, T, L> {
    pub(super) async fn begin(set: &'a SetOf<T, L>) -> Result<BoxStream<'a, Result<T>>> {
        let place = set.region.entry_place()?.clone();
        let generation = match set.whole(&place).await? {
            Whole::Stands(generation) => generation,
            Whole::Computed(all) => {
                let all: Vec<Result<T>> =
                    all.iter().map(|(_, member)| Ok(member.clone())).collect();
                return Ok(stream::iter(all).boxed());
            }
        };
        let found = Arc::clone(&set.region.engine).envelopes(Ok(place.clone()));
        let scan = Self { set, place, generation, found, seen: HashSet::new() };
        let members = stream::try_unfold(scan, |mut scan| async {
            Ok(scan.next().await?.map(|member| (member, scan)))
        });
        Ok(members.boxed())
    }

    async fn next(&mut self) -> Result<Option<T>> {
        let Self { set, place, .. } = self;
        while let Some((key, envelope)) = self.found.try_next().await? {
            if key == MARK.into() || !self.seen.insert(key) {
                continue;
            }
            let Some(member) = set.region.engine.coder.open(&envelope, &place.settings) else {
                set.fall(place).await?;
                return Err(restless(place));
            };
            return Ok(Some(member));
        }
        if set.generation(place).await? == Some(self.generation) {
            Ok(None)
        } else {
            Err(restless(place))
        }
    }
}

/// What stands for the set itself, beside the members: a number of its own. Who computed it has them.
#[derive(Clone)]
struct Mark<T> {
    generation: u64,
    all: Option<All<T>>,
}

impl<T> Mark<T> {
    fn new(all: Option<All<T>>) -> Self {
        Self { generation: fastrand::u64(..), all }
    }
}

impl<T> Serialize for Mark<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In a list, so that it has a checksum: an integer has none.
        (self.generation,).serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Mark<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(u64,)>::deserialize(deserializer).map(|(generation,)| Self { generation, all: None })
    }
}

/// The key of a member. Its value is stored too, so that it can be read back.
pub(super) fn name_of<T: Value>(member: &T) -> Result<Key> {
    let key = Key::of(member);
    key.check().map(|()| key)
}

/// Members with their keys, each once.
fn distinct<T: Value>(all: Vec<T>) -> Result<Vec<(Key, T)>> {
    let mut seen = HashSet::new();
    let mut members = Vec::with_capacity(all.len());
    for member in all {
        let key = name_of(&member)?;
        if seen.insert(key.clone()) {
            members.push((key, member));
        }
    }
    Ok(members)
}

pub(super) fn restless(place: &Place) -> Error {
    let message = format!("set `{}` fell while it was gone through; try again", place.address);
    Error::new(ErrorKind::Conflict, message)
}

/// The key that stands for the set itself: no member's, which are digests.
pub(super) const MARK: &str = "";
