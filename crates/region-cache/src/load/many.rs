//! Several keys at once: one call of the loader, for those that nobody has and nobody computes.

mod holding;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::future::{BoxFuture, join_all};

use self::holding::keep_all;
use super::chain::Chain;
use super::compute::can_be_covered;
use super::hold::{Ended, Hold};
use super::loading::Wishes;
use super::patience::{Limit, Patience};
use super::run::{Ran, load, run};
use super::standby::Standby;
use crate::backend::{Ask, Envelope, Found, Life};
use crate::engine::Engine;
use crate::error::{BoxError, Error, Result};
use crate::key::Key;
use crate::place::Place;
use crate::time::Stopwatch;
use crate::wire::Value;

/// A call that found some of its keys missing.
struct Call {
    engine: Arc<Engine>,
    place: Place,
    chain: Chain,
    patience: Patience,
    /// Whether the backend did not answer: then nobody is asked for leases.
    is_away: bool,
}

/// A key that is missing.
struct Missing<K, T> {
    /// As the caller named it.
    name: K,
    standby: Option<Standby<T>>,
    /// What is there, and cannot be read.
    unreadable: Option<Envelope>,
}

/// Keys of a region, in messages.
struct Keys<'a>(usize, &'a Place);

impl Engine {
    pub(crate) async fn compute_many<K, T, F, Fut, I, E>(
        self: Arc<Self>,
        place: Place,
        keys: Vec<(Key, K)>,
        compute: F,
    ) -> Result<Vec<Option<T>>>
    where
        K: Into<Key> + Clone + Send + Sync,
        T: Value,
        F: FnOnce(Vec<K>) -> Fut + Send,
        Fut: Future<Output = Result<I, E>> + Send,
        I: IntoIterator<Item = (K, T)> + Send,
        E: Into<BoxError>,
    {
        let chain = Chain::current();
        let order: Vec<Key> = keys.iter().map(|(key, _)| key.clone()).collect();
        chain.check(self.link.backend(), &place.address, &order)?;
        // Once each, and in an order that all who compute several keys share.
        let wanted: BTreeMap<Key, K> = keys.into_iter().collect();
        let keys: Vec<Key> = wanted.keys().cloned().collect();
        let found = if keys.is_empty() {
            Ok(Vec::new())
        } else {
            self.read(&place.address, &keys, Ask::Values).await
        };
        let (found, is_away) = match found {
            Ok(found) => (found, false),
            Err(error) if self.computes_despite(&error) => (vec![None; keys.len()], true),
            Err(error) => return Err(error),
        };
        let (mut values, missing) = self.sort_out(&place, wanted, found);
        if !missing.is_empty() {
            let keys: Vec<Key> = missing.keys().cloned().collect();
            let chain = chain.computing(self.link.backend(), &place.address, &keys);
            let can_stand_in = missing.values().all(|missing| missing.standby.is_some());
            let patience = Patience::new(self.link.clock(), &place.settings, can_stand_in);
            let call = Call { engine: self, place, chain, patience, is_away };
            // Without its type, so that loaders within loaders are no deep ones.
            let computed: BoxFuture<'_, Result<HashMap<Key, T>>> =
                Box::pin(call.load(missing, compute));
            values.extend(computed.await?);
        }
        Ok(order.iter().map(|key| values.get(key).cloned()).collect())
    }

    /// What is there, and what is missing.
    fn sort_out<K, T: Value>(
        &self,
        place: &Place,
        wanted: BTreeMap<Key, K>,
        found: Vec<Option<Found>>,
    ) -> (HashMap<Key, T>, BTreeMap<Key, Missing<K, T>>) {
        let (mut values, mut missing) = (HashMap::new(), BTreeMap::new());
        for ((key, name), found) in wanted.into_iter().zip(found) {
            let fresh = found.as_ref().filter(|found| found.is_fresh());
            let value = fresh.and_then(|found| self.coder.open(&found.envelope, &place.settings));
            if let Some(value) = value {
                values.insert(key, value);
            } else {
                let standby = self.stale(place, found.as_ref());
                let unreadable = fresh.map(|found| found.envelope.clone());
                missing.insert(key, Missing { name, standby, unreadable });
            }
        }
        self.counters.hits.add(values.len() as u64);
        self.counters.misses.add(missing.len() as u64);
        (values, missing)
    }
}

