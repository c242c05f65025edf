//! What the cache should do, in the plainest way: a map of paths, searched from end to end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::operation::{Answer, Between, Field, Operation, Path, grains};

/// How long an entry lives that was given no time of its own.
pub(super) const ENTRY_TTL: Duration = Duration::from_millis(4_000);
/// How long it is kept as a stale one.
pub(super) const STALE_FOR: Duration = Duration::from_millis(1_000);
/// The regions at and beneath this one have a time to live as a whole, refreshed by each write.
pub(super) const ENDING: Path = "e";
pub(super) const REGION_TTL: Duration = Duration::from_millis(2_500);

#[derive(Default)]
pub(super) struct Model {
    now: u64,
    regions: BTreeMap<Path, Region>,
}

#[derive(Clone, Default)]
struct Region {
    ends: Option<u64>,
    entries: BTreeMap<Field, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    value: i64,
    expires: u64,
}

impl Model {
    pub(super) fn apply(&mut self, operation: &Operation) -> Answer {
        match operation.clone() {
            Operation::Get(path, key) => Answer::Found(self.get(path, key)),
            Operation::GetMany(path, keys) => {
                Answer::Many(keys.iter().map(|key| self.get(path, key)).collect())
            }
            Operation::Contains(path, key) => Answer::Flag(self.get(path, key).is_some()),
            Operation::Ttl(path, key) => Answer::Life(self.life(path, key).map(grains)),
            Operation::Set(path, key, value) => self.set(path, key, value, ENTRY_TTL),
            Operation::SetFor(path, key, value, ttl) => {
                self.set(path, key, value, Duration::from_millis(ttl))
            }
            Operation::SetMany(path, entries) => {
                for (key, value) in entries {
                    self.set(path, key, value, ENTRY_TTL);
                }
                Answer::Done
            }
            Operation::Add(path, key, value) => {
                let is_absent = self.get(path, key).is_none();
                if is_absent {
                    self.set(path, key, value, ENTRY_TTL);
                }
                Answer::Flag(is_absent)
            }
            Operation::Remove(path, key) => Answer::Flag(self.remove(path, key)),
            Operation::RemoveMany(path, keys) => {
                Answer::Number(keys.into_iter().map(|key| i64::from(self.remove(path, key))).sum())
            }
            Operation::Increment(path, key, by) => {
                self.increment(path, key, by).map_or(Answer::Failed, Answer::Number)
            }
            Operation::Expire(path, key) => Answer::Flag(self.expire(path, key)),
            Operation::Fill(path, key, value, between) => self.fill(path, key, value, &between),
            Operation::Transaction(here, there, key, value, commits) => {
                let before = self.regions.clone();
                let sum = self.transaction(here, there, key, value);
                if sum.is_none() || !commits {
                    self.regions = before;
                    return Answer::Failed;
                }
                sum.map_or(Answer::Failed, Answer::Number)
            }
            Operation::Len(path) => Answer::Number(i64::try_from(self.keys(path).len()).unwrap()),
            Operation::Keys(path) => Answer::Names(self.keys(path)),
            Operation::Children(path) => Answer::Names(self.children(path)),
            Operation::Invalidate(path) => self.invalidate(path),
            Operation::Clear => self.invalidate(""),
            Operation::Wait(millis) => {
                self.now += millis;
                Answer::Done
            }
        }
    }

    pub(super) fn contents(&self) -> BTreeMap<(String, String), i64> {
        let all = self.regions.iter().flat_map(|(path, region)| {
            region
                .entries
                .keys()
                .map(move |key| ((*path).to_owned(), (*key).to_owned(), *path, *key))
        });
        all.filter_map(|(name, text, path, key)| Some(((name, text), self.get(path, key)?)))
            .collect()
    }

    /// The region, unless it has ended as a whole.
    fn region(&self, path: Path) -> Option<&Region> {
        self.regions.get(path).filter(|region| region.ends.is_none_or(|ends| self.now < ends))
    }

    fn get(&self, path: Path, key: Field) -> Option<i64> {
        let entry = self.region(path)?.entries.get(key)?;
        (self.now < entry.expires).then_some(entry.value)
    }

