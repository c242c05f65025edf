//! One key: a hit, or a computation, one's own or another's.

use std::future::Future;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::chain::Chain;
use super::claim::Claim;
use super::hold::{Ended, Hold};
use super::patience::{Limit, Patience};
use super::standby::{LEASE_TIME, Standby};
use crate::backend::{Envelope, Id, Lease, Leased, Token};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::flight::{Asked, Joined, Refresh, Spot, Takeoff};
use crate::gate::{Asking, Guest, Turn};
use crate::key::Key;
use crate::options::OnUnavailable;
use crate::place::{Place, What};
use crate::tasks::within;
use crate::wire::Value;

/// A call that found nothing fresh.
pub(super) struct Call<T> {
    pub(super) engine: Arc<Engine>,
    pub(super) place: Place,
    pub(super) key: Key,
    pub(super) chain: Chain,
    pub(super) patience: Patience,
    /// What can stand in if the computation fails.
    pub(super) standby: Option<Standby<T>>,
}

/// What is done with the right to compute.
pub(super) type Start<'a, T> = Box<dyn FnOnce(Hold<T>) -> BoxFuture<'a, Ended<T>> + Send + 'a>;

/// Whether a value that is there is good enough.
pub(crate) type Judge<'a, T> = Box<dyn Fn(&T) -> bool + Send + Sync + 'a>;

/// What a caller wants, and what not.
pub(crate) struct Terms<'a, T> {
    /// What this refuses is not good enough, fresh as it may be.
    pub(crate) judge: Option<Judge<'a, T>>,
    /// Nothing may stand in for what is computed.
    pub(crate) is_anew: bool,
}

/// What a call for a lease comes to.
enum Got<T> {
    /// The value was stored meanwhile.
    Present(T),
    /// Another computed the value.
    Joined(T),
    /// Another's computation, which this call had joined, failed.
    Failed(Error),
    /// The key is left alone for a moment, and something can stand in.
    Rests,
    /// What is computed now is not stored.
    Closed,
    /// The right to compute.
    Hold(Box<Hold<T>>),
}

impl Engine {
    /// The value of a key, computed by what `start` does with a [`Hold`] if need be.
    pub(crate) async fn compute<T, S, Fut>(
        self: Arc<Self>,
        place: Place,
        key: Key,
        terms: Terms<'_, T>,
        start: S,
    ) -> Result<T>
    where
        T: Value,
        S: FnOnce(Hold<T>) -> Fut + Send,
        Fut: Future<Output = Ended<T>> + Send,
    {
        let keys = std::slice::from_ref(&key);
        Chain::current().check(self.link.backend(), &place.address, keys)?;
        let found = self.find(&place, &key).await;
        let fresh = found.as_ref().ok().and_then(Option::as_ref).filter(|found| found.is_fresh());
        if let Some(found) = fresh
            && let Some(standby) = self.standby(&place, found)
            && terms.judge.is_none_or(|judge| judge(&standby.value))
        {
            self.counters.hits.add(1);
            tracing::trace!(what = %What(&place, &key), "hit");
            if !self.is_due(&place, &key, found) {
                return Ok(standby.value);
            }
            let old = found.envelope.clone();
            let call = Call::new(self, place, key, Some(standby));
            let refresh: BoxFuture<'_, Result<T>> = Box::pin(call.refresh(old, boxed(start)));
            return refresh.await;
        }
        let unreadable = fresh.map(|found| found.envelope.clone());
        // Without their type, so that loaders within loaders are no deep ones; and long, but rare.
        let rest: BoxFuture<'_, Result<T>> = match found {
            Ok(found) => {
                let found = found.filter(|_| !terms.is_anew);
                let standby = self.stale(&place, found.as_ref());
                let call = Call::new(self, place, key, standby);
                Box::pin(call.load(unreadable, boxed(start)))
            }
            Err(error) => {
                self.counters.misses.add(1);
                let call = Call::new(self, place, key, None);
                Box::pin(call.without_backend(error, boxed(start)))
            }
        };
        rest.await
    }
}

/// Whether a value that stands in may hide an error. A mistake of the program's must be seen: a loader
/// that asks for its own key, a value that cannot be stored.
pub(super) fn can_be_covered(error: &Error) -> bool {
    !(error.is_recursion() || error.is_encode() || error.is_too_large() || error.is_closed())
}

fn boxed<'a, T, S, Fut>(start: S) -> Start<'a, T>
where
    S: FnOnce(Hold<T>) -> Fut + Send + 'a,
    Fut: Future<Output = Ended<T>> + Send + 'a,
{
    Box::new(|hold| Box::pin(start(hold)))
}

impl<T> Default for Terms<'_, T> {
    fn default() -> Self {
        Self { judge: None, is_anew: false }
    }
}

impl<T: Value> Call<T> {
    fn new(engine: Arc<Engine>, place: Place, key: Key, standby: Option<Standby<T>>) -> Self {
        let keys = std::slice::from_ref(&key);
        let chain = Chain::current().computing(engine.link.backend(), &place.address, keys);
        let patience = Patience::new(engine.link.clock(), &place.settings, standby.is_some());
        Self { engine, place, key, chain, patience, standby }
    }

