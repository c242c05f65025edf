//! Keys that are left alone for a moment: their computation has just failed, or is made elsewhere, and
//! there is a value that can stand in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::key::Key;
use crate::name::Address;
use crate::time::{Clock, Timestamp};

/// Until when each of them rests.
#[derive(Debug, Default)]
pub(crate) struct Rests {
    /// So that nobody needs the lock while nothing rests.
    is_any: AtomicBool,
    until: Mutex<HashMap<(Address, Key), Timestamp>>,
}

impl Rests {
    pub(crate) fn begin(&self, region: &Address, key: &Key, clock: &Clock) {
        let now = clock.now();
        let mut until = self.until.lock();
        if until.len() >= MOST {
            until.retain(|_, until| now < *until);
            if until.len() >= MOST {
                until.clear();
            }
        }
        until.insert((region.clone(), key.clone()), now.saturating_add(REST));
        self.is_any.store(true, Ordering::SeqCst);
    }

    pub(crate) fn end(&self, region: &Address, key: &Key) {
        if self.is_any.load(Ordering::SeqCst) {
            let mut until = self.until.lock();
            until.remove(&(region.clone(), key.clone()));
            self.is_any.store(!until.is_empty(), Ordering::SeqCst);
        }
    }

    pub(crate) fn has(&self, region: &Address, key: &Key, clock: &Clock) -> bool {
        self.is_any.load(Ordering::SeqCst)
            && self
                .until
                .lock()
                .get(&(region.clone(), key.clone()))
                .is_some_and(|until| clock.now() < *until)
    }
}

/// How long a key is left alone.
const REST: Duration = Duration::from_secs(1);

/// How many keys are remembered. Forgetting costs an attempt each.
const MOST: usize = 10_000;
