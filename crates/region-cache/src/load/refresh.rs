//! Refreshing a value before it expires.

use std::sync::Arc;
use std::time::Duration;

use super::claim::Claim;
use super::compute::{Call, Start};
use super::hold::Ended;
use super::patience::Limit;
use super::standby::LEASE_TIME;
use crate::backend::{Envelope, Found, Leased, Life};
use crate::engine::Engine;
use crate::error::Result;
use crate::key::Key;
use crate::place::Place;
use crate::wire::Value;

impl Engine {
    /// Whether a value is due for a refresh, and not left alone for a moment.
    pub(super) fn is_due(&self, place: &Place, key: &Key, found: &Found) -> bool {
        let (Some(when), Life::For(left)) = (place.settings.refresh_ahead, found.life) else {
            return false;
        };
        let head = found.envelope.head();
        let ttl = Duration::from_millis(head.ttl_millis);
        let cost = Duration::from_micros(head.cost_micros);
        when.is_due(ttl, left, cost, 1.0 - fastrand::f64()) && !self.rests(place, key)
    }
}

impl<T: Value> Call<T> {
    /// Computes the value anew if nobody else does, and gives the new one, or else the old.
    pub(super) async fn refresh(self, old: Envelope, start: Start<'_, T>) -> Result<T> {
        match self.try_to_refresh(&old, start).await {
            Ended::Behind => {
                let late = || self.too_late(Limit::Soft);
                self.standby.as_ref().map(|old| old.value.clone()).ok_or_else(late)
            }
            ended => self.result(ended).await,
        }
    }

    async fn try_to_refresh(&self, old: &Envelope, start: Start<'_, T>) -> Ended<T> {
        let Self { engine, place, key, .. } = self;
        let Some(turn) = engine.flights.refresh(&place.address, key) else { return Ended::Behind };
        let mut claim = Claim::new(Arc::clone(engine), place.clone(), key.clone());
        let takeoff = engine.flights.take_off(place.kind::<T>(), claim.id());
        match claim.ask(LEASE_TIME, Some(old)).await {
            Ok(Leased::Held(lease)) => {
                takeoff.holds(lease.token.clone());
                let hold = self.hold(claim, Some((lease, takeoff)), Some(turn)).await;
                start(hold).await
            }
            // It has been refreshed meanwhile.
            Ok(Leased::Present(found)) => {
                let value = engine.coder.open(&found.envelope, &place.settings);
                value.map_or(Ended::Behind, Ended::Value)
            }
            // Another process is at it; and what cannot be refreshed now, can be in a moment.
            Ok(Leased::Taken(..) | Leased::Closed) | Err(_) => {
                engine.rest(place, key);
                Ended::Behind
            }
        }
    }
}
