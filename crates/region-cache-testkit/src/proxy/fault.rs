//! What can happen to connections.

use std::time::Duration;

/// A direction of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
    /// Either way.
    Both,
}

/// Which connections are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that there are.
    Existing,
    /// Those to come. What happens once happens once to each.
    Future,
    /// Those that there are and those to come.
    All,
}

/// Something that happens to each connection that it is inflicted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Bytes arrive late, and in order.
    Delay {
        /// Which bytes.
        direction: Direction,
        /// How late at least.
        fixed: Duration,
        /// How much later at most, at random.
        jitter: Duration,
    },
    /// Bytes arrive slowly.
    Throttle {
        /// Which bytes.
        direction: Direction,
        /// How many a second.
        bytes_per_second: u64,
    },
    /// Bytes stand still, and go on when this is lifted: an outage that TCP survives.
    Stall(Direction),
    /// Bytes get lost, and the connection stays open: a peer that is gone without a word.
    BlackHole(Direction),
    /// The connection is closed, both ways, after a number of bytes from now on.
    CutAfter {
        /// Which bytes count.
        direction: Direction,
        /// How many still arrive.
        bytes: u64,
    },
    /// The end of the stream is announced to whom the direction leads. What comes after it is lost.
    HalfClose(Direction),
    /// The connection is reset, both ways.
    Reset,
    /// The next chunks from the server arrive twice, wherever they begin and end.
    ///
    /// TCP never does this, and no client of Redis' protocol can notice: after it, replies belong
    /// to the wrong requests. What a correct client may still be asked is that it survives.
    DuplicateChunks(u64),
    /// The next published messages arrive twice.
    DuplicateMessages(u64),
    /// The next published messages do not arrive, and all else does: what happens between a
    /// cluster's nodes.
    DropMessages(u64),
    /// New connections are refused.
    Refuse,
}

/// What a [`Fault`] is, without its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Fault::Delay`], counted by what arrived late.
    Delay,
    /// [`Fault::Throttle`], counted by what had to be followed by a pause.
    Throttle,
    /// [`Fault::Stall`], counted by what stood still.
    Stall,
    /// [`Fault::BlackHole`], counted by what got lost.
    BlackHole,
    /// [`Fault::CutAfter`], counted by connections.
    Cut,
    /// [`Fault::HalfClose`], counted by directions of connections.
    HalfClose,
    /// [`Fault::Reset`], counted by connections.
    Reset,
    /// [`Fault::DuplicateChunks`], counted by chunks.
    DuplicateChunk,
    /// [`Fault::DuplicateMessages`], counted by messages.
    DuplicateMessage,
    /// [`Fault::DropMessages`], counted by messages.
    DropMessage,
    /// [`Fault::Refuse`], counted by how often it began.
    Refuse,
}

impl Fault {
    /// What it is.
    pub fn kind(self) -> Kind {
        match self {
            Self::Delay { .. } => Kind::Delay,
            Self::Throttle { .. } => Kind::Throttle,
            Self::Stall(_) => Kind::Stall,
            Self::BlackHole(_) => Kind::BlackHole,
            Self::CutAfter { .. } => Kind::Cut,
            Self::HalfClose(_) => Kind::HalfClose,
            Self::Reset => Kind::Reset,
            Self::DuplicateChunks(_) => Kind::DuplicateChunk,
            Self::DuplicateMessages(_) => Kind::DuplicateMessage,
            Self::DropMessages(_) => Kind::DropMessage,
            Self::Refuse => Kind::Refuse,
        }
    }
}

impl Kind {
    /// All that there are.
    pub const ALL: [Self; 11] = [
        Self::Delay,
        Self::Throttle,
        Self::Stall,
        Self::BlackHole,
        Self::Cut,
        Self::HalfClose,
        Self::Reset,
        Self::DuplicateChunk,
        Self::DuplicateMessage,
        Self::DropMessage,
        Self::Refuse,
    ];

    /// What happens in real networks: all but [`DuplicateChunk`](Self::DuplicateChunk).
    pub const REAL: [Self; 10] = [
        Self::Delay,
        Self::Throttle,
        Self::Stall,
        Self::BlackHole,
        Self::Cut,
        Self::HalfClose,
        Self::Reset,
        Self::DuplicateMessage,
        Self::DropMessage,
        Self::Refuse,
    ];

    /// Whom it hits if nothing else is said. A state hits those to come, too; an event does not.
    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Delay | Self::Throttle | Self::Stall | Self::BlackHole | Self::Refuse => {
                Scope::All
            }
            Self::Cut
            | Self::HalfClose
            | Self::Reset
            | Self::DuplicateChunk
            | Self::DuplicateMessage
            | Self::DropMessage => Scope::Existing,
        }
    }
}

impl Direction {
    pub(super) fn covers(self, other: Self) -> bool {
        self == other || self == Self::Both
    }
}
