//! What really happened: what nobody in the model knows, and what it is judged by.

use crate::server::Data;
use crate::setup::Setup;
use crate::words::{ByKey, Id, Key, Region, Version};

/// The source's version, the changes done, and the values that must still be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Truth {
    /// The newest version of each key. Each change makes one.
    pub newest: ByKey<Version>,
    /// What a strict read of each key must not fall below: the version that the last invalidation,
    /// write or removal made. It counts from the moment when the script ran, which is stronger than
    /// from the reply on.
    pub floor: ByKey<Version>,
    /// The value that was stored for each key, while nothing has happened that may take it away.
    pub kept: ByKey<Option<Version>>,
    /// The ids of the fences that were removed.
    pub fallen: Fallen,
    /// Whether a child set was lost, so that walks may miss regions.
    pub is_set_lost: bool,
}

/// A set of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fallen(u128);

impl Truth {
    /// Nothing has happened.
    pub const NEW: Self = Self {
        newest: ByKey::all(Version(0)),
        floor: ByKey::all(Version(0)),
        kept: ByKey::all(None),
        fallen: Fallen::NONE,
        is_set_lost: false,
    };

    /// A key changes: what was computed before is too old from here on. `stored` tells whether the
    /// new value was stored and must last.
    pub fn change(&mut self, key: Key, stored: bool) -> Version {
        let version = Version(self.newest[key].0 + 1);
        assert!(version.0 < 64, "a setup with more versions than the model can tell apart");
        self.newest[key] = version;
        self.floor[key] = version;
        self.kept[key] = stored.then_some(version);
        version
    }

    /// A region is invalidated.
    pub fn invalidate(&mut self, setup: &Setup, region: Region) {
        for key in setup.tree.keys_beneath(region) {
            self.change(key, false);
        }
    }

    /// Something happens that may take the values beneath a region away, without making them old.
    pub fn release(&mut self, setup: &Setup, region: Region) {
        setup.tree.keys_beneath(region).for_each(|key| self.kept[key] = None);
    }

    /// Another server, or another life of this one: nothing need be there any more, and fences that
    /// had been removed may be back.
    pub fn begin_again(&mut self) {
        self.kept = ByKey::all(None);
        self.fallen = Fallen::NONE;
    }

    /// Notes which fences fell; whether one rose again.
    pub fn note_fences(&mut self, setup: &Setup, before: &Data, after: &Data) -> bool {
        let id = |data: &Data, region| data.fences[region].map(|fence| fence.id);
        for region in setup.tree.regions() {
            if let Some(old) = id(before, region).filter(|old| id(after, region) != Some(*old)) {
                self.fallen.insert(old);
            }
        }
        setup
            .tree
            .regions()
            .filter_map(|region| id(after, region))
            .any(|id| self.fallen.contains(id))
    }
}

impl Fallen {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether an id is among them.
    pub fn contains(self, id: Id) -> bool {
        id != Id::NOTHING && self.0 >> id.number() & 1 == 1
    }

    /// Puts an id in.
    pub fn insert(&mut self, id: Id) {
        if id != Id::NOTHING {
            self.0 |= 1 << id.number();
        }
    }
}
