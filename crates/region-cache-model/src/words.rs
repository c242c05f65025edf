//! The words of the contract, as small as they can be.

use std::num::NonZeroU8;

pub use crate::small::{ByKey, ByRegion, ByWho, Keys, Regions};

/// A random id: of a fence, a lease, a walk, a server's run or its replication.
///
/// Ids are only ever compared, so small numbers stand for the 128 random bits. States that differ
/// in these numbers alone are one state (see `canon`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(NonZeroU8);

/// Where new ids come from: no id is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ids {
    last: u8,
}

/// How new a value is, key by key: the source's version at the moment when its token was taken, or
/// the one that a `set` made.
///
/// A loader may read its source at any time after the token was taken. The earliest moment is the
/// worst, and it is what C1 speaks of, so the model needs no separate step for loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8);

/// A region, by its place in the [`Tree`](crate::Tree).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(pub u8);

/// A key, by its place in the [`Tree`](crate::Tree).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u8);

/// A client: what one process does, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who(pub u8);

/// What a server is known by: its `run_id`, new at each start, and its `master_replid`, new at each
/// promotion too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reign {
    /// `run_id`.
    pub run: Id,
    /// `master_replid`.
    pub replid: Id,
}

impl Id {
    /// What a client compares with that takes absence for an answer (race 2). The contract knows no
    /// such thing.
    pub const NOTHING: Self = Self(NonZeroU8::MAX);

    /// The id with this number, counted from 1.
    pub fn numbered(number: u8) -> Self {
        Self(NonZeroU8::new(number).unwrap_or(NonZeroU8::MIN))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0.get()
    }
}

impl Ids {
    /// The numbers up to `last` are given out.
    pub fn after(last: u8) -> Self {
        Self { last }
    }

    /// An id that nobody has seen before.
    pub fn fresh(&mut self) -> Id {
        self.last += 1;
        assert!(self.last < LAST_ID, "a setup with more ids than the model can tell apart");
        Id::numbered(self.last)
    }
}

impl Region {
    /// The namespace, which is no region for a user, but has a fence as every region has.
    pub const NAMESPACE: Self = Self(0);
}

// One below `Id::NOTHING`, and as many as fit into the bits of `Fallen`.
const LAST_ID: u8 = 128;
