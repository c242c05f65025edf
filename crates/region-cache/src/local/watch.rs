//! What a transaction has read.

use std::collections::{HashMap, HashSet};

use crate::backend::Address;
use crate::key::Key;

/// What a transaction has read, kept where invalidations see it.
#[derive(Default)]
pub(crate) struct Watch {
    regions: HashSet<Address>,
    /// The version that was read; none where the key was absent.
    reads: HashMap<(Address, Key), Option<u64>>,
    is_broken: bool,
}

impl Watch {
    /// An invalidation breaks the transaction even where nothing was there: what the closure read
    /// elsewhere may be as old as what it read here.
    pub(crate) fn see_invalidation(&mut self, target: &Address) {
        self.is_broken |= self.regions.iter().any(|region| region.is_within(target));
    }

    /// Whatever was read may be different by now.
    #[cfg(feature = "file")]
    pub(crate) fn break_off(&mut self) {
        self.is_broken = true;
    }

    /// Takes note of what was read, at which versions.
    pub(crate) fn see_read(
        &mut self,
        region: &Address,
        keys: &[Key],
        versions: impl IntoIterator<Item = Option<u64>>,
    ) {
        self.regions.insert(region.clone());
        for (key, version) in keys.iter().zip(versions) {
            let first = *self.reads.entry((region.clone(), key.clone())).or_insert(version);
            self.is_broken |= first != version;
        }
    }

    /// Whether something fell that was read.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Everything that was read, with the version it had.
    pub(crate) fn reads(&self) -> impl Iterator<Item = (&Address, &Key, Option<u64>)> {
        self.reads.iter().map(|((region, key), version)| (region, key, *version))
    }
}
