//! What goes through the port and comes back.

use std::time::Duration;

use super::{Address, Draft, Envelope, Id};
use crate::key::Key;
use crate::time::Timestamp;

/// An entry that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value as it is stored.
    pub envelope: Envelope,
    /// How long it lives on.
    pub life: Life,
}

/// How long an entry lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Until it is changed, invalidated or evicted.
    Forever,
    /// For this long: the entry's own time to live or its region's, whichever ends first.
    For(Duration),
    /// It expired this long ago and is kept as a stale one: absent, except for who asks for stale
    /// values.
    Over(Duration),
}

/// What a read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The values. How long they live on may be too long: the end of the region as a whole need not
    /// be looked up.
    Values,
    /// The values, and exactly how long they live on.
    Lives,
}

impl Found {
    /// Whether the entry counts as present.
    pub fn is_fresh(&self) -> bool {
        !matches!(self.life, Life::Over(_))
    }
}

/// A request for a lease.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The region of the key.
    pub region: &'a Address,
    /// The key.
    pub key: &'a Key,
    /// The id that the lease shall have: a new one for each request.
    pub id: Id,
    /// How long nobody else shall take the lease over.
    pub time: Duration,
    /// A present envelope that the caller found unreadable: it counts as absent.
    pub despite: Option<&'a Envelope>,
}

/// The answer to a [`Wish`].
#[derive(Clone, Debug)]
pub enum Leased {
    /// The lease is the caller's.
    Held(Lease),
    /// Another holds the lease with this id.
    Taken(Token, Id),
    /// There is nothing to compute: the key has a value by now.
    Present(Found),
    /// The region is [closed](super::Backend::guard): what is computed now is not stored.
    Closed,
}

/// The right to compute a key's value, one at a time in the whole fleet.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The region of the key.
    pub region: Address,
    /// The key.
    pub key: Key,
    /// The lease's own id.
    pub id: Id,
    /// How long nobody else can take it over.
    pub time: Duration,
    /// Whether another's lease, which was past its deadline, was taken over.
    pub overtook: bool,
    /// The fences that stood when the lease was taken.
    pub token: Token,
}

/// The ids of a path's fences, from the namespace's down to the region's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(Vec<Id>);

impl Token {
    /// The token of these fences.
    pub fn new(fences: Vec<Id>) -> Self {
        Self(fences)
    }

    /// The fences, from the namespace's down.
    pub fn fences(&self) -> &[Id] {
        &self.0
    }

    /// The region's own fence, with which its values are stamped.
    pub fn stamp(&self) -> Id {
        self.0.last().copied().unwrap_or(Id::NONE)
    }
}

/// One change of one key.
#[derive(Clone, Debug)]
pub struct Change {
    /// The region of the key.
    pub region: Address,
    /// The key.
    pub key: Key,
    /// What to do.
    pub act: Act,
    /// Time to live of the region as a whole, where it has one.
    pub region_ttl: Option<Duration>,
    /// Whether this write begins the region's time to live anew, rather than only beginning it in an
    /// empty region.
    pub refresh_region_ttl: bool,
    /// Another key of the region, or the same, that must be present: where it is absent, nothing is done but
    /// that its lease is dropped, and the outcome is [`Outcome::Absent`]. For an [`Act::Put`] one that is not
    /// [like](super::Head::is_like) the draft is absent too. None in transactions and fills.
    pub requires: Option<Key>,
    /// Whether the region is of use only as a whole: where one of its entries is evicted for want of
    /// room, all of them are.
    pub is_whole: bool,
}

/// What a [`Change`] does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Stores a value.
    Put {
        /// The value.
        draft: Draft,
        /// When the entry expires.
        expiry: Expiry,
        /// How long it is kept as a stale one after that.
        keep: Duration,
        /// On which condition.
        when: When,
    },
    /// Removes the entry.
    Remove,
    /// Lets a present entry expire now. It is kept as a stale one as long as it would have been
    /// kept after its own time.
    Expire,
    /// Adds to an integer, whose expiry stays as it is; an absent one is stored.
    Add {
        /// What to add.
        delta: i64,
        /// What to store where there is nothing.
        draft: Draft,
        /// When what is stored where there is nothing expires.
        expiry: Expiry,
        /// How long that is kept as a stale one.
        keep: Duration,
    },
}

/// When an entry expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Not by itself.
    Never,
    /// This long after it is stored.
    In(Duration),
    /// At this moment by the backend's clock, as another envelope says.
    At(Timestamp),
}

impl Expiry {
    /// The expiry that an envelope has.
    pub fn of(envelope: &Envelope) -> Self {
        envelope.expires_at().map_or(Self::Never, Self::At)
    }

    /// The moment, for what is stored `now`; `None` for never.
    pub fn moment(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::In(time) => Some(now.saturating_add(time)).filter(|moment| *moment < END_OF_TIME),
            Self::At(moment) => Some(moment),
        }
    }
}

/// What expires later than that does not expire: scripts on a server count no further.
const END_OF_TIME: Timestamp = Timestamp::from_millis(1 << 46);

impl From<Option<Duration>> for Expiry {
    /// A time to live, where there is one.
    fn from(ttl: Option<Duration>) -> Self {
        ttl.map_or(Self::Never, Self::In)
    }
}

/// The condition of an [`Act::Put`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Always,
    /// The entry is absent.
    Absent,
    /// The entry is present with exactly this envelope.
    Holds(Envelope),
}

/// What a [`Change`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// [`Act::Put`]: stored.
    Stored,
    /// [`Act::Put`]: the condition did not hold; this is there.
    Kept(Option<Envelope>),
    /// [`Act::Remove`]: what was present.
    Removed(Option<Envelope>),
    /// [`Act::Expire`]: what was present.
    Expired(Option<Envelope>),
    /// [`Act::Add`]: the sum, which is stored.
    Sum(i64),
    /// [`Act::Add`]: the sum is no `i64`; nothing changed.
    Overflow,
    /// [`Act::Add`]: this is present, which is no sound integer in decimal text, or has another schema
    /// than the draft, or a codec that is neither built in nor the draft's; nothing changed.
    NotAnInteger(Envelope),
    /// What the change [requires](Change::requires) is absent; nothing changed.
    Absent,
}

/// The answer to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Everything is applied; an outcome for each change.
    Applied(Vec<Outcome>),
    /// Something that was read has changed, or its region was invalidated: nothing is applied.
    Conflict,
}

/// An invalidation whose tree is being freed.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The walk's own id.
    pub id: Id,
    /// What was invalidated.
    pub target: Address,
    /// What is freed so far.
    pub progress: Step,
}

/// A step of a [`Walk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How many regions the step freed.
    pub freed: u64,
    /// Whether nothing is left.
    pub is_done: bool,
}

/// One page of a scan.
#[derive(Clone, Debug)]
pub struct Page {
    /// Present entries.
    pub entries: Vec<(Key, Found)>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// Where a page begins; only the backend that made it understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// What a backend holds in this process, or in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Entries, stale ones included.
    pub entries: u64,
    /// Bytes of entries and regions, with what keeping them costs.
    pub bytes: u64,
    /// Regions that have a fence.
    pub regions: u64,
    /// Entries that were evicted for want of room.
    pub evicted: u64,
}
