//! Regions that are closed around a commit.

use std::time::Duration;

use super::store::Store;
use crate::backend::{Address, Id};
use crate::local::Guard;

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
        self.guards.add(Guard { region: region.clone(), id, until });
        true
    }

    pub(super) fn unguard(&mut self, region: &Address, id: Id) -> bool {
        self.guards.remove(region, id, self.now)
    }
}
