//! Several keys at once: one call of the loader, for those that nobody has and nobody computes.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Either, join_all, select};

use super::chain::Chain;
use super::claim::Claim;
use super::compute::can_be_covered;
use super::hold::{Ended, Hold};
use super::loading::Wishes;
use super::patience::{Limit, Patience};
use super::run::{Ran, load, run};
use super::standby::{LEASE_TIME, Standby};
use crate::backend::{Ask, Envelope, Found, Id, Lease, Leased, Life, Token};
use crate::engine::Engine;
use crate::error::{BoxError, Error, Result};
use crate::flight::{Joined, Takeoff};
use crate::key::Key;
use crate::place::Place;
use crate::tasks::within;
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

/// What asking for a key's lease came to.
enum Answer<T> {
    Hold(Box<Hold<T>>),
    Value(T),
    /// What is there cannot be read.
    Unreadable(Envelope),
    /// Another computes.
    Taken(Token, Id),
}

/// Leases were held for too long by one who waits.
struct TooLong;

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

    /// Takes the leases of all missing keys, or waits for those who have them. Values that are found or
    /// joined meanwhile are taken off what is missing.
    ///
    /// Whoever waits for a key holds none that comes after it: so two who want the same keys in different
    /// orders never wait for each other. And those before it are not held for long: the other may need one
    /// of them.
    async fn hold_all<K: Sync, T: Value>(
        &self,
        missing: &mut BTreeMap<Key, Missing<K, T>>,
        values: &mut HashMap<Key, T>,
    ) -> Result<Vec<Hold<T>>> {
        let mut holds: Vec<Hold<T>> = Vec::new();
        let mut asked: Vec<Key> = missing.keys().cloned().collect();
        while !asked.is_empty() {
            let asks = asked.iter().filter_map(|key| Some(self.ask(key, missing.get(key)?)));
            let answers = join_all(asks).await;
            let mut again = Vec::new();
            let mut holder = None;
            for (key, answer) in asked.into_iter().zip(answers) {
                match answer? {
                    Answer::Value(value) => {
                        missing.remove(&key);
                        values.insert(key, value);
                    }
                    // One before it must be waited for: it is given back meanwhile.
                    Answer::Hold(_) if !again.is_empty() => again.push(key),
                    Answer::Hold(hold) => holds.push(*hold),
                    Answer::Unreadable(envelope) => {
                        if let Some(missing) = missing.get_mut(&key) {
                            missing.unreadable = Some(envelope);
                        }
                        again.push(key);
                    }
                    Answer::Taken(token, lease) => {
                        if again.is_empty() {
                            holder = Some((key.clone(), token, lease));
                        }
                        again.push(key);
                    }
                }
            }
            if let Some((key, token, lease)) = holder {
                let value = match self.wait_holding(&key, &token, lease, &holds).await {
                    Ok(value) => value,
                    Err(TooLong) => {
                        // Perhaps it is one of these that the other waits for.
                        again.extend(holds.drain(..).map(|hold| hold.claim.key.clone()));
                        again.sort_unstable();
                        self.wait(&key, &token, lease).await
                    }
                };
                if let Some(value) = value {
                    again.retain(|other| *other != key);
                    missing.remove(&key);
                    values.insert(key, value);
                }
            }
            asked = again;
        }
        Ok(holds)
    }

    async fn ask<K, T: Value>(&self, key: &Key, missing: &Missing<K, T>) -> Result<Answer<T>> {
        let Self { engine, place, .. } = self;
        let mut claim = Claim::new(Arc::clone(engine), place.clone(), key.clone());
        if self.is_away {
            return Ok(self.hold(claim, None, missing));
        }
        let takeoff = engine.flights.take_off(place.kind::<T>(), claim.id());
        let held = match claim.ask(LEASE_TIME, missing.unreadable.as_ref()).await {
            Ok(Leased::Held(lease)) => {
                takeoff.holds(lease.token.clone());
                Some((lease, takeoff))
            }
            Ok(Leased::Taken(token, holder)) => return Ok(Answer::Taken(token, holder)),
            Ok(Leased::Present(found)) => {
                let value = engine.coder.open(&found.envelope, &place.settings);
                return Ok(value.map_or(Answer::Unreadable(found.envelope), Answer::Value));
            }
            Ok(Leased::Closed) => None,
            Err(error) if engine.computes_despite(&error) => None,
            Err(error) => return Err(error),
        };
        Ok(self.hold(claim, held, missing))
    }

    fn hold<K, T: Clone>(
        &self,
        claim: Claim,
        held: Option<(Lease, Takeoff)>,
        missing: &Missing<K, T>,
    ) -> Answer<T> {
        let (lease, takeoff) = held.unzip();
        Answer::Hold(Box::new(Hold {
            claim,
            lease,
            takeoff,
            standby: missing.standby.clone(),
            refresh: None,
            chain: self.chain.clone(),
            patience: self.patience.clone(),
        }))
    }

    /// Waits until another's lease is gone, but not for long, and renews those that are held meanwhile.
    async fn wait_holding<T: Value>(
        &self,
        key: &Key,
        token: &Token,
        lease: Id,
        holds: &[Hold<T>],
    ) -> Result<Option<T>, TooLong> {
        let wait = within(self.engine.link.clock(), HELD, self.wait(key, token, lease));
        match select(Box::pin(wait), Box::pin(keep_all(holds))).await {
            Either::Left((value, _)) => value.ok_or(TooLong),
            Either::Right((never, _)) => match never {},
        }
    }

    /// Waits until another's lease is gone; the value, if it came by joining.
    async fn wait<T: Value>(&self, key: &Key, token: &Token, lease: Id) -> Option<T> {
        let Self { engine, place, .. } = self;
        if engine.flights.find(lease).is_none() {
            engine.count_wait(place, key);
            engine.link.backend().wait(&place.address, key, lease).await;
            return None;
        }
        match engine.join(place, token, lease).await {
            Joined::Value(value) => Some(value),
            Joined::Failed(_) | Joined::Nothing => None,
        }
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

/// Renews all leases, as long as this is polled.
async fn keep_all<T: Value>(holds: &[Hold<T>]) -> Infallible {
    match join_all(holds.iter().map(Hold::keep)).await.pop() {
        Some(never) => never,
        None => pending().await,
    }
}

/// What a loader gave, by key; of two values for one key the later.
fn by_key<K: Into<Key>, T>(all: impl IntoIterator<Item = (K, T)>) -> HashMap<Key, T> {
    all.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

/// How long leases are held while another is waited for.
const HELD: Duration = Duration::from_secs(1);
