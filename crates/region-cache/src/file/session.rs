//! Transactions: optimistic, like `WATCH` and `MULTI` on a server.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::shared::Shared;
use super::tree::Tree;
use crate::backend::{Address, Change, Commit, Found, Session};
use crate::error::Result;
use crate::key::Key;
use crate::local::Watch;

/// A transaction under way.
pub(super) struct Transaction {
    shared: Arc<Shared>,
    watch: usize,
}

impl Transaction {
    pub(super) fn begin(shared: Arc<Shared>) -> Self {
        let watch = shared.control.lock().watches.insert(Watch::default());
        Self { shared, watch }
    }
}

#[async_trait]
impl Session for Transaction {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        self.shared.ready().await?;
        // Readers see a change, and watches the fall of a region, in one instant under this lock.
        let mut control = self.shared.control.lock();
        let now = self.shared.now();
        let (versions, found) = self.shared.look(|snapshot| {
            let versions = keys.iter().map(|key| snapshot.version(region, key, now));
            let versions = versions.collect::<Result<Vec<_>, _>>()?;
            Ok((versions, snapshot.read(region, keys, now)?))
        })?;
        if let Some(watch) = control.watches.get_mut(self.watch) {
            watch.see_read(region, keys, versions);
        }
        Ok(found)
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        let watch = self.watch;
        // Whoever only looked has nothing to wait for a disk for.
        let is_soft = changes.is_empty();
        let commit = self.shared.ask(is_soft, move |visit| {
            let read = visit.control.lock().watches.get_mut(watch).map(std::mem::take);
            visit.commit(read.as_ref(), changes)
        });
        commit.await?
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.shared.control.lock().watches.try_remove(self.watch);
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
