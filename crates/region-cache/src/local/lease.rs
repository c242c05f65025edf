//! The record of a lease.

use std::time::Duration;

use crate::backend::Id;
use crate::time::Timestamp;

/// A lease that was taken.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub(crate) id: Id,
    pub(crate) taken_at: Timestamp,
    pub(crate) time: Duration,
}

impl Record {
    /// From then on anyone may take the lease over.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.taken_at.saturating_add(self.time)
    }

    /// From then on not even its holder may fill.
    pub(crate) fn gone_at(&self) -> Timestamp {
        self.taken_at.saturating_add(self.time.saturating_mul(10))
    }
}
