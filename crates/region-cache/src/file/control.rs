//! What is not in the file: it ends with the process, and nothing is lost by that.

use std::collections::HashMap;
use std::time::Duration;

use slab::Slab;
use tokio::sync::watch;

use super::lease::Leases;
use super::walk::Progress;
use crate::backend::{Address, Id};
use crate::key::Key;
use crate::local::{Guards, Watch};
use crate::time::Timestamp;

/// Leases, transactions under way, and walks; and the guards, which are in the file too.
pub(super) struct Control {
    pub(super) leases: Leases,
    pub(super) watches: Slab<Watch>,
    pub(super) guards: Guards,
    pub(super) walks: HashMap<Id, Progress>,
    /// When somebody was last at work on an entry of the journal that is not done.
    pub(super) touched: HashMap<(String, Id), Timestamp>,
    /// Foreign signals that somebody sees to, and until when nobody else does.
    pub(super) adopted: HashMap<(String, Id), Timestamp>,
    /// Where the search for something to evict goes on.
    pub(super) hand: u64,
    /// Told whenever a lease ends or its region falls: for those who wait for it.
    pub(super) ended: watch::Sender<()>,
}

impl Control {
    pub(super) fn new() -> Self {
        Self {
            leases: Leases::default(),
            watches: Slab::new(),
            guards: Guards::default(),
            walks: HashMap::new(),
            touched: HashMap::new(),
            adopted: HashMap::new(),
            hand: 0,
            ended: watch::Sender::new(()),
        }
    }

    /// A region and all beneath it fall; the regions that had leases.
    pub(super) fn fall(&mut self, target: &Address) -> Vec<Address> {
        for (_, watch) in &mut self.watches {
            watch.see_invalidation(target);
        }
        let leased = self.leases.fall(target);
        if !leased.is_empty() {
            self.ended.send_replace(());
        }
        leased
    }

    /// Forgets all that holds only as long as nobody else has the file.
    pub(super) fn let_go(&mut self) {
        self.leases = Leases::default();
        self.walks.clear();
        self.touched.clear();
        self.adopted.clear();
        for (_, watch) in &mut self.watches {
            watch.break_off();
        }
        self.ended.send_replace(());
    }

    /// Drops the lease of a key.
    pub(super) fn drop_lease(&mut self, region: &Address, key: &Key) {
        if self.leases.remove(region, key) {
            self.ended.send_replace(());
        }
    }

    /// Forgets walks that nobody asks for any more.
    pub(super) fn forget_walks(&mut self, now: Timestamp) {
        self.walks.retain(|_, walk| now.since(walk.touched) < FORGOTTEN);
    }
}

/// After how long nobody asks any more how far a walk is.
const FORGOTTEN: Duration = Duration::from_secs(60);
