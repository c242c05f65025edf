//! A value that can stand in: one that has run out of time, or is due for a refresh.

use std::time::Duration;

use super::chain::Chain;
use crate::backend::{Found, Life};
use crate::engine::Engine;
use crate::error::Error;
use crate::flight::Kind;
use crate::key::Key;
use crate::place::{Place, What};
use crate::wire::Value;

/// A value that was not invalidated, with the version tag that its source gave it.
#[derive(Clone, Debug)]
pub(super) struct Standby<T> {
    pub(super) value: T,
    pub(super) tag: Option<String>,
    pub(super) is_stale: bool,
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
        let tag = found.envelope.tag().map(str::to_owned);
        Some(Standby { value, tag, is_stale: !found.is_fresh() })
    }

    /// What can stand in for a key now, after some time has gone by: it may have been invalidated. Where
    /// that cannot be asked, what was there when the call began.
    pub(super) async fn stands_in<T: Value>(
        &self,
        place: &Place,
        key: &Key,
        began_with: Standby<T>,
    ) -> Option<Standby<T>> {
        match self.find(place, key).await {
            Ok(Some(found)) if found.is_fresh() => self.standby(place, &found),
            Ok(found) => self.stale(place, found.as_ref()),
            Err(error) if error.is_outage() => Some(began_with),
            // Among others: this very process wanted it gone, and could not do it yet.
            Err(_) => None,
        }
    }

    /// Gives a value that stands in to a caller.
    pub(super) fn serve<T>(&self, place: &Place, key: &Key, why: &Error, standby: Standby<T>) -> T {
        if standby.is_stale {
            self.counters.stale_served.add(1);
            tracing::debug!(what = %What(place, key), %why, "served a stale value");
            Chain::current().used_stale();
        }
        standby.value
    }

    /// Whether a key was left alone for a moment, because a value can stand in for it.
    pub(super) fn rests(&self, place: &Place, key: &Key) -> bool {
        self.flights.rests.has(&place.address, key, self.link.clock())
    }

    pub(super) fn rest(&self, place: &Place, key: &Key) {
        self.flights.rests.begin(&place.address, key, self.link.clock());
    }
}

impl Place {
    /// What a value of type `T` is, here.
    pub(super) fn kind<T: 'static>(&self) -> Kind {
        Kind::of::<T>(self.settings.schema)
    }
}

/// How long nobody else may take a lease over whose holder does not renew it.
pub(super) const LEASE_TIME: Duration = Duration::from_secs(5);
