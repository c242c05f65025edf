//! A miss that holds a lease.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Found, Id, Lease, Leased, Life, Wish};
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

/// A lease that was asked for. Dropping it gives the lease back, also where the answer never came.
struct Claim {
    engine: Arc<Engine>,
    place: Place,
    key: Key,
    /// None where there is nothing to give back.
    id: Option<Id>,
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
                engine.link.call(Effect::Changes, |backend| backend.fill(lease, put)).await?
            }
            None => false,
        };
        let count = if filled { &engine.counters.fills } else { &engine.counters.refused_fills };
        count.add(1);
        // Spent, whether it was accepted or not: there is nothing to give back.
        self.claim.id = None;
        Ok(filled)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let engine = Arc::clone(&self.engine);
        let (region, key) = (self.place.address.clone(), self.key.clone());
        self.engine.tasks.run(async move {
            let release =
                engine.link.call(Effect::Changes, |backend| backend.release(&region, &key, id));
            // If this fails the lease's deadline does the same, later.
            let _ = release.await;
        });
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
            let id = Id::random();
            let mut claim = Box::new(Claim {
                engine: Arc::clone(&self),
                place: place.clone(),
                key: key.clone(),
                id: Some(id),
            });
            let wish = Wish {
                region: &claim.place.address,
                key: &claim.key,
                id,
                time: LEASE_TIME,
                despite: stale
                    .as_ref()
                    .filter(|found| found.is_fresh())
                    .map(|found| &found.envelope),
            };
            // For its caller this is a read: a lease that nobody knows of ends by its deadline.
            let leased = self.link.call(Effect::Reads, |backend| backend.lease(wish)).await;
            if leased.as_ref().is_err_and(|error| error.is_unavailable() || error.is_closed()) {
                claim.id = None;
            }
            let leased = leased?;
            let lease = match leased {
                Leased::Held(lease) => Some(Box::new(lease)),
                Leased::Taken(..) => {
                    claim.id = None;
                    None
                }
                // Somebody filled it in between. What cannot be read comes back at most once more
                // for each time that somebody stores it.
                Leased::Present(present) => {
                    claim.id = None;
                    found = Some(present);
                    continue;
                }
            };
            self.counters.misses.add(1);
            let stale = stale.and_then(|Found { envelope, life }| match life {
                Life::Over(since) if since < claim.place.settings.stale_for => {
                    self.coder.open(&envelope, &claim.place.settings)
                }
                _ => None,
            });
            return Ok(Lookup::Miss(Miss { claim, lease, stale }));
        }
    }
}

/// How long nobody else may take a lease over.
const LEASE_TIME: Duration = Duration::from_secs(10);
