//! Regions that are closed around a commit.

use std::time::Duration;

use super::store::Store;
use crate::backend::{Act, Address, Change, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// A guard, and until when it holds.
pub(super) struct Guard {
    region: Address,
    id: Id,
    until: Timestamp,
}

impl Store {
    /// Closes a region, or lets a guard live on.
    pub(super) fn guard(&mut self, region: &Address, id: Id, time: Duration, again: bool) -> bool {
        let was_there = self.unguard(region, id);
        if again && !was_there {
            return false;
        }
        if !again {
            self.invalidate(region);
        }
        let until = self.now.saturating_add(time);
        self.guards.push(Guard { region: region.clone(), id, until });
        true
    }

    pub(super) fn unguard(&mut self, region: &Address, id: Id) -> bool {
        let now = self.now;
        self.guards.retain(|guard| now < guard.until);
        let before = self.guards.len();
        self.guards.retain(|guard| guard.id != id || guard.region != *region);
        self.guards.len() < before
    }

    /// Whether nothing can be stored in a region.
    pub(super) fn is_closed(&self, region: &Address) -> bool {
        self.guards.iter().any(|guard| self.now < guard.until && region.is_within(&guard.region))
    }

    /// Fails where something would be stored in a closed region.
    pub(super) fn check_open(&self, changes: &[Change]) -> Result<()> {
        let stores = |change: &&Change| matches!(change.act, Act::Put { .. } | Act::Add { .. });
        match changes.iter().filter(stores).find(|change| self.is_closed(&change.region)) {
            None => Ok(()),
            Some(change) => {
                let message = format!(
                    "region `{}`, or one above it, is closed by a guard, because a commit is under way after \
                     which it is invalidated; nothing was written, try again in a moment",
                    change.region
                );
                Err(Error::new(ErrorKind::Conflict, message))
            }
        }
    }
}
