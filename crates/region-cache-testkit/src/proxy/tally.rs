//! What has happened, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::fault::Kind;

/// Counts since the start or the last reset.
#[derive(Debug, Default)]
pub(super) struct Tally {
    round_trips: AtomicU64,
    connections: AtomicU64,
    fired: [AtomicU64; Kind::ALL.len()],
}

impl Tally {
    pub(super) fn count_round_trip(&self) {
        self.round_trips.fetch_add(1, Relaxed);
    }

    pub(super) fn count_connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn count(&self, kind: Kind) {
        self.fired[kind as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips.load(Relaxed)
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    pub(super) fn fired(&self, kind: Kind) -> u64 {
        self.fired[kind as usize].load(Relaxed)
    }

    pub(super) fn reset(&self) {
        let counts = [&self.round_trips, &self.connections];
        counts.into_iter().chain(&self.fired).for_each(|count| count.store(0, Relaxed));
    }
}
