//! Regions that are closed around a commit.

use crate::backend::{Act, Address, Change, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// All guards that there are.
#[derive(Default)]
pub(crate) struct Guards(Vec<Guard>);

/// A guard, and until when it holds.
pub(crate) struct Guard {
    pub(crate) region: Address,
    pub(crate) id: Id,
    pub(crate) until: Timestamp,
}

impl Guards {
    pub(crate) fn add(&mut self, guard: Guard) {
        self.0.push(guard);
    }

    /// Takes a guard away; whether it still held.
    pub(crate) fn remove(&mut self, region: &Address, id: Id, now: Timestamp) -> bool {
        self.0.retain(|guard| now < guard.until);
        let before = self.0.len();
        self.0.retain(|guard| guard.id != id || guard.region != *region);
        self.0.len() < before
    }

    /// Whether nothing can be stored in a region.
    pub(crate) fn is_closed(&self, region: &Address, now: Timestamp) -> bool {
        self.0.iter().any(|guard| now < guard.until && region.is_within(&guard.region))
    }

    /// Fails where something would be stored in a closed region.
    pub(crate) fn check_open(&self, changes: &[Change], now: Timestamp) -> Result<()> {
        let stores = |change: &&Change| matches!(change.act, Act::Put { .. } | Act::Add { .. });
        let mut storing = changes.iter().filter(stores);
        match storing.find(|change| self.is_closed(&change.region, now)) {
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
