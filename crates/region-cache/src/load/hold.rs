//! Computing: the part of the one who holds the lease.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use parking_lot::Mutex;

use super::chain::Chain;
use super::claim::Claim;
use super::loading::{Loading, Wishes};
use super::patience::{Limit, Patience};
use super::run::{Load, Ran, load, run};
use super::standby::Standby;
use crate::backend::{Lease, When};
use crate::engine::change;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::flight::{Landing, Refresh, Takeoff};
use crate::link::Effect;
use crate::options::Settings;
use crate::place::What;
use crate::time::Stopwatch;
use crate::wire::{About, Value};

/// A key that its holder computes.
pub(crate) struct Hold<T> {
    pub(super) claim: Claim,
    /// None where there is no backend: then nothing is stored.
    pub(super) lease: Option<Lease>,
    /// None where nobody can join.
    pub(super) takeoff: Option<Takeoff>,
    /// What can stand in meanwhile.
    pub(super) standby: Option<Standby<T>>,
    /// Held where what stands in is still fresh.
    pub(super) refresh: Option<Refresh>,
    pub(super) chain: Chain,
    pub(super) patience: Patience,
}

/// How a computation ended for its caller.
pub(crate) enum Ended<T> {
    Value(T),
    Failed(Error),
    /// It takes longer than its caller wants to wait, who has something else.
    Late,
    /// It goes on behind its caller, who has something that is still fresh.
    Behind,
}

impl<T: Value> Hold<T> {
    /// Computes here and now. What takes longer than its caller wants to wait is dropped.
    pub(crate) async fn compute(self, load: Load<'_, T>) -> Ended<T> {
        self.run(load, Arc::default()).await
    }

    /// The same for a loader that says more than its value.
    pub(crate) async fn compute_wishing(self, load: Load<'_, (T, Wishes)>) -> Ended<T> {
        let wishes = Arc::<Mutex<Wishes>>::default();
        let told = Arc::clone(&wishes);
        let load = Box::pin(async move {
            let (value, wishes) = load.await?;
            *told.lock() = wishes;
            Ok(value)
        });
        self.run(load, wishes).await
    }

