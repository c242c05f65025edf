//! What is done at random, and how the cache does it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::TryStreamExt;
use proptest::prelude::*;
use region_cache::{Cache, EntryOptions, Error, Key, Lookup, Region, Result};

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Get(Path, Field),
    GetMany(Path, Vec<Field>),
    Contains(Path, Field),
    Ttl(Path, Field),
    Set(Path, Field, i64),
    SetFor(Path, Field, i64, u64),
    SetMany(Path, Vec<(Field, i64)>),
    Add(Path, Field, i64),
    Remove(Path, Field),
    RemoveMany(Path, Vec<Field>),
    Increment(Path, Field, i64),
    Expire(Path, Field),
    /// Looks up and, after perhaps something else, fills.
    Fill(Path, Field, i64, Between),
    /// Swaps two keys of two regions of one root and adds to a third, or fails at the end.
    Transaction(Path, Path, Field, i64, bool),
    Len(Path),
    Keys(Path),
    Children(Path),
    Invalidate(Path),
    Clear,
    /// Milliseconds.
    Wait(u64),
}

/// What happens between a lookup and its fill.
#[derive(Clone, Debug)]
pub(super) enum Between {
    Nothing,
    Set(i64),
    Remove,
    Invalidate(Path),
}

pub(super) type Path = &'static str;
pub(super) type Field = &'static str;

/// What an operation answered, in a form that a model can give too.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Done,
    Failed,
    Number(i64),
    Found(Option<i64>),
    Many(Vec<Option<i64>>),
    Flag(bool),
    /// In grains.
    Life(Option<u64>),
    Names(Vec<String>),
}

pub(super) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..60)
}

/// Everything that the cache holds, by path and key.
pub(super) async fn contents(cache: &Cache) -> BTreeMap<(String, String), i64> {
    let mut all = BTreeMap::new();
    for path in PATHS {
        let entries: Vec<(Key, i64)> = cache.region(path).entries().try_collect().await.unwrap();
        all.extend(
            entries.into_iter().map(|(key, value)| ((path.to_owned(), key.to_string()), value)),
        );
    }
    all
}

impl Operation {
    pub(super) async fn apply(&self, cache: &Cache) -> Answer {
        let at = |path: &str| cache.region(path);
        let answer = match self.clone() {
            Self::Get(path, key) => at(path).get(key).await.map(Answer::Found),
            Self::GetMany(path, keys) => at(path).get_many(keys).await.map(Answer::Many),
            Self::Contains(path, key) => at(path).contains(key).await.map(Answer::Flag),
            Self::Ttl(path, key) => {
                at(path).ttl(key).await.map(|life| Answer::Life(life.map(grains)))
            }
            Self::Set(path, key, value) => at(path).set(key, &value).await.map(done),
            Self::SetFor(path, key, value, ttl) => {
                let options = EntryOptions::new().ttl(Duration::from_millis(ttl));
                at(path).set_with(key, &value, options).await.map(done)
            }
            Self::SetMany(path, entries) => {
                let entries = entries.iter().map(|(key, value)| (*key, value));
                at(path).set_many(entries).await.map(done)
            }
            Self::Add(path, key, value) => at(path).add(key, &value).await.map(Answer::Flag),
            Self::Remove(path, key) => at(path).remove(key).await.map(Answer::Flag),
            Self::RemoveMany(path, keys) => at(path).remove_many(keys).await.map(number),
            Self::Increment(path, key, by) => at(path).increment(key, by).await.map(Answer::Number),
            Self::Expire(path, key) => at(path).expire(key).await.map(Answer::Flag),
            Self::Fill(path, key, value, between) => {
                fill(cache, &at(path), key, value, between).await
            }
            Self::Transaction(here, there, key, value, commits) => {
                transaction(&at(here), there, key, value, commits).await
            }
            Self::Len(path) => at(path).len().await.map(number),
            Self::Keys(path) => {
                let keys: Result<Vec<Key>> = at(path).keys().try_collect().await;
                keys.map(|keys| {
                    let mut names: Vec<_> = keys.iter().map(ToString::to_string).collect();
                    names.sort_unstable();
                    Answer::Names(names)
                })
            }
            Self::Children(path) => at(path).children().await.map(|children| {
                Answer::Names(children.iter().map(|child| child.path().to_owned()).collect())
            }),
            Self::Invalidate(path) => at(path).invalidate().await.map(|_| Answer::Done),
            Self::Clear => cache.clear().await.map(|_| Answer::Done),
            // Time is the world's.
            Self::Wait(_) => Ok(Answer::Done),
        };
        answer.unwrap_or(Answer::Failed)
    }
}

