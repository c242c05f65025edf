//! Transactions: optimistic, like `WATCH` and `MULTI` on a server.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::RwLock;

use super::store::Store;
use crate::backend::{Address, Change, Commit, Found, Session};
use crate::error::Result;
use crate::key::Key;
use crate::local::Watch;
use crate::time::Clock;

/// A transaction under way.
pub(super) struct Transaction {
    store: Arc<RwLock<Store>>,
    clock: Clock,
    watch: usize,
}

impl Transaction {
    pub(super) fn begin(store: Arc<RwLock<Store>>, clock: Clock) -> Self {
        let watch = store.write().watches.insert(Watch::default());
        Self { store, clock, watch }
    }
}

#[async_trait]
impl Session for Transaction {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        let mut store = self.store.write();
        store.turn_to(self.clock.now());
        let versions: Vec<_> = keys.iter().map(|key| store.version(region, key)).collect();
        if let Some(watch) = store.watches.get_mut(self.watch) {
            watch.see_read(region, keys, versions);
        }
        let now = store.now;
        Ok(store.read(region, keys, now))
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        let mut store = self.store.write();
        store.turn_to(self.clock.now());
        if store.has_changed(self.watch) {
            return Ok(Commit::Conflict);
        }
        store.apply(changes).map(Commit::Applied)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.store.write().watches.try_remove(self.watch);
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl Store {
    /// Whether anything that the transaction read is different by now.
    fn has_changed(&self, watch: usize) -> bool {
        let Some(watch) = self.watches.get(watch) else {
            return true;
        };
        watch.is_broken()
            || watch.reads().any(|(region, key, version)| self.version(region, key) != version)
    }

    /// The version of an entry that counts as present.
    fn version(&self, region: &Address, key: &Key) -> Option<u64> {
        let node = self.find(region)?;
        self.present(node, key)?;
        let id = self.nodes.get(node)?.entries.get(key)?;
        self.entries.get(*id).map(|entry| entry.version)
    }
}