    /// Computes in a task of its own, which goes on when its caller does not wait any longer.
    pub(crate) async fn compute_behind<F, Fut, E>(mut self, call: F) -> Ended<T>
    where
        F: FnOnce(Loading<T>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let (loading, wishes) = Loading::new(self.standby.clone());
        let load = load(move || call(loading));
        let engine = Arc::clone(&self.claim.engine);
        if !engine.tasks.can_keep() {
            return self.run(load, wishes).await;
        }
        let (is_refresh, patience) = (self.refresh.is_some(), self.patience.clone());
        let (place, key) = (self.claim.place.clone(), self.claim.key.clone());
        let standby = self.standby.clone();
        self.patience = self.patience.without_soft();
        let (tell, told) = oneshot::channel();
        engine.tasks.keep(async move {
            // Its caller may not be there any more.
            let _ = tell.send(self.run(load, wishes).await);
        });
        if is_refresh {
            return Ended::Behind;
        }
        let stands_in = || async {
            match standby {
                Some(standby) => engine.stands_in(&place, &key, standby).await.is_some(),
                None => false,
            }
        };
        match patience.wait(told, stands_in).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Ended::Failed(Error::new(
                ErrorKind::Closed,
                "the computation ended with its runtime, or with the cache",
            )),
            Err(limit @ Limit::Hard) => {
                Ended::Failed(patience.too_late(limit, &What(&place, &key)))
            }
            Err(Limit::Soft) => {
                // Nor shall the next ones wait as long.
                engine.rest(&place, &key);
                Ended::Late
            }
        }
    }

    async fn run(self, load: Load<'_, T>, wishes: Arc<Mutex<Wishes>>) -> Ended<T> {
        let Claim { engine, place, key, .. } = &self.claim;
        engine.counters.computations.add(1);
        if self.refresh.is_some() {
            engine.counters.refreshes.add(1);
        }
        let what = What(place, key);
        tracing::debug!(%what, "computing");
        let watch = Stopwatch::start();
        let renewals = self.keep();
        let (chain, stands_in) = (self.chain.clone(), || self.stands_in());
        match run(chain, &self.patience, &what, load, renewals, stands_in).await {
            Ran::Done(value) => {
                let wishes = std::mem::take(&mut *wishes.lock());
                self.succeed(value, watch.elapsed(), wishes).await
            }
            Ran::Failed(error) => {
                engine.counters.failed_computations.add(1);
                self.fail(error).await
            }
            Ran::Late => {
                engine.counters.failed_computations.add(1);
                self.give_up().await;
                Ended::Late
            }
        }
    }

    /// Renews the lease, as long as this is polled.
    pub(super) async fn keep(&self) -> Infallible {
        match &self.lease {
            Some(lease) => self.claim.keep(lease).await,
            None => pending().await,
        }
    }

    /// Whether what stood in when the call began still can.
    pub(super) async fn stands_in(&self) -> bool {
        let Claim { engine, place, key, .. } = &self.claim;
        match self.standby.clone() {
            Some(standby) => engine.stands_in(place, key, standby).await.is_some(),
            None => false,
        }
    }

    /// The value is there: it is stored, if nothing came in between, and given to those who wait.
    pub(super) async fn succeed(mut self, value: T, cost: Duration, wishes: Wishes) -> Ended<T> {
        let is_stale = self.chain.is_stale();
        let lease = self.lease.take().filter(|_| !wishes.is_not_to_be_stored && !is_stale);
        if let Some(lease) = lease
            && let Err(error) = self.fill(&lease, &value, cost, wishes).await
        {
            return self.fail(error).await;
        }
        let Claim { engine, place, key, .. } = &self.claim;
        engine.flights.rests.end(&place.address, key);
        if let Some(takeoff) = self.takeoff.take() {
            takeoff.land(Landing::of(value.clone(), is_stale));
        }
        Ended::Value(value)
    }

    /// Fails only where the value cannot be stored at all.
    async fn fill(
        &mut self,
        lease: &Lease,
        value: &T,
        cost: Duration,
        wishes: Wishes,
    ) -> Result<()> {
        let Claim { engine, place, key, .. } = &self.claim;
        let own = wishes.ttl.map(|ttl| place.settings.living(ttl));
        let settings: &Settings = own.as_ref().unwrap_or(&place.settings);
        let kept = wishes.stale_for.map(|stale_for| Settings { stale_for, ..settings.clone() });
        let settings = kept.as_ref().unwrap_or(settings);
        let about = About { cost, tag: wishes.tag, ttl: None };
        let act = engine.act(value, When::Always, settings, about)?;
        let mut puts = vec![change(place, key.clone(), act)];
        puts.extend(wishes.beside);
        let what = What(place, key);
        match engine.link.call(Effect::Changes, |backend| backend.fill(lease, puts)).await {
            Ok(true) => {
                engine.counters.fills.add(1);
                wishes.receipt.confirm();
                self.claim.close();
            }
            Ok(false) => {
                engine.counters.refused_fills.add(1);
                tracing::debug!(%what, "not stored, because it was overtaken");
                self.claim.close();
            }
            // Its caller has the value; whether it is stored as well, nobody needs to know.
            Err(error) => tracing::debug!(%what, %error, "perhaps not stored"),
        }
        Ok(())
    }

    /// There is no value: the next who asks computes, unless something can stand in for a moment.
    pub(super) async fn fail(mut self, error: Error) -> Ended<T> {
        let takeoff = self.takeoff.take();
        tracing::debug!(what = %What(&self.claim.place, &self.claim.key), %error, "not computed");
        self.give_up().await;
        if let Some(takeoff) = takeoff {
            takeoff.land(Landing::Failed(error.clone()));
        }
        Ended::Failed(error)
    }

    /// There is nothing to compute: the next who asks may try.
    pub(super) async fn leave(self) {
        self.claim.give_back().await;
    }

    /// Ends without a word to those who wait.
    pub(super) async fn give_up(self) {
        let Claim { engine, place, key, .. } = &self.claim;
        if self.standby.is_some() {
            engine.rest(place, key);
        }
        self.claim.give_back().await;
    }
}

impl<T: Value> Ended<T> {
    /// The same for those who wait for it.
    pub(super) fn landing(&self, is_stale: bool) -> Option<Landing> {
        match self {
            Self::Value(value) => Some(Landing::of(value.clone(), is_stale)),
            Self::Failed(error) => Some(Landing::Failed(error.clone())),
            Self::Late | Self::Behind => None,
        }
    }
}