impl Call {
    /// The values of all missing keys that have one.
    async fn load<K, T, F, Fut, I, E>(
        &self,
        mut missing: BTreeMap<Key, Missing<K, T>>,
        compute: F,
    ) -> Result<HashMap<Key, T>>
    where
        K: Into<Key> + Clone + Send + Sync,
        T: Value,
        F: FnOnce(Vec<K>) -> Fut + Send,
        Fut: Future<Output = Result<I, E>> + Send,
        I: IntoIterator<Item = (K, T)> + Send,
        E: Into<BoxError>,
    {
        let mut values = HashMap::new();
        let rest = missing
            .iter()
            .all(|(key, missing)| missing.standby.is_some() && self.engine.rests(&self.place, key));
        if rest {
            let error = self.too_late(Limit::Soft, missing.len());
            return self.all_stale(missing, error).await;
        }
        let keys: Vec<Key> = missing.keys().cloned().collect();
        let holding = Box::pin(self.hold_all(&mut missing, &mut values));
        let holds = match self.patience.wait(holding, || self.stand_in(&keys)).await {
            Ok(holds) => holds?,
            Err(limit) => {
                let error = self.too_late(limit, missing.len());
                let mut stale = self.all_stale(missing, error).await?;
                stale.extend(values);
                return Ok(stale);
            }
        };
        if holds.is_empty() {
            return Ok(values);
        }
        let names = holds.iter().filter_map(|hold| missing.get(&hold.claim.key));
        let names: Vec<K> = names.map(|missing| missing.name.clone()).collect();
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let counters = &self.engine.counters;
        counters.computations.add(1);
        let watch = Stopwatch::start();
        let what = Keys(names.len(), &self.place);
        tracing::debug!(%what, "computing");
        let load = load(|| async { compute(names).await.map(by_key) });
        let renewals = keep_all(&holds);
        let (chain, stand_in) = (self.chain.clone(), || self.stand_in(&keys));
        let error = match run(chain, &self.patience, &what, load, renewals, stand_in).await {
            Ran::Done(mut computed) => {
                let cost = watch.elapsed() / count.max(1);
                let ends = holds.into_iter().map(|hold| {
                    let key = hold.claim.key.clone();
                    let value = computed.remove(&key);
                    async move {
                        let Some(value) = value else {
                            hold.leave().await;
                            return None;
                        };
                        Some((key, hold.succeed(value, cost, Wishes::default()).await))
                    }
                });
                for (key, ended) in join_all(ends).await.into_iter().flatten() {
                    match ended {
                        Ended::Value(value) => drop(values.insert(key, value)),
                        Ended::Failed(error) => return Err(error),
                        Ended::Late | Ended::Behind => {}
                    }
                }
                return Ok(values);
            }
            Ran::Failed(error) => {
                join_all(holds.into_iter().map(|hold| hold.fail(error.clone()))).await;
                error
            }
            Ran::Late => {
                join_all(holds.into_iter().map(Hold::give_up)).await;
                self.too_late(Limit::Soft, missing.len())
            }
        };
        counters.failed_computations.add(1);
        let mut stale = self.all_stale(missing, error).await?;
        stale.extend(values);
        Ok(stale)
    }

    /// The values that can stand in now for all that is missing, or else the error.
    async fn all_stale<K: Sync, T: Value>(
        &self,
        missing: BTreeMap<Key, Missing<K, T>>,
        error: Error,
    ) -> Result<HashMap<Key, T>> {
        let Self { engine, place, .. } = self;
        let standbys = missing.into_iter().map(|(key, missing)| async {
            let standby = engine.stands_in(place, &key, missing.standby?).await?;
            Some((key, standby))
        });
        let standbys = join_all(standbys).await.into_iter().collect::<Option<Vec<_>>>();
        let Some(standbys) = standbys.filter(|_| can_be_covered(&error)) else { return Err(error) };
        let serve = |(key, standby)| {
            let value = engine.serve(place, &key, &error, standby);
            (key, value)
        };
        Ok(standbys.into_iter().map(serve).collect())
    }

    /// Whether something is still there for each of these keys, of which each had something to stand in.
    async fn stand_in(&self, keys: &[Key]) -> bool {
        let found = self.engine.read(&self.place.address, keys, Ask::Values).await;
        let stale_for = self.place.settings.stale_for;
        let stands_in = |found: &Option<Found>| match found.as_ref().map(|found| found.life) {
            Some(Life::Over(since)) => since < stale_for,
            life => life.is_some(),
        };
        match found {
            Ok(found) => found.iter().all(stands_in),
            Err(error) => error.is_outage(),
        }
    }

    fn too_late(&self, limit: Limit, count: usize) -> Error {
        self.patience.too_late(limit, &Keys(count, &self.place))
    }
}

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys of region `{}`", self.0, self.1.address)
    }
}

/// What a loader gave, by key; of two values for one key the later.
fn by_key<K: Into<Key>, T>(all: impl IntoIterator<Item = (K, T)>) -> HashMap<Key, T> {
    all.into_iter().map(|(key, value)| (key.into(), value)).collect()
}
