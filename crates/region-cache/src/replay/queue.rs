//! The duties, each once, and never too many.

use std::collections::BTreeMap;

use crate::backend::{Act, Change};
use crate::key::Key;
use crate::name::Address;

/// Something that is still to be done.
#[derive(Clone, Debug)]
pub(super) enum Duty {
    /// Invalidate the region, or the namespace.
    Tree(Address),
    /// Remove the key, or let it expire.
    Key(Box<Change>),
}

/// What is still to be done, numbered: what is queued again while it is being done stays.
#[derive(Debug, Default)]
pub(super) struct Queue {
    duties: BTreeMap<u64, Duty>,
    next: u64,
}

impl Queue {
    pub(super) fn length(&self) -> usize {
        self.duties.len()
    }

    pub(super) fn any(&self, wanted: impl Fn(&Duty) -> bool) -> bool {
        self.duties.values().any(wanted)
    }

    pub(super) fn all(&self) -> Vec<(u64, Duty)> {
        self.duties.iter().map(|(number, duty)| (*number, duty.clone())).collect()
    }

    pub(super) fn done(&mut self, number: u64) {
        self.duties.remove(&number);
    }

    /// Adds a duty and drops those that it includes. It gets a number of its own even where the same
    /// was there: what is under way may have been sent too early for it.
    pub(super) fn add(&mut self, duty: Duty) {
        self.duties.retain(|_, other| !duty.includes(other));
        self.duties.insert(self.next, duty);
        self.next += 1;
        if self.duties.len() > MOST {
            self.merge();
        }
    }

    /// Too much to be remembered one by one: what there is most of below one root becomes an
    /// invalidation of what it has in common, or, where there are too many roots, all of it.
    fn merge(&mut self) {
        let mut by_root: BTreeMap<String, Vec<Address>> = BTreeMap::new();
        for duty in self.duties.values() {
            let region = duty.region();
            by_root.entry(region.root().to_owned()).or_default().push(region.clone());
        }
        let most = by_root.values().filter(|regions| regions.len() > 1).max_by_key(|r| r.len());
        let all = || self.duties.values().map(|duty| duty.region().clone()).collect();
        let regions: Vec<Address> = most.cloned().unwrap_or_else(all);
        let common = regions.into_iter().reduce(|one, other| one.common(&other));
        if let Some(common) = common {
            tracing::warn!(region = common.path(), "too many failed changes: all of this will go");
            self.add(Duty::Tree(common));
        }
    }
}

impl Duty {
    /// What a removal or an expiry that failed comes to. What a late one takes is missed, and made anew; but
    /// where entries are of use only together it would be missing: there all of them go.
    pub(super) fn of(change: Change) -> Self {
        if change.is_whole { Self::Tree(change.region) } else { Self::Key(Box::new(change)) }
    }

    fn region(&self) -> &Address {
        match self {
            Self::Tree(target) => target,
            Self::Key(change) => &change.region,
        }
    }

    /// Whether who reads these keys of a region, or all of it, would see what must go.
    pub(super) fn is_about(&self, region: &Address, keys: Option<&[Key]>) -> bool {
        match self {
            Self::Tree(target) => region.is_within(target),
            Self::Key(change) => {
                change.region == *region && keys.is_none_or(|keys| keys.contains(&change.key))
            }
        }
    }

    /// Whether doing this does the other too.
    fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tree(target), other) => other.region().is_within(target),
            (Self::Key(_), Self::Tree(_)) => false,
            (Self::Key(change), Self::Key(other)) => {
                change.region == other.region
                    && change.key == other.key
                    && (matches!(change.act, Act::Remove) || matches!(other.act, Act::Expire))
            }
        }
    }
}

/// How many duties are remembered one by one.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests;
