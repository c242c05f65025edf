//! What must hold, whatever happens.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::setup::{Setup, Walks};
use crate::words::Region;
use crate::world::World;

/// A promise of the contract, or what one of its rules says in passing, by the name of its breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// C0: a read returns what nobody has stored.
    Invented,
    /// C1, C9: a strict read returns a value that is older than a change that was done before it
    /// began.
    Stale,
    /// C6: a computed value is stored although its token was overtaken, or its key changed.
    StaleFill,
    /// C5: a reader sees half of a transaction, a write or an invalidation.
    Torn,
    /// C5: a write that took no effect made a readable value unreadable.
    Destroyed,
    /// C5: a transaction took effect although what it had read had changed, or was invalidated.
    Overtaken,
    /// C1: a stored value is gone although nobody changed, invalidated, evicted or outlived it.
    Vanished,
    /// The id of a fence that was removed stands again.
    Undead,
    /// What a region holds cannot be reached through the child sets: no walk will free it.
    Unlinked,
    /// Something dead is left, and no walk is under way that would free it.
    Leaked,
    /// The hash of a standing region holds a dead entry.
    Littered,
    /// Somebody is made to wait for a computation whose value can no longer be stored.
    Blocked,
    /// A lease or a refused write teaches a fence that does not stand: whoever tries again with that
    /// fails again.
    Futile,
    /// An invalidation is refused for want of memory.
    Refused,
}

impl Promise {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Invented,
        Self::Stale,
        Self::StaleFill,
        Self::Torn,
        Self::Destroyed,
        Self::Overtaken,
        Self::Vanished,
        Self::Undead,
        Self::Unlinked,
        Self::Leaked,
        Self::Littered,
        Self::Blocked,
        Self::Futile,
        Self::Refused,
    ];

    /// What it is part of.
    pub fn part_of(self) -> &'static str {
        match self {
            Self::Invented => "C0",
            Self::Stale => "C1, C9",
            Self::Vanished => "C1",
            Self::Torn | Self::Destroyed | Self::Overtaken => "C5",
            Self::StaleFill => "C6",
            Self::Undead => "ids never repeat",
            Self::Unlinked | Self::Leaked => "nothing is left behind",
            Self::Littered => "a standing region's hash holds no dead entries",
            Self::Blocked => "a doomed lease makes nobody wait",
            Self::Futile => "trying again succeeds",
            Self::Refused => "an invalidation needs no memory",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.part_of())
    }
}

/// A promise may be broken by an act.
pub type Kept = Result<(), Promise>;

/// What must hold in every state, judged by what a strict read would see at this very instant. What
/// the reads under way see, who take two steps, is judged when they end.
pub fn check(setup: &Setup, world: &World) -> Kept {
    let view = world.view(setup);
    for key in setup.tree.keys() {
        let truth = &world.truth;
        let seen = view.lookup(key).map(|entry| entry.version);
        demand(setup, seen <= Some(truth.newest[key]), Promise::Invented)?;
        demand(setup, seen.is_none_or(|seen| seen >= truth.floor[key]), Promise::Stale)?;
        demand(setup, truth.kept[key].is_none_or(|kept| seen >= Some(kept)), Promise::Vanished)?;
    }
    for region in setup.tree.regions() {
        check_region(setup, world, region)?;
    }
    Ok(())
}

/// What must hold of the memory that a region takes.
fn check_region(setup: &Setup, world: &World, region: Region) -> Kept {
    let data = &world.master.data;
    if let Some(own) = world.view(setup).standing(region) {
        let is_dead = |key| data.entries[key].is_some_and(|entry| entry.stamp != own);
        demand(setup, !setup.tree.keys_in(region).any(is_dead), Promise::Littered)?;
    }
    if data.has_anything_of(setup, region) && !world.truth.is_set_lost {
        demand(setup, data.is_linked(setup, region), Promise::Unlinked)?;
        if setup.walks == Walks::Traversed {
            let is_due = |target| setup.tree.is_beneath(region, target);
            let is_walked = data.walks.iter().flatten().any(|walk| is_due(walk.target));
            let stands = world.view(setup).standing(region).is_some();
            demand(setup, stands || is_walked, Promise::Leaked)?;
        }
    }
    Ok(())
}

/// Whether a promise is kept. Where a setup looks at one promise only, the others are not asked for.
pub fn demand(setup: &Setup, holds: bool, promise: Promise) -> Kept {
    if holds || !setup.judged.contains(&promise) { Ok(()) } else { Err(promise) }
}
