//! The computations of this process that are under way: for others to join, or to leave alone.
//!
//! A **flight** is a computation under a lease, known by the lease's id. Only who was told by the backend,
//! after its own call began, that just this lease is held under the same fences may join it: a flight
//! that began before an invalidation or a removal is never joined by a caller that came after it.

mod rest;

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::sync::watch;

use self::rest::Rests;
use crate::backend::{Found, Id, Token};
use crate::error::Error;
use crate::gate::Gates;
use crate::key::Key;
use crate::name::Address;

/// All of one cache's.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    by_lease: Mutex<HashMap<Id, Arc<Flight>>>,
    /// Those who ask for the lease of a key.
    pub(crate) askers: Gates<Spot, Asked>,
    /// Those who compute without a backend.
    pub(crate) alone: Gates<Spot, Landing>,
    /// Keys that are left alone for a moment.
    pub(crate) rests: Rests,
    refreshing: Mutex<HashSet<(Address, Key)>>,
}

/// A key, and what is computed for it.
pub(crate) type Spot = (Address, Key, Kind);

/// What one who asked for a lease can tell others who were already waiting then.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The key has a value.
    Present(Found),
    /// A flight of this process holds the lease.
    Flies(Token, Id),
    /// Nothing can be stored now.
    Closed,
    /// The backend did not answer.
    Failed(Error),
}

/// What is computed: a value of this type, of this schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind(TypeId, u64);

/// A computation under way.
pub(crate) struct Flight {
    of: Kind,
    /// The fences under which its lease was taken.
    token: OnceLock<Token>,
    landed: watch::Receiver<Option<Landing>>,
}

/// How a computation ended.
#[derive(Clone)]
pub(crate) enum Landing {
    /// The value, and whether something went into it that has run out of time.
    Value(Arc<dyn Any + Send + Sync>, bool),
    Failed(Error),
}

/// What became of a computation for one who joined it.
pub(crate) enum Joined<T> {
    Value(T),
    Failed(Error),
    /// Nothing: it was dropped, or it was another's after all.
    Nothing,
}

/// The computing side of a flight. Dropping it without a landing leaves those who joined with nothing.
pub(crate) struct Takeoff {
    flights: Arc<Flights>,
    id: Id,
    flight: Arc<Flight>,
    landing: watch::Sender<Option<Landing>>,
}

/// The turn to refresh a key, one at a time in a process.
pub(crate) struct Refresh {
    flights: Arc<Flights>,
    spot: (Address, Key),
}

impl Flights {
    /// Announces a computation under the lease with this id, which is to be asked for next.
    pub(crate) fn take_off(self: &Arc<Self>, of: Kind, id: Id) -> Takeoff {
        let (landing, landed) = watch::channel(None);
        let flight = Arc::new(Flight { of, token: OnceLock::new(), landed });
        self.by_lease.lock().insert(id, Arc::clone(&flight));
        Takeoff { flights: Arc::clone(self), id, flight, landing }
    }

    /// The flight under a lease.
    pub(crate) fn find(&self, lease: Id) -> Option<Arc<Flight>> {
        self.by_lease.lock().get(&lease).cloned()
    }

    /// Takes the turn to refresh a key; `None` if another has it.
    pub(crate) fn refresh(self: &Arc<Self>, region: &Address, key: &Key) -> Option<Refresh> {
        let spot = (region.clone(), key.clone());
        let is_mine = self.refreshing.lock().insert(spot.clone());
        is_mine.then(|| Refresh { flights: Arc::clone(self), spot })
    }
}

impl Kind {
    pub(crate) fn of<T: 'static>(schema: u64) -> Self {
        Self(TypeId::of::<T>(), schema)
    }
}

impl Flight {
    /// Waits for the landing, and takes the value if it is of this kind and was computed under this
    /// token.
    pub(crate) async fn join<T: Clone + 'static>(
        &self,
        of: Kind,
        token: &Token,
    ) -> (Joined<T>, bool) {
        let mut landed = self.landed.clone();
        let landing = landed.wait_for(Option::is_some).await.map(|landing| landing.clone());
        match landing {
            Ok(Some(landing)) if self.of == of && self.token.get() == Some(token) => landing.take(),
            _ => (Joined::Nothing, false),
        }
    }
}

impl Landing {
    pub(crate) fn of<T: Send + Sync + 'static>(value: T, is_stale: bool) -> Self {
        Self::Value(Arc::new(value), is_stale)
    }

    /// What it means for one who waited for a `T`, and whether that has used something stale.
    pub(crate) fn take<T: Clone + 'static>(&self) -> (Joined<T>, bool) {
        match self {
            Self::Value(value, is_stale) => {
                let value = value.downcast_ref::<T>().cloned();
                (value.map_or(Joined::Nothing, Joined::Value), *is_stale)
            }
            Self::Failed(error) => (Joined::Failed(error.clone()), false),
        }
    }
}

impl Takeoff {
    /// The lease was granted under these fences.
    pub(crate) fn holds(&self, token: Token) {
        // Set once: a flight is asked for once.
        let _ = self.flight.token.set(token);
    }

    /// The computation ended: those who joined are told.
    pub(crate) fn land(self, landing: Landing) {
        self.landing.send_replace(Some(landing));
    }
}

impl Drop for Takeoff {
    fn drop(&mut self) {
        self.flights.by_lease.lock().remove(&self.id);
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.flights.refreshing.lock().remove(&self.spot);
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flight")
    }
}

impl fmt::Debug for Landing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(..) => f.write_str("Value"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}
