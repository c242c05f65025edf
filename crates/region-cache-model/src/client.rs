//! A client, and what it may be in the middle of.

use crate::server::{Entry, Reigns};
use crate::setup::Wish;
use crate::words::{ByKey, ByRegion, Id, Key, Keys, Region, Regions, Version};

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// What it is doing.
    pub task: Task,
    /// Its connection.
    pub connection: Connection,
    /// The fences that it knows of the regions that it writes to.
    pub beliefs: ByRegion<Option<Id>>,
    /// The regions whose fences it knows to be as lasting as it wants them.
    pub lengthened: Regions,
    /// The ids that it has proposed without learning what became of them. The contract forgets them.
    pub proposed: ByRegion<Option<Id>>,
}

/// A connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// The reign that was learnt on it.
    pub reigns: Reigns,
    /// Whether it leads to a server that has become a replica since.
    pub is_to_replica: bool,
}

/// What a client is in the middle of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Nothing.
    Idle,
    /// A read, between its two commands.
    Reading(Reading),
    /// A computation, between lease and fill.
    Computing(Flight),
    /// A transaction, between `WATCH` and `EXEC`.
    Transaction(Transaction),
}

/// Half a read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The region that is read, with all its keys.
    pub region: Region,
    /// What the first command brought.
    pub half: Half,
    /// The keys whose values were older than they may be when the read began.
    pub stale: Keys,
    /// The reign of the connection that it was sent on.
    pub reigns: Reigns,
    /// What one could have seen at some instant since the read began. Kept only where there are
    /// several keys to be seen.
    pub views: Vec<ByKey<Option<Version>>>,
}

/// What the first command of a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Half {
    /// The values.
    Values(ByKey<Option<Entry>>),
    /// The region's standing fence. (A mutant.)
    Fence(Option<Id>),
}

/// A computation under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    /// The key.
    pub key: Key,
    /// Its token. Of the path's fences the region's own is enough, because that one names the one
    /// above, and so on: if it stands and is the same, so are all above it.
    pub token: Id,
    /// Its lease.
    pub lease: Id,
    /// The source's version when the token was taken.
    pub version: Version,
}

/// A transaction under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// What it is to do.
    pub wish: Wish,
    /// The standing fences of its paths, as it saw them.
    pub fences: ByRegion<Option<Id>>,
    /// The values that it read.
    pub read: ByKey<Option<Version>>,
    /// The reign that it took its server to have.
    pub reigns: Reigns,
    /// Whether `WATCH` has been sent.
    pub is_watching: bool,
    /// Whether something that it watches has changed since.
    pub is_touched: bool,
    /// Whether a region that it has read from was invalidated since. It does not know.
    pub is_overtaken: bool,
}

impl Client {
    /// A client that has done nothing yet.
    pub fn new(connection: Connection) -> Self {
        Self {
            task: Task::Idle,
            connection,
            beliefs: ByRegion::all(None),
            lengthened: Regions::NONE,
            proposed: ByRegion::all(None),
        }
    }

    /// Whether it could begin something.
    pub fn is_idle(&self) -> bool {
        self.task == Task::Idle
    }
}