    fn stale(&self, path: Path, key: Field) -> Option<i64> {
        let entry = self.region(path)?.entries.get(key)?;
        let kept = entry.expires + u64::try_from(STALE_FOR.as_millis()).unwrap();
        (entry.expires <= self.now && self.now < kept).then_some(entry.value)
    }

    fn life(&self, path: Path, key: Field) -> Option<Duration> {
        self.get(path, key)?;
        let region = self.region(path)?;
        let expires = region.entries.get(key)?.expires;
        let ends = region.ends.map_or(expires, |ends| ends.min(expires));
        Some(Duration::from_millis(ends - self.now))
    }

    fn set(&mut self, path: Path, key: Field, value: i64, ttl: Duration) -> Answer {
        let now = self.now;
        self.touch(path).entries.insert(key, Entry { value, expires: now + millis(ttl) });
        Answer::Done
    }

    /// The region, to be written to: begun anew if it has ended, and living on.
    fn touch(&mut self, path: Path) -> &mut Region {
        if self.region(path).is_none() {
            self.regions.insert(path, Region::default());
        }
        let ends = path.split('.').next() == Some(ENDING);
        let region = self.regions.get_mut(path).unwrap();
        region.ends = ends.then(|| self.now + millis(REGION_TTL));
        region
    }

    fn remove(&mut self, path: Path, key: Field) -> bool {
        let was_there = self.get(path, key).is_some();
        if let Some(region) = self.regions.get_mut(path) {
            region.entries.remove(key);
        }
        was_there
    }

    fn expire(&mut self, path: Path, key: Field) -> bool {
        let is_there = self.get(path, key).is_some();
        if is_there {
            let now = self.now;
            self.regions.get_mut(path).unwrap().entries.get_mut(key).unwrap().expires = now;
        }
        is_there
    }

    fn increment(&mut self, path: Path, key: Field, by: i64) -> Option<i64> {
        let there = self.get(path, key);
        let sum = there.unwrap_or(0).checked_add(by)?;
        let expires = match there {
            Some(_) => self.regions[path].entries[key].expires,
            None => self.now + millis(ENTRY_TTL),
        };
        self.touch(path).entries.insert(key, Entry { value: sum, expires });
        Some(sum)
    }

    fn fill(&mut self, path: Path, key: Field, value: i64, between: &Between) -> Answer {
        if let Some(value) = self.get(path, key) {
            return Answer::Number(value);
        }
        let stale = self.stale(path, key);
        let is_overtaken = match *between {
            Between::Nothing => false,
            Between::Set(other) => {
                self.set(path, key, other, ENTRY_TTL);
                true
            }
            Between::Remove => {
                self.remove(path, key);
                true
            }
            Between::Invalidate(target) => {
                self.invalidate(target);
                is_within(path, target)
            }
        };
        if !is_overtaken {
            self.set(path, key, value, ENTRY_TTL);
        }
        Answer::Many(vec![Some(i64::from(!is_overtaken)), stale])
    }

    fn transaction(&mut self, here: Path, there: Path, key: Field, value: i64) -> Option<i64> {
        let (mine, theirs) = (self.get(here, key), self.get(there, "x"));
        match theirs {
            Some(theirs) => drop(self.set(here, key, theirs, ENTRY_TTL)),
            None => drop(self.remove(here, key)),
        }
        if let Some(mine) = mine {
            self.set(there, "x", mine, ENTRY_TTL);
        }
        self.expire(there, "y");
        self.increment(here, "sum", value)
    }

    fn keys(&self, path: Path) -> Vec<String> {
        let entries = self.region(path).into_iter().flat_map(|region| region.entries.keys());
        entries.filter(|key| self.get(path, key).is_some()).map(|key| (*key).to_owned()).collect()
    }

    fn children(&self, path: Path) -> Vec<String> {
        let living = self.regions.keys().filter(|at| !self.keys(at).is_empty());
        let beneath = living.filter_map(|at| at.strip_prefix(path)?.strip_prefix('.'));
        let names: BTreeSet<_> = beneath.map(|rest| rest.split('.').next().unwrap()).collect();
        names.into_iter().map(|name| format!("{path}.{name}")).collect()
    }

    fn invalidate(&mut self, target: Path) -> Answer {
        self.regions.retain(|path, _| !is_within(path, target));
        Answer::Done
    }
}

fn is_within(path: Path, target: Path) -> bool {
    target.is_empty()
        || path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}
