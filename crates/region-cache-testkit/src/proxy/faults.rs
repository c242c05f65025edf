//! What is to happen to one connection.

use std::time::Duration;

use super::fault::{Direction, Fault, Kind};

/// The faults of a connection, or of those to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub(super) up: LaneFaults,
    pub(super) down: LaneFaults,
    pub(super) reset: bool,
    pub(super) duplicate_chunks: u64,
    pub(super) duplicate_messages: u64,
    pub(super) drop_messages: u64,
}

/// The faults of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct LaneFaults {
    pub(super) delay: Option<Delay>,
    pub(super) bytes_per_second: Option<u64>,
    pub(super) stall: bool,
    pub(super) black_hole: bool,
    pub(super) bytes_to_cut: Option<u64>,
    pub(super) half_close: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    pub(super) fixed: Duration,
    pub(super) jitter: Duration,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Delay { direction, fixed, jitter } => {
                self.on(direction, |lane| lane.delay = Some(Delay { fixed, jitter }));
            }
            Fault::Throttle { direction, bytes_per_second } => {
                self.on(direction, |lane| lane.bytes_per_second = Some(bytes_per_second.max(1)));
            }
            Fault::Stall(direction) => self.on(direction, |lane| lane.stall = true),
            Fault::BlackHole(direction) => self.on(direction, |lane| lane.black_hole = true),
            Fault::CutAfter { direction, bytes } => {
                self.on(direction, |lane| lane.bytes_to_cut = Some(bytes));
            }
            Fault::HalfClose(direction) => self.on(direction, |lane| lane.half_close = true),
            Fault::Reset => self.reset = true,
            Fault::DuplicateChunks(count) => self.duplicate_chunks = count,
            Fault::DuplicateMessages(count) => self.duplicate_messages = count,
            Fault::DropMessages(count) => self.drop_messages = count,
            Fault::Refuse => {}
        }
    }

    pub(super) fn lift(&mut self, kind: Kind) {
        let both = Direction::Both;
        match kind {
            Kind::Delay => self.on(both, |lane| lane.delay = None),
            Kind::Throttle => self.on(both, |lane| lane.bytes_per_second = None),
            Kind::Stall => self.on(both, |lane| lane.stall = false),
            Kind::BlackHole => self.on(both, |lane| lane.black_hole = false),
            Kind::Cut => self.on(both, |lane| lane.bytes_to_cut = None),
            Kind::HalfClose => self.on(both, |lane| lane.half_close = false),
            Kind::Reset => self.reset = false,
            Kind::DuplicateChunk => self.duplicate_chunks = 0,
            Kind::DuplicateMessage => self.duplicate_messages = 0,
            Kind::DropMessage => self.drop_messages = 0,
            Kind::Refuse => {}
        }
    }

    pub(super) fn lane(&self, direction: Direction) -> &LaneFaults {
        if direction == Direction::Up { &self.up } else { &self.down }
    }

    pub(super) fn on(&mut self, direction: Direction, act: impl Fn(&mut LaneFaults)) {
        if direction.covers(Direction::Up) {
            act(&mut self.up);
        }
        if direction.covers(Direction::Down) {
            act(&mut self.down);
        }
    }
}
