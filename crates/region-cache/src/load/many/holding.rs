//! Taking the leases of several keys, without waiting for each other.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, join_all, select};

use super::{Call, Missing};
use crate::backend::{Envelope, Id, Lease, Leased, Token};
use crate::error::Result;
use crate::flight::{Joined, Takeoff};
use crate::key::Key;
use crate::load::claim::Claim;
use crate::load::hold::Hold;
use crate::load::standby::LEASE_TIME;
use crate::tasks::within;
use crate::wire::Value;

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

impl Call {
    /// Takes the leases of all missing keys, or waits for those who have them. Values that are found or
    /// joined meanwhile are taken off what is missing.
    ///
    /// Whoever waits for a key holds none that comes after it: so two who want the same keys in different
    /// orders never wait for each other. And those before it are not held for long: the other may need one
    /// of them.
    pub(super) async fn hold_all<K: Sync, T: Value>(
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
}

/// Renews all leases, as long as this is polled.
pub(super) async fn keep_all<T: Value>(holds: &[Hold<T>]) -> Infallible {
    match join_all(holds.iter().map(Hold::keep)).await.pop() {
        Some(never) => never,
        None => pending().await,
    }
}

/// How long leases are held while another is waited for.
const HELD: Duration = Duration::from_secs(1);
