//! What is on a server.

use crate::setup::Setup;
use crate::words::{ByKey, ByRegion, Id, Key, Region, Regions, Reign, Version};

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// Its keys.
    pub data: Data,
    /// Its reign, and that of the server that has the namespace's fence.
    pub reigns: Reigns,
    /// Whether its memory is full: whatever needs more is refused.
    pub is_full: bool,
}

/// The reigns that fences are compared with. They differ only where the namespace lives apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reigns {
    /// Of the server with the namespace's fence.
    pub namespace: Reign,
    /// Of the server with the root.
    pub root: Reign,
}

/// The keys of the cache on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Data {
    /// `f:`, the fence of each region.
    pub fences: ByRegion<Option<Fence>>,
    /// `h:`, what the hash of a region has for each of its keys.
    pub entries: ByKey<Option<Entry>>,
    /// `l:`, the lease of each key.
    pub leases: ByKey<Option<Lease>>,
    /// `c:`, the names of the child regions.
    pub children: ByRegion<Regions>,
    /// `p`, the unfinished walks.
    pub walks: [Option<Walk>; 2],
    /// The regions whose hash outlives the short lives.
    pub lasting_hashes: Regions,
    /// The regions whose child set does.
    pub lasting_sets: Regions,
}

/// The fence of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fence {
    /// Its id.
    pub id: Id,
    /// The id of the fence above, on which it hangs; the namespace's hangs on nothing.
    pub hangs_on: Option<Id>,
    /// The reign that it was made under, in the fences of the namespace and the roots.
    pub reign: Option<Reign>,
    /// Whether it outlives the short lives.
    pub is_lasting: bool,
}

/// A stored value. It is one atom here: whether an envelope is whole, of the right schema and the
/// key's own (C0) is for other tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// How new it is.
    pub version: Version,
    /// The fence that it was stored under.
    pub stamp: Id,
    /// Whether it outlives the short lives.
    pub is_lasting: bool,
}

/// The right to compute a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Its id.
    pub id: Id,
    /// The fence that it was taken under.
    pub stamp: Id,
}

/// An unfinished walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Walk {
    /// Its id.
    pub id: Id,
    /// The region that was invalidated.
    pub target: Region,
}

impl Data {
    /// An empty server.
    pub const EMPTY: Self = Self {
        fences: ByRegion::all(None),
        entries: ByKey::all(None),
        leases: ByKey::all(None),
        children: ByRegion::all(Regions::NONE),
        walks: [None; 2],
        lasting_hashes: Regions::NONE,
        lasting_sets: Regions::NONE,
    };

    /// Removes what the hash of a region holds.
    pub fn free_entries(&mut self, setup: &Setup, region: Region) {
        setup.tree.keys_in(region).for_each(|key| self.entries[key] = None);
        self.lasting_hashes.remove(region);
    }

    /// Removes the leases of a region.
    pub fn free_leases(&mut self, setup: &Setup, region: Region) {
        setup.tree.keys_in(region).for_each(|key| self.leases[key] = None);
    }

    /// Whether anything of a region is there but its name.
    pub fn has_anything_of(&self, setup: &Setup, region: Region) -> bool {
        let has = |key: Key| self.entries[key].is_some() || self.leases[key].is_some();
        self.fences[region].is_some() || setup.tree.keys_in(region).any(has)
    }

    /// Whether a walk from the namespace would come by a region.
    pub fn is_linked(&self, setup: &Setup, region: Region) -> bool {
        let path = setup.tree.path(region);
        path.iter()
            .zip(path.iter().skip(1))
            .all(|(above, name)| self.children[*above].contains(*name))
    }

    /// Links a region into the set of the one above.
    pub fn link(&mut self, setup: &Setup, region: Region) {
        if let Some(parent) = setup.tree.parent(region) {
            self.children[parent].insert(region);
        }
    }
}
