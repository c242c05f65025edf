//! A miss that holds a lease.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::claim::Claim;
use crate::backend::{Lease, Leased};
use crate::engine::Engine;
use crate::error::Result;
use crate::key::Key;
use crate::link::Effect;
use crate::options::EntryOptions;
use crate::place::Place;
use crate::wire::{Storable, Value};

/// What [`Region::lookup`](crate::Region::lookup) found.
#[derive(Debug)]
pub enum Lookup<T> {
    /// The value.
    Hit(T),
    /// Nothing; and perhaps the right to store what the caller computes now.
    Miss(Miss<T>),
}

impl<T> Lookup<T> {
    /// The value, if there was one.
    pub fn hit(self) -> Option<T> {
        match self {
            Self::Hit(value) => Some(value),
            Self::Miss(_) => None,
        }
    }
}

/// A miss: compute the value, then [`fill`](Self::fill).
///
/// The first of those who miss holds the key's lease. Dropping it gives the lease back. A holder who
/// takes longer than ten seconds can be overtaken by another; as long as none did, and the record of
/// the lease is kept (100 seconds), the fill is accepted.
pub struct Miss<T> {
    claim: Box<Claim>,
    lease: Option<Box<Lease>>,
    stale: Option<T>,
}

impl<T> Miss<T> {
    /// Whether this caller holds the lease, so that its fill can succeed.
    pub fn holds_lease(&self) -> bool {
        self.lease.is_some()
    }

    /// The value that ran out of time or was expired, where the region keeps such values
    /// ([`stale_for`](crate::RegionOptions::stale_for)). Never one that was invalidated.
    pub fn stale(&self) -> Option<&T> {
        self.stale.as_ref()
    }

    /// Stores the value, if the lease still stands; answers whether it did.
    ///
    /// `Ok(false)`: this caller never held the lease, or the region or one above it was invalidated,
    /// or the key was written, since the lookup. The value is still the caller's to use.
    ///
    /// # Errors
    ///
    /// As for [`Region::set`](crate::Region::set).
    pub async fn fill<V>(self, value: &V) -> Result<bool>
    where
        V: Storable<Owned = T> + ?Sized,
    {
        self.store(value, None).await
    }

    /// The same with options for this entry.
    ///
    /// # Errors
    ///
    /// As for [`fill`](Self::fill).
    pub async fn fill_with<V>(self, value: &V, options: EntryOptions) -> Result<bool>
    where
        V: Storable<Owned = T> + ?Sized,
    {
        self.store(value, Some(options)).await
    }

    async fn store<V>(mut self, value: &V, options: Option<EntryOptions>) -> Result<bool>
    where
        V: Storable<Owned = T> + ?Sized,
    {
        let Claim { engine, place, key, .. } = &*self.claim;
        let put = engine.put(place, key.clone(), value, options)?;
        let filled = match &self.lease {
            Some(lease) => {
                engine.link.call(Effect::Changes, |backend| backend.fill(lease, vec![put])).await?
            }
            None => false,
        };
        let count = if filled { &engine.counters.fills } else { &engine.counters.refused_fills };
        count.add(1);
        // Spent, whether it was accepted or not: there is nothing to give back.
        self.claim.close();
        Ok(filled)
    }
}

impl<T> fmt::Debug for Miss<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Miss")
            .field("region", &self.claim.place.address.path())
            .field("key", &self.claim.key)
            .field("holds_lease", &self.holds_lease())
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) async fn lookup<T: Value>(
        self: Arc<Self>,
        place: Place,
        key: Key,
    ) -> Result<Lookup<T>> {
        let mut found = self.find(&place, &key).await?;
        loop {
            let stale = match found.take() {
                Some(found) if found.is_fresh() => {
                    if let Some(value) = self.coder.open(&found.envelope, &place.settings) {
                        self.counters.hits.add(1);
                        return Ok(Lookup::Hit(value));
                    }
                    Some(found)
                }
                other => other,
            };
            let unreadable = stale.as_ref().filter(|found| found.is_fresh()).map(|f| &f.envelope);
            let mut claim = Box::new(Claim::new(Arc::clone(&self), place.clone(), key.clone()));
            let lease = match claim.ask(LEASE_TIME, unreadable).await? {
                Leased::Held(lease) => Some(Box::new(lease)),
                Leased::Taken(..) | Leased::Closed => None,
                // Somebody filled it in between. What cannot be read comes back at most once more
                // for each time that somebody stores it.
                Leased::Present(present) => {
                    found = Some(present);
                    continue;
                }
            };
            self.counters.misses.add(1);
            let stale = match self.stale(&place, stale.as_ref()) {
                // It may have been invalidated before the lease was granted.
                Some(standby) => self.stands_in(&place, &key, standby).await,
                None => None,
            };
            let stale = stale.map(|standby| standby.value);
            return Ok(Lookup::Miss(Miss { claim, lease, stale }));
        }
    }
}

/// How long nobody else may take a lease over that nobody renews.
const LEASE_TIME: Duration = Duration::from_secs(10);
