//! What the scripts have in common.

use crate::server::{Data, Entry, Fence, Reigns};
use crate::setup::Setup;
use crate::view::View;
use crate::words::{ByRegion, Id, Ids, Key, Region, Regions};

/// A script at work: nobody else's command runs until it is done.
#[derive(Debug)]
pub struct Script<'a> {
    /// The rules, and the tree.
    pub setup: &'a Setup,
    /// What it works on.
    pub data: &'a mut Data,
    /// The reigns that it compares with.
    pub reigns: Reigns,
}

impl Script<'_> {
    /// The data as the script sees it.
    pub fn view(&self) -> View<'_> {
        View { setup: self.setup, data: self.data, reigns: self.reigns }
    }

    /// Replaces the absent fences and the leftovers of the paths to `regions`, from the top down, by
    /// the ids that the caller brings, and frees what these regions still hold.
    pub fn renew(&mut self, regions: Regions, proposals: &ByRegion<Id>) {
        for region in self.setup.tree.paths_to(regions) {
            let above = self.setup.tree.parent(region).and_then(|parent| self.own(parent));
            let is_left_alone =
                self.data.fences[region].is_some() && !self.setup.rules.leftovers_replaced;
            if self.view().standing_on(region, above).is_none() && !is_left_alone {
                self.make(region, above, proposals[region]);
            }
        }
    }

    /// Makes a fence in place of what is there, and frees what was stored under that.
    pub fn make(&mut self, region: Region, above: Option<Id>, id: Id) {
        let rules = self.setup.rules;
        self.data.fences[region] = Some(Fence {
            id,
            hangs_on: above,
            reign: match region {
                Region::NAMESPACE => Some(self.reigns.namespace),
                _ => (self.setup.tree.parent(region) == Some(Region::NAMESPACE))
                    .then_some(self.reigns.root),
            },
            is_lasting: !self.setup.has_short_lives(),
        });
        if rules.replacing_frees_entries {
            self.data.free_entries(self.setup, region);
        }
        if rules.replacing_frees_leases {
            self.data.free_leases(self.setup, region);
        }
        if rules.made_fences_linked {
            self.data.link(self.setup, region);
        }
    }

    /// The id of the fence that a region has, whether it stands or not.
    pub fn own(&self, region: Region) -> Option<Id> {
        match self.data.fences[region] {
            Some(fence) => Some(fence.id),
            None => (!self.setup.rules.absence_never_validates
                || region == Region::NAMESPACE && !self.setup.rules.namespace_fence_asked)
                .then_some(Id::NOTHING),
        }
    }

    /// Stores a value under the fence `stamp`, and lengthens lives.
    pub fn store(&mut self, key: Key, entry: Entry, lengthens: bool) {
        let home = self.setup.tree.home(key);
        self.data.entries[key] = Some(entry);
        if !self.setup.has_short_lives() {
            return;
        }
        if entry.is_lasting {
            self.data.lasting_hashes.insert(home);
            if lengthens && self.setup.rules.fences_outlive_entries {
                self.set_lives(home, true);
            }
        } else if !self.setup.rules.lives_only_grow {
            self.data.lasting_hashes.remove(home);
            self.set_lives(home, false);
        }
    }

    fn set_lives(&mut self, home: Region, is_lasting: bool) {
        for region in self.setup.tree.path(home) {
            if let Some(fence) = &mut self.data.fences[*region] {
                fence.is_lasting = is_lasting;
            }
            if is_lasting {
                self.data.lasting_sets.insert(*region);
            } else {
                self.data.lasting_sets.remove(*region);
            }
        }
    }
}

/// Proposals for the fences of a request: an id for each region, never used before.
pub fn propose(setup: &Setup, ids: &mut Ids) -> ByRegion<Id> {
    let mut proposals = ByRegion::all(Id::NOTHING);
    for region in setup.tree.regions() {
        proposals[region] = if setup.rules.random_ids {
            ids.fresh()
        } else {
            // A counter: what was evicted or removed begins again.
            Id::numbered(FIRST_COUNT + region.0)
        };
    }
    proposals
}

/// The id of a new lease.
pub fn lease_id(setup: &Setup, ids: &mut Ids, key: Key) -> Id {
    if setup.rules.random_ids { ids.fresh() } else { Id::numbered(FIRST_COUNT + 10 + key.0) }
}

const FIRST_COUNT: u8 = 100;