/// A hit gives what was found; a miss whether it was filled, and what stale value there was.
async fn fill(
    cache: &Cache,
    region: &Region,
    key: Field,
    value: i64,
    between: Between,
) -> Result<Answer> {
    let miss = match region.lookup::<i64>(key).await? {
        Lookup::Hit(value) => return Ok(Answer::Number(value)),
        Lookup::Miss(miss) => miss,
    };
    let stale = miss.stale().copied();
    match between {
        Between::Nothing => {}
        Between::Set(other) => region.set(key, &other).await?,
        Between::Remove => drop(region.remove(key).await?),
        Between::Invalidate("") => drop(cache.clear().await?),
        Between::Invalidate(path) => drop(cache.region(path).invalidate().await?),
    }
    let filled = miss.fill(&value).await?;
    Ok(Answer::Many(vec![Some(i64::from(filled)), stale]))
}

async fn transaction(
    here: &Region,
    there: Path,
    key: Field,
    value: i64,
    commits: bool,
) -> Result<Answer> {
    here.transaction(async |t| {
        let other = t.region(there);
        let (mine, theirs) = (t.get::<i64>(key).await?, other.get::<i64>("x").await?);
        match theirs {
            Some(theirs) => t.set(key, &theirs)?,
            None => t.remove(key),
        }
        if let Some(mine) = mine {
            other.set("x", &mine)?;
        }
        other.expire("y");
        let sum = t.increment("sum", value).await?;
        if commits { Ok(Answer::Number(sum)) } else { Err(Error::other("changed my mind")) }
    })
    .await
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let path = || prop::sample::select(&PATHS[..]);
    let field = || prop::sample::select(&FIELDS[..]);
    let fields = || prop::collection::vec(field(), 0..4);
    let value = || prop_oneof![-9i64..10, Just(i64::MAX), Just(i64::MIN)];
    // Within one root, as a transaction needs.
    let pair =
        prop::sample::select(&[("a", "a.b"), ("a.b", "a.b.c"), ("a.b.c", "a"), ("e", "e.f")][..]);
    let grain = (1u64..8).prop_map(|grains| grains * GRAIN);
    let between = prop_oneof![
        3 => Just(Between::Nothing),
        1 => value().prop_map(Between::Set),
        1 => Just(Between::Remove),
        2 => prop_oneof![path(), Just("")].prop_map(Between::Invalidate),
    ];
    prop_oneof![
        4 => (path(), field()).prop_map(|(p, k)| O::Get(p, k)),
        1 => (path(), fields()).prop_map(|(p, k)| O::GetMany(p, k)),
        1 => (path(), field()).prop_map(|(p, k)| O::Contains(p, k)),
        2 => (path(), field()).prop_map(|(p, k)| O::Ttl(p, k)),
        6 => (path(), field(), value()).prop_map(|(p, k, v)| O::Set(p, k, v)),
        3 => (path(), field(), value(), grain.clone()).prop_map(|(p, k, v, t)| O::SetFor(p, k, v, t)),
        1 => (path(), prop::collection::vec((field(), value()), 0..4)).prop_map(|(p, e)| O::SetMany(p, e)),
        2 => (path(), field(), value()).prop_map(|(p, k, v)| O::Add(p, k, v)),
        1 => (path(), field()).prop_map(|(p, k)| O::Remove(p, k)),
        1 => (path(), fields()).prop_map(|(p, k)| O::RemoveMany(p, k)),
        3 => (path(), field(), value()).prop_map(|(p, k, v)| O::Increment(p, k, v)),
        2 => (path(), field()).prop_map(|(p, k)| O::Expire(p, k)),
        3 => (path(), field(), value(), between).prop_map(|(p, k, v, b)| O::Fill(p, k, v, b)),
        2 => (pair, field(), value(), any::<bool>())
            .prop_map(|((here, there), k, v, c)| O::Transaction(here, there, k, v, c)),
        1 => path().prop_map(O::Len),
        1 => path().prop_map(O::Keys),
        1 => path().prop_map(O::Children),
        2 => path().prop_map(O::Invalidate),
        1 => Just(O::Clear),
        3 => grain.prop_map(O::Wait),
    ]
}

/// A life in whole grains, rounded up but for a little: a server takes milliseconds to answer, and two
/// connections may disagree by a few on what time it is there.
pub(super) fn grains(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap().saturating_sub(50).div_ceil(GRAIN)
}

fn done((): ()) -> Answer {
    Answer::Done
}

fn number(count: u64) -> Answer {
    Answer::Number(i64::try_from(count).unwrap())
}

/// All times are multiples of this many milliseconds, more than a few operations take.
const GRAIN: u64 = 500;

/// Some above each other, some beside, some whose names only look alike.
const PATHS: [Path; 8] = ["a", "a.b", "a.b.c", "ab", "e", "e.f", "e.f.g", "é"];

const FIELDS: [Field; 5] = ["", "x", "y", "sum", "1"];
