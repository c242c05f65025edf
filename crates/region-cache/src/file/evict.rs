//! Making room: what has expired is swept out, and then the oldest goes that was not read lately.
//!
//! Eviction follows the clock algorithm, as in memory: the hand goes round through the entries in the
//! order in which they were stored, spares what was read since it last came by, and takes what was not.

use redb::ReadableTable;

use super::tables::{Node, Stored};
use super::tree::Tree;
use super::visit::Visit;
use crate::key::Key;

/// Where an entry is.
struct Spot {
    version: u64,
    node: u64,
    hold: u64,
    key: Key,
}

impl Visit<'_> {
    /// Sweeps out what is due, up to so much.
    pub(super) fn sweep(&mut self, limit: usize) -> Stored<()> {
        for (at, id) in self.due_by_now(limit)? {
            self.is_changed = true;
            self.due.remove((at, id))?;
            if let Some(spot) = self.spot(id)? {
                self.take_entry(spot.hold, &spot.key)?;
                self.prune(spot.node)?;
            } else if let Some(mut node) = self.node(id)? {
                self.end(&mut node)?;
                self.prune(id)?;
            }
        }
        Ok(())
    }

    /// Evicts until everything fits, sparing what was stored after the change numbered `before`.
    pub(super) fn make_room(&mut self, before: u64) -> Stored<()> {
        let (mut patience, mut rounds) = (PATIENCE, 0);
        while self.meta.bytes > self.capacity && rounds < 2 {
            let Some(spot) = self.next_spot(before)? else {
                rounds += 1;
                self.control.lock().hand = 0;
                continue;
            };
            self.control.lock().hand = spot.version;
            // The first stands for all of them: else one that nobody reads would be the end of many others.
            if let Some(whole) = self.whole(&spot)?
                && self.keys(whole.hold, 1)?.first() != Some(&spot.key)
            {
                continue;
            }
            // Where everything was read lately the hand does not go all the way round first.
            if self.used.take(spot.version) && patience > 0 {
                patience -= 1;
                continue;
            }
            self.evict(&spot)?;
        }
        Ok(())
    }

    /// Takes an entry; those of a region that is of use only as a whole all together.
    fn evict(&mut self, spot: &Spot) -> Stored<()> {
        let keys = match self.whole(spot)? {
            Some(node) => self.keys(node.hold, usize::MAX)?,
            None => vec![spot.key.clone()],
        };
        for key in &keys {
            self.take_entry(spot.hold, key)?;
        }
        self.meta.evicted += keys.len() as u64;
        self.prune(spot.node)
    }

    /// The region that goes with the entry.
    fn whole(&self, spot: &Spot) -> Stored<Option<Node>> {
        Ok(self.node(spot.node)?.filter(|node| node.is_whole && node.hold == spot.hold))
    }

    /// What comes after the hand.
    fn next_spot(&self, before: u64) -> Stored<Option<Spot>> {
        let hand = self.control.lock().hand;
        if hand >= before {
            return Ok(None);
        }
        let next = self.ages.range(hand + 1..=before)?.next().transpose()?;
        Ok(next.map(|(version, row)| Spot::read(version.value(), row.value())))
    }

    fn spot(&self, version: u64) -> Stored<Option<Spot>> {
        Ok(self.ages.get(version)?.map(|row| Spot::read(version, row.value())))
    }
}

impl Spot {
    fn read(version: u64, (node, hold, key): (u64, u64, &[u8])) -> Self {
        Self { version, node, hold, key: Key::from(key) }
    }
}

/// How many entries that were read are spared in one visit.
const PATIENCE: u32 = 256;