    async fn load(mut self, unreadable: Option<Envelope>, start: Start<'_, T>) -> Result<T> {
        let got = loop {
            let get = Box::pin(self.get(unreadable.clone()));
            match self.patience.wait(get, || self.stands_in()).await {
                // Nothing stands in any more: there is nothing to leave the key alone for.
                Ok(Ok(Got::Rests)) if !self.stands_in().await => {
                    self.standby = None;
                    self.patience = self.patience.without_soft();
                }
                got => break got,
            }
        };
        let what = What(&self.place, &self.key);
        if let Ok(Ok(Got::Present(value))) = got {
            self.engine.counters.hits.add(1);
            tracing::trace!(%what, "hit, after all");
            return Ok(value);
        }
        self.engine.counters.misses.add(1);
        tracing::trace!(%what, "miss");
        match got {
            Ok(Ok(Got::Present(value) | Got::Joined(value))) => Ok(value),
            Ok(Ok(Got::Failed(error))) => self.or_stale(error).await,
            Ok(Ok(Got::Rests)) => self.or_stale(self.too_late(Limit::Soft)).await,
            Ok(Ok(Got::Hold(hold))) => {
                let ended = start(*hold).await;
                self.result(ended).await
            }
            Ok(Ok(Got::Closed)) => self.alone(start).await,
            Ok(Err(error)) => self.without_backend(error, start).await,
            Err(limit) => {
                if limit == Limit::Soft {
                    self.engine.rest(&self.place, &self.key);
                }
                self.or_stale(self.too_late(limit)).await
            }
        }
    }

    /// Sees who computes.
    async fn get(&self, mut unreadable: Option<Envelope>) -> Result<Got<T>> {
        let Self { engine, place, key, .. } = self;
        loop {
            if self.standby.is_some() && engine.rests(place, key) {
                return Ok(Got::Rests);
            }
            let guest = engine.flights.askers.arrive(self.spot());
            let asking = match self.turn(&guest).await {
                Some(Turn::Told(asked)) => Err(asked),
                Some(Turn::Mine(asking)) => self.ask(Some(asking), unreadable.as_ref()).await,
                None => self.ask(None, unreadable.as_ref()).await,
            };
            let asked = match asking {
                Ok(hold) => return Ok(Got::Hold(Box::new(hold))),
                Err(asked) => asked,
            };
            match asked {
                Asked::Present(found) => {
                    match engine.coder.open(&found.envelope, &place.settings) {
                        Some(value) => return Ok(Got::Present(value)),
                        None => unreadable = Some(found.envelope),
                    }
                }
                Asked::Flies(token, lease) => match engine.join(place, &token, lease).await {
                    Joined::Value(value) => return Ok(Got::Joined(value)),
                    Joined::Failed(error) => return Ok(Got::Failed(error)),
                    Joined::Nothing => {}
                },
                Asked::Closed => return Ok(Got::Closed),
                Asked::Failed(error) => return Err(error),
            }
        }
    }

    /// Waits at the gate; nothing where who has the turn does not go on with it, because nobody polls it.
    async fn turn<'g>(&self, guest: &'g Guest<'_, Spot, Asked>) -> Option<Turn<'g, Asked>> {
        loop {
            let requests = guest.requests();
            let turn = within(self.engine.link.clock(), LEASE_TIME, guest.turn()).await;
            if turn.is_some() || guest.requests() == requests {
                return turn;
            }
        }
    }

    /// Asks for the lease, and again for as long as another process holds it; the right to compute, or
    /// what there is to know instead.
    async fn ask(
        &self,
        mut asking: Option<Asking<'_, Asked>>,
        unreadable: Option<&Envelope>,
    ) -> Result<Hold<T>, Asked> {
        let Self { engine, place, key, .. } = self;
        let mut has_waited = false;
        let asked = loop {
            let mut claim = Claim::new(Arc::clone(engine), place.clone(), key.clone());
            let takeoff = engine.flights.take_off(place.kind::<T>(), claim.id());
            asking.iter_mut().for_each(Asking::asks);
            match claim.ask(LEASE_TIME, unreadable).await {
                Ok(Leased::Held(lease)) => {
                    takeoff.holds(lease.token.clone());
                    let flies = Asked::Flies(lease.token.clone(), lease.id);
                    asking.into_iter().for_each(|asking| asking.tell(flies.clone()));
                    return Ok(self.hold(claim, Some((lease, takeoff)), None).await);
                }
                Ok(Leased::Taken(token, holder)) if engine.flights.find(holder).is_some() => {
                    break Asked::Flies(token, holder);
                }
                Ok(Leased::Taken(_, holder)) => {
                    if !has_waited {
                        engine.count_wait(place, key);
                        has_waited = true;
                    }
                    // Asked again now and then, so that those behind see that this one lives.
                    let wait = engine.link.backend().wait(&place.address, key, holder);
                    within(engine.link.clock(), LEASE_TIME / 2, wait).await;
                }
                Ok(Leased::Present(found)) => break Asked::Present(found),
                Ok(Leased::Closed) => break Asked::Closed,
                Err(error) => break Asked::Failed(error),
            }
        };
        asking.into_iter().for_each(|asking| asking.tell(asked.clone()));
        Err(asked)
    }

