//! What somebody sees who looks at a server's data.

use crate::server::{Data, Entry, Fence, Reigns};
use crate::setup::Setup;
use crate::words::{Id, Key, Region, Reign};

/// Data as somebody sees it who takes the server's reign for `reigns`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The rules, and the tree.
    pub setup: &'a Setup,
    /// What is seen.
    pub data: &'a Data,
    /// What the fences' reigns are compared with.
    pub reigns: Reigns,
}

impl View<'_> {
    /// What a strict read of a key would return if it were one instant.
    pub fn lookup(&self, key: Key) -> Option<Entry> {
        let entry = self.data.entries[key]?;
        self.counts(entry, self.standing(self.setup.tree.home(key))).then_some(entry)
    }

    /// Whether an entry counts in a region whose standing fence is `own`.
    pub fn counts(&self, entry: Entry, own: Option<Id>) -> bool {
        let rules = self.setup.rules;
        if !rules.invalidation_takes_the_fence {
            return true;
        }
        own.is_some_and(|own| !rules.stamp_checked_on_read || entry.stamp == own)
    }

    /// The id of a region's fence, if it stands and hangs on what stands, up to the top.
    pub fn standing(&self, region: Region) -> Option<Id> {
        let mut above = None;
        for region in self.setup.tree.path(region) {
            above = Some(self.standing_on(*region, above)?);
        }
        above
    }

    /// The id of a region's fence, if it is of this reign and hangs on `above`. A leftover is `None`,
    /// like an absent fence.
    pub fn standing_on(&self, region: Region, above: Option<Id>) -> Option<Id> {
        let rules = self.setup.rules;
        if region == Region::NAMESPACE && !rules.namespace_fence_asked {
            return Some(Id::NOTHING);
        }
        let Some(fence) = self.data.fences[region] else {
            return (!rules.absence_never_validates).then_some(Id::NOTHING);
        };
        let hangs = !rules.fences_name_their_parent
            || fence.hangs_on == above
            || above == Some(Id::NOTHING);
        (hangs && self.is_of_this_reign(region, fence)).then_some(fence.id)
    }

    fn is_of_this_reign(&self, region: Region, fence: Fence) -> bool {
        let rules = self.setup.rules;
        let (now, is_compared) = if region == Region::NAMESPACE {
            (self.reigns.namespace, rules.reign_in_namespace_fence)
        } else {
            (self.reigns.root, rules.reign_in_root_fence)
        };
        let is_same = |made: Reign| {
            (made.run == now.run || !rules.run_id_in_reign)
                && (made.replid == now.replid || !rules.replid_in_reign)
        };
        !is_compared || fence.reign.is_none_or(is_same)
    }
}
