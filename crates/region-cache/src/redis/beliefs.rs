//! What this process believes of fences, so that a write needs one round trip.
//!
//! A belief is only ever a proposal to the server: a script compares it with what stands.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::backend::{Address, Id};
use crate::time::Timestamp;

/// The fences that were last seen to stand.
#[derive(Debug, Default)]
pub(super) struct Beliefs(Mutex<HashMap<Address, Belief>>);

/// A fence that was seen to stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belief {
    pub(super) stamp: Id,
    /// Until when the path's fences are known to live, by the server's clock.
    pub(super) lives_until: Timestamp,
}

impl Beliefs {
    pub(super) fn get(&self, region: &Address) -> Option<Belief> {
        self.0.lock().get(region).copied()
    }

    /// A fence was seen. How long it lives is not known by that, unless it was known before.
    pub(super) fn saw(&self, region: &Address, stamp: Id) {
        let mut beliefs = self.0.lock();
        if beliefs.get(region).is_some_and(|belief| belief.stamp == stamp) {
            return;
        }
        make_room(&mut beliefs);
        let lives_until = Timestamp::from_millis(0);
        beliefs.insert(region.clone(), Belief { stamp, lives_until });
    }

    /// A fence was seen where another was believed to be.
    pub(super) fn saw_anew(&self, region: &Address, stamp: Id) {
        self.made(region, Belief { stamp, lives_until: Timestamp::from_millis(0) });
    }

    /// A fence was made, or made to live longer.
    pub(super) fn made(&self, region: &Address, belief: Belief) {
        let mut beliefs = self.0.lock();
        make_room(&mut beliefs);
        beliefs.insert(region.clone(), belief);
    }

    /// The fence does not stand.
    pub(super) fn forget(&self, region: &Address) {
        self.0.lock().remove(region);
    }
}

/// Forgetting costs a round trip each, and nothing else.
fn make_room(beliefs: &mut HashMap<Address, Belief>) {
    if beliefs.len() >= MOST {
        beliefs.clear();
    }
}

const MOST: usize = 100_000;