    fn spot(&self) -> Spot {
        (self.place.address.clone(), self.key.clone(), self.place.kind::<T>())
    }

    /// The right to compute. What stands in is looked at again: it may have been invalidated before the
    /// lease was granted, and the loader must not see it then.
    pub(super) async fn hold(
        &self,
        claim: Claim,
        lease: Option<(Lease, Takeoff)>,
        refresh: Option<Refresh>,
    ) -> Hold<T> {
        let Self { engine, place, key, .. } = self;
        let standby = match self.standby.clone() {
            Some(standby) if lease.is_some() => engine.stands_in(place, key, standby).await,
            standby => standby,
        };
        let (lease, takeoff) = lease.unzip();
        let (chain, patience) = (self.chain.clone(), self.patience.clone());
        Hold { claim, lease, takeoff, standby, refresh, chain, patience }
    }

    /// Computes without a backend, if that is wanted.
    async fn without_backend(self, error: Error, start: Start<'_, T>) -> Result<T> {
        if !self.engine.computes_despite(&error) {
            return self.or_stale(error).await;
        }
        tracing::debug!(what = %What(&self.place, &self.key), %error, "computed without the cache");
        self.alone(start).await
    }

    /// Computes without storing, for all who came before it began.
    async fn alone(self, start: Start<'_, T>) -> Result<T> {
        let engine = Arc::clone(&self.engine);
        let guest = engine.flights.alone.arrive(self.spot());
        let ended = match self.patience.wait(guest.turn(), || self.stands_in()).await {
            Ok(Turn::Told(landing)) => match engine.joined(landing.take()) {
                Joined::Value(value) => Ended::Value(value),
                Joined::Failed(error) => Ended::Failed(error),
                Joined::Nothing => Ended::Failed(self.too_late(Limit::Hard)),
            },
            Ok(Turn::Mine(mut asking)) => {
                asking.asks();
                let claim = Claim::new(Arc::clone(&engine), self.place.clone(), self.key.clone());
                let ended = start(self.hold(claim, None, None).await).await;
                if let Some(landing) = ended.landing(self.chain.is_stale()) {
                    asking.tell(landing);
                }
                ended
            }
            Err(limit) => Ended::Failed(self.too_late(limit)),
        };
        self.result(ended).await
    }

    pub(super) async fn result(&self, ended: Ended<T>) -> Result<T> {
        match ended {
            Ended::Value(value) => Ok(value),
            Ended::Failed(error) => self.or_stale(error).await,
            Ended::Late | Ended::Behind => self.or_stale(self.too_late(Limit::Soft)).await,
        }
    }

    /// What can stand in now, or else the error.
    pub(super) async fn or_stale(&self, error: Error) -> Result<T> {
        let Self { engine, place, key, .. } = self;
        let Some(standby) = self.standby.clone().filter(|_| can_be_covered(&error)) else {
            return Err(error);
        };
        let standby = engine.stands_in(place, key, standby).await;
        standby.map(|standby| engine.serve(place, key, &error, standby)).ok_or(error)
    }

    async fn stands_in(&self) -> bool {
        let Self { engine, place, key, standby, .. } = self;
        match standby.clone() {
            Some(standby) => engine.stands_in(place, key, standby).await.is_some(),
            None => false,
        }
    }

    pub(super) fn too_late(&self, limit: Limit) -> Error {
        self.patience.too_late(limit, &What(&self.place, &self.key))
    }
}

impl Engine {
    /// Waits for the landing of another computation; but not longer than its lease would last if nobody
    /// renewed it.
    pub(super) async fn join<T: Value>(
        &self,
        place: &Place,
        token: &Token,
        lease: Id,
    ) -> Joined<T> {
        let Some(flight) = self.flights.find(lease) else { return Joined::Nothing };
        let landed =
            within(self.link.clock(), LEASE_TIME, flight.join(place.kind::<T>(), token)).await;
        landed.map_or(Joined::Nothing, |landed| self.joined(landed))
    }

    /// Takes note that somebody waits for another process.
    pub(super) fn count_wait(&self, place: &Place, key: &Key) {
        self.counters.lease_waits.add(1);
        tracing::debug!(what = %What(place, key), "waiting for another's computation");
    }

    fn joined<T>(&self, (joined, is_stale): (Joined<T>, bool)) -> Joined<T> {
        if !matches!(joined, Joined::Nothing) {
            self.counters.joined.add(1);
        }
        if is_stale {
            Chain::current().used_stale();
        }
        joined
    }

    /// Whether a computation goes on without the backend that has failed like this.
    pub(crate) fn computes_despite(&self, error: &Error) -> bool {
        let is_away = error.is_unavailable() || error.is_timeout();
        is_away && self.on_unavailable == OnUnavailable::Compute
    }
}
