//! The port behind which the data lives.
//!
//! A [`Backend`] is small and object-safe: it moves envelopes and keeps the protocol of fences and
//! leases. It knows nothing of codecs, options or handles; what is comfortable is built above it.
//! A backend of one's own, or a decorator around one of these, goes in by
//! [`CacheBuilder::backend`](crate::CacheBuilder::backend); the conformance suite of
//! `region-cache-testkit` tells whether it keeps the contract.
//!
//! # The contract
//!
//! Every region that holds something has a **fence**: a random [`Id`] that names the fence of its
//! parent. Every stored value is **stamped** with the id of its region's fence. A value counts only
//! while that fence stands, and every fence above it. Invalidating a region removes its fence, and
//! with that, in one instant, everything at and beneath it is dead for every reader. What is absent
//! validates nothing, and ids never repeat.
//!
//! An entry is **absent**, for every operation alike, if it has no field, or its stamp is not the
//! present fence's id, or it is past its expiry or its region's by the backend's clock. (Above the
//! port an envelope that cannot be read is absent too; a backend leaves that to its callers, by
//! [`When::Holds`] and the envelopes that it returns.)
//!
//! An operation that returns `Ok` has happened, whole. One that fails with
//! [`Unconfirmed`](crate::ErrorKind::Unconfirmed) may or may not have happened; with any other kind
//! it has not. Dropping a future at any point leaves nothing locked; a change that was under way may
//! or may not happen. No operation is sent twice by the backend itself.

mod op;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use crate::bus::{Bus, Claimed, Interest, Journal, News, Opened, Position, Topic};
pub use crate::name::Address;
pub use crate::wire::{Draft, Envelope, Head, Id};
pub use op::{
    Act, Ask, Change, Commit, Cursor, Expiry, Found, Lease, Leased, Life, Outcome, Page, Step,
    Token, Usage, Walk, When, Wish,
};

use crate::error::Result;
use crate::key::Key;

/// Where the data lives. See the [module](self) for the contract.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Reads keys of one region, answered in the order asked, at one instant.
    ///
    /// An entry that expired but is kept as a stale one is found with [`Life::Over`].
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>>;

    /// Takes the key's lease, the right to compute, after a miss.
    ///
    /// Creates the fences of the path where they are absent. A lease that is past its deadline, or
    /// that was taken under another fence, is taken over at once.
    async fn lease(&self, wish: Wish<'_>) -> Result<Leased>;

    /// Stores what was computed under a lease and gives the lease back; answers whether it did. The first
    /// change is of the lease's key, all are of its region, each an [`Act::Put`] with [`When::Always`], and
    /// they are made together or not at all.
    ///
    /// Refuses if any fence of the token fell or the lease is no longer the holder's: because
    /// another took it over, or because the key was changed meanwhile. A lease past its deadline
    /// that nobody took over may still fill; its record lives ten times as long.
    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool>;

    /// Moves the lease's deadline on, to a whole [`Lease::time`] from now; answers whether the lease
    /// still is its holder's.
    ///
    /// One that is past its deadline, and that nobody has taken over, lives again.
    async fn renew(&self, lease: &Lease) -> Result<bool>;

    /// Waits until another's lease with this id may be gone: filled, given back, dropped, past its
    /// deadline. Only a hint, after which one asks for the lease anew; it may come early.
    async fn wait(&self, region: &Address, key: &Key, id: Id);

    /// Gives the lease with this id back unused. Where there is none, or it is another's by now,
    /// nothing happens.
    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()>;

    /// Applies changes to one region, all or none, in their order; an outcome for each.
    ///
    /// Drops the leases of the keys that it changes. A value is never stored under a fence that does
    /// not stand.
    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>>;

    /// Begins a transaction on the root that `region` belongs to. Sends nothing yet where that can be
    /// put off until something is read.
    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>>;

    /// Removes the fence of `target`: when this returns, everything at and beneath it is dead for
    /// every reader. The namespace itself is a target too. May free a small tree at once; the walk
    /// frees what is left.
    async fn invalidate(&self, target: &Address) -> Result<Walk>;

    /// Closes a region: its fence falls, as by an invalidation, and none can be made at or beneath it, so
    /// that nothing is stored, before [`unguard`](Self::unguard) or for `time`. It may be closed several
    /// times, by guards with different ids.
    ///
    /// `again` lets a guard live on that is there; `false` if it is not there any more.
    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool>;

    /// Takes a guard away; whether it was there all the while.
    async fn unguard(&self, region: &Address, id: Id) -> Result<bool>;

    /// Frees some more of what an invalidation left behind, in a short step, and only that: nothing
    /// that was written after the invalidation.
    async fn walk(&self, walk: &Walk) -> Result<Step>;

    /// The next entries of a region, about `limit` of them. An entry that is there from the first
    /// page to the last is on at least one of them.
    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page>;

    /// The names of the direct children that hold something, or something beneath them, that a read
    /// would find; sorted.
    async fn children(&self, region: &Address) -> Result<Vec<String>>;

    /// Answers when the backend can work.
    async fn ping(&self) -> Result<()>;

    /// What the backend holds in this process, or in its file. All zeros where the data lives elsewhere.
    fn usage(&self) -> Usage;

    /// The way to other processes that share the storage.
    fn bus(&self) -> Arc<dyn Bus>;

    /// Ends what the backend has running. Called after the last operation of the cache that it was
    /// made for, perhaps more than once; never by a cache that it was lent to.
    async fn close(&self);
}

/// A transaction under way. Dropping it changes nothing.
#[async_trait]
pub trait Session: fmt::Debug + Send + 'static {
    /// Reads keys of a region of the transaction's root, and watches them from here on.
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>>;

    /// Applies the changes, all or none, if nothing that was read has changed since.
    ///
    /// The changes may be of several regions of the root. They are unconditional: [`Act::Put`] with
    /// [`When::Always`], [`Act::Remove`] and [`Act::Expire`]; nothing is answered of what was there.
    /// Without changes this only tells whether all that was read was there together. Values are
    /// stamped with the fences that stand now: an invalidation of a region that was not read is no
    /// conflict.
    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit>;
}
