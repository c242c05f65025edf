//! A value that can stand in: one that has run out of time, or is due for a refresh.

use std::time::Duration;

use crate::backend::{Found, Life};
use crate::engine::Engine;
use crate::key::Key;
use crate::place::Place;
use crate::wire::Value;

use super::chain::Chain;

/// A value that was not invalidated, with the version tag that its source gave it.
#[derive(Clone, Debug)]
pub(super) struct Standby<T> {
    pub(super) value: T,
    pub(super) tag: Option<String>,
}

impl Engine {
    /// The value of an entry that has run out of time, if its reader can still use it.
    pub(super) fn stale<T: Value>(
        &self,
        place: &Place,
        found: Option<&Found>,
    ) -> Option<Standby<T>> {
        let found = found.filter(|found| match found.life {
            Life::Over(since) => since < place.settings.stale_for,
            Life::Forever | Life::For(_) => false,
        })?;
        self.standby(place, found)
    }

    /// The value of an entry, whatever its age.
    pub(super) fn standby<T: Value>(&self, place: &Place, found: &Found) -> Option<Standby<T>> {
        let value = self.coder.open(&found.envelope, &place.settings)?;
        Some(Standby { value, tag: found.envelope.tag().map(str::to_owned) })
    }

    /// Gives a value that has run out of time to a caller.
    pub(super) fn serve_stale<T>(
        &self,
        place: &Place,
        key: &Key,
        why: &dyn std::fmt::Display,
        stale: Standby<T>,
    ) -> T {
        self.counters.stale_served.add(1);
        tracing::debug!(region = place.address.path(), %key, %why, "served a stale value");
        Chain::current().used_stale();
        stale.value
    }

    /// Whether a key was left alone for a moment, because a value can stand in for it.
    pub(super) fn rests(&self, place: &Place, key: &Key) -> bool {
        self.flights.rests.has(&place.address, key, self.link.clock())
    }

    pub(super) fn rest(&self, place: &Place, key: &Key) {
        self.flights.rests.begin(&place.address, key, self.link.clock());
    }
}

/// How long nobody else may take a lease over whose holder does not renew it.
pub(super) const LEASE_TIME: Duration = Duration::from_secs(5);
