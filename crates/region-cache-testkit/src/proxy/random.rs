//! Chance that a seed repeats.

use std::ops::RangeInclusive;
use std::time::Duration;

/// SplitMix64: small, and good enough to choose faults by.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of a range, its ends included.
    pub(super) fn number(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (start, end) = range.into_inner();
        let width = end.saturating_sub(start).saturating_add(1);
        start + self.next() % width
    }

    /// A time of a range, to the microsecond.
    pub(super) fn time(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let micros = |time: &Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.number(micros(range.start())..=micros(range.end())))
    }

    /// One of some things, of which there must be at least one.
    pub(super) fn choice<T: Copy>(&mut self, things: &[T]) -> T {
        let place = self.next() % things.len() as u64;
        things[usize::try_from(place).expect("a place in a slice")]
    }
}
