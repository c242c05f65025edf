//! A gate: many who want the same, of whom one goes and asks, for all who came before it went.
//!
//! What one learns by a request serves everyone who was there when the request was sent, and nobody
//! else: who came later may know of a change that came later too.

use std::collections::HashMap;
use std::future::pending;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// A gate.
#[derive(Debug)]
pub(crate) struct Gate<A> {
    /// How many have come so far.
    arrivals: AtomicU64,
    /// How many requests have gone out.
    requests: AtomicU64,
    /// What was learnt last, and how many had come when it was asked for.
    last: tokio::sync::Mutex<Option<(u64, A)>>,
}

/// A gate for each spot that somebody waits at.
#[derive(Debug)]
pub(crate) struct Gates<S: Eq + Hash, A>(Mutex<HashMap<S, Arc<Gate<A>>>>);

/// One who came to a gate, as the one with this number.
#[derive(Debug)]
pub(crate) struct Visitor<'a, A> {
    gate: &'a Gate<A>,
    number: u64,
}

/// One who came to one of many gates, which goes with the last of them.
#[derive(Debug)]
pub(crate) struct Guest<'a, S: Eq + Hash, A> {
    gates: &'a Gates<S, A>,
    spot: S,
    /// None only while this is dropped.
    gate: Option<Arc<Gate<A>>>,
    number: u64,
}

/// What one who came gets.
pub(crate) enum Turn<'a, A> {
    /// The answer that another got by a request which it sent after this one had come.
    Told(A),
    /// The turn to ask.
    Mine(Asking<'a, A>),
}

/// The turn to ask. Dropping it without an answer leaves the turn to the next.
#[derive(Debug)]
pub(crate) struct Asking<'a, A> {
    gate: &'a Gate<A>,
    last: tokio::sync::MutexGuard<'a, Option<(u64, A)>>,
    asked: u64,
}

impl<A: Clone> Gate<A> {
    /// Comes to the gate.
    pub(crate) fn arrive(&self) -> Visitor<'_, A> {
        Visitor { gate: self, number: self.number() }
    }

    fn number(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::SeqCst)
    }
}

impl<S: Eq + Hash + Clone, A: Clone> Gates<S, A> {
    /// Comes to the gate of a spot.
    pub(crate) fn arrive(&self, spot: S) -> Guest<'_, S, A> {
        let gate = Arc::clone(self.0.lock().entry(spot.clone()).or_default());
        let number = gate.number();
        Guest { gates: self, spot, gate: Some(gate), number }
    }
}

impl<'a, A: Clone> Visitor<'a, A> {
    /// Waits until it is this visitor's turn, or what it would ask for is known.
    pub(crate) async fn turn(&self) -> Turn<'a, A> {
        let last = self.gate.last.lock().await;
        match &*last {
            Some((asked, answer)) if *asked > self.number => Turn::Told(answer.clone()),
            _ => Turn::Mine(Asking { gate: self.gate, last, asked: 0 }),
        }
    }
}

impl<S: Eq + Hash, A: Clone> Guest<'_, S, A> {
    /// Waits until it is this guest's turn, or what it would ask for is known.
    pub(crate) async fn turn(&self) -> Turn<'_, A> {
        match &self.gate {
            Some(gate) => Visitor { gate, number: self.number }.turn().await,
            None => pending().await,
        }
    }

    /// How many requests have gone out from here: it grows as long as who has the turn goes on with it.
    pub(crate) fn requests(&self) -> u64 {
        self.gate.as_ref().map_or(0, |gate| gate.requests.load(Ordering::SeqCst))
    }
}

impl<A> Asking<'_, A> {
    /// Says that a request is sent now: its answer will serve all who have come by now.
    pub(crate) fn asks(&mut self) {
        self.asked = self.gate.arrivals.load(Ordering::SeqCst);
        self.gate.requests.fetch_add(1, Ordering::SeqCst);
    }

    /// Says what the answer is.
    pub(crate) fn tell(mut self, answer: A) {
        *self.last = Some((self.asked, answer));
    }
}

impl<S: Eq + Hash, A> Drop for Guest<'_, S, A> {
    fn drop(&mut self) {
        let mut gates = self.gates.0.lock();
        // Under the lock, so that of two who go at once the later sees that it is the last.
        drop(self.gate.take());
        if gates.get(&self.spot).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.spot);
        }
    }
}

impl<S: Eq + Hash, A> Default for Gates<S, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<A> Default for Gate<A> {
    fn default() -> Self {
        Self {
            arrivals: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            last: tokio::sync::Mutex::new(None),
        }
    }
}

#[cfg(test)]
mod tests;
