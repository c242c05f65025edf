//! What a transaction has written so far.

use std::collections::BTreeMap;

use crate::backend::{Act, Address, Change, Envelope, Expiry};
use crate::error::{Error, Result};
use crate::key::Key;

/// The writes of a transaction, by key. Later ones replace earlier ones.
#[derive(Default)]
pub(super) struct Buffer {
    /// For each key what is left to do: at most a store and an expiry after it.
    changes: BTreeMap<(Address, Key), Vec<Change>>,
    /// What the closure did wrong where it could not be told.
    error: Option<Error>,
}

/// What a transaction's own writes say about a key.
pub(super) enum Own {
    /// It was not written.
    Untouched,
    /// It was stored.
    Holds(Envelope, Expiry),
    /// It was removed or expired.
    Gone,
}

impl Buffer {
    pub(super) fn push(&mut self, change: Change) {
        let at = (change.region.clone(), change.key.clone());
        let changes = self.changes.entry(at).or_default();
        // What expires must be there first; anything else makes what came before it pointless.
        if !matches!(change.act, Act::Expire) {
            changes.clear();
        }
        let is_twice = matches!(changes.last().map(|last| &last.act), Some(Act::Expire));
        if !is_twice {
            changes.push(change);
        }
    }

    /// Fails the commit. The first error counts.
    pub(super) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    pub(super) fn own(&self, region: &Address, key: &Key) -> Own {
        let changes = self.changes.get(&(region.clone(), key.clone()));
        match changes.and_then(|changes| changes.last()).map(|change| &change.act) {
            None => Own::Untouched,
            Some(Act::Put { draft, expiry, .. }) => Own::Holds(draft.unsealed(), *expiry),
            Some(Act::Remove | Act::Expire | Act::Add { .. }) => Own::Gone,
        }
    }

    /// All changes, unless the closure did something wrong.
    pub(super) fn into_changes(self) -> Result<Vec<Change>> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.changes.into_values().flatten().collect()),
        }
    }
}
