//! The explorer: breadth first, so that the first violation found is one of the shortest.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant};

use crate::acts::{Act, offers, step};
use crate::canon::{Fingerprint, canonical};
use crate::promises::Promise;
use crate::setup::Setup;
use crate::words::{ByWho, Who};
use crate::world::World;

/// When to stop though nothing has been found, and how many hands to use.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// After so many states.
    pub states: usize,
    /// After so many acts in a row.
    pub depth: usize,
    /// How many threads work. What is found does not depend on it.
    pub threads: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether the promises hold.
    pub verdict: Verdict,
    /// How many different states were met.
    pub states: usize,
    /// After how many acts nothing new was met, the bounds were reached, or a promise was broken.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
}

/// Whether the promises hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In every state that can be reached.
    Kept,
    /// In every state within the bounds. There are more.
    KeptSoFar,
    /// They do not: what is broken, and by which acts. The acts are relative to canonical states;
    /// [`tell`](crate::trace::tell) makes them readable.
    Broken(Promise, Vec<Act>),
}

/// Explores everything that can happen.
pub fn explore(setup: &Setup, bounds: Bounds) -> Report {
    let start = Instant::now();
    let mut search = Search::new(setup);
    let (verdict, depth) = search.run(bounds);
    Report { verdict, states: search.known.len(), depth, took: start.elapsed() }
}

impl Bounds {
    /// No bounds but memory and patience, and one thread.
    pub const NONE: Self = Self { states: usize::MAX, depth: usize::MAX, threads: 1 };

    /// The same, with all threads that the machine has.
    #[must_use]
    pub fn with_all_threads(self) -> Self {
        Self { threads: thread::available_parallelism().map_or(1, NonZero::get), ..self }
    }
}

impl Verdict {
    /// The promise that is broken.
    pub fn broken(&self) -> Option<Promise> {
        match self {
            Self::Broken(promise, _) => Some(*promise),
            Self::Kept | Self::KeptSoFar => None,
        }
    }
}

struct Search<'a> {
    setup: &'a Setup,
    orders: Vec<ByWho<Who>>,
    known: HashSet<Fingerprint, BuildHasherDefault<Already>>,
    /// By which act each state was reached first, and from which.
    origins: Vec<(u32, Act)>,
    /// The states of the present depth, each with its place among the origins.
    front: Vec<(u32, World)>,
}

/// What one act leads to.
struct Found {
    from: u32,
    act: Act,
    world: World,
    fingerprint: Fingerprint,
    broken: Option<Promise>,
}

impl<'a> Search<'a> {
    fn new(setup: &'a Setup) -> Self {
        let orders = setup.orders();
        let (world, fingerprint) = canonical(setup, &orders, World::new(setup));
        let mut known = HashSet::default();
        known.insert(fingerprint);
        // The first origin is nobody's: it stands for the beginning.
        Self { setup, orders, known, origins: vec![(0, Act::Age)], front: vec![(0, world)] }
    }

    fn run(&mut self, bounds: Bounds) -> (Verdict, usize) {
        let mut depth = 0;
        while !self.front.is_empty() {
            if depth == bounds.depth {
                return (Verdict::KeptSoFar, depth);
            }
            depth += 1;
            let front = std::mem::take(&mut self.front);
            for block in front.chunks(BLOCK) {
                for found in self.all_next(block, bounds.threads) {
                    if let Some(promise) = found.broken {
                        return (Verdict::Broken(promise, self.way_to(&found)), depth);
                    }
                    self.add(found);
                }
                if self.known.len() >= bounds.states {
                    return (Verdict::KeptSoFar, depth);
                }
            }
        }
        (Verdict::Kept, depth - 1)
    }

    /// Everything new that the states of a block lead to, in their order.
    fn all_next(&self, block: &[(u32, World)], threads: usize) -> Vec<Found> {
        if threads < 2 {
            return self.next(block);
        }
        thread::scope(|scope| {
            let share = block.len().div_ceil(threads).max(1);
            let parts: Vec<_> =
                block.chunks(share).map(|part| scope.spawn(|| self.next(part))).collect();
            let done = |part: thread::ScopedJoinHandle<'_, _>| {
                part.join().unwrap_or_else(|e| resume_unwind(e))
            };
            parts.into_iter().flat_map(done).collect()
        })
    }

    fn next(&self, block: &[(u32, World)]) -> Vec<Found> {
        let (mut all, mut acts) = (Vec::new(), Vec::new());
        for (from, world) in block {
            acts.clear();
            offers(self.setup, world, &mut acts);
            for act in &acts {
                let (mut next, kept) = step(self.setup, world, *act);
                let ids = std::mem::replace(&mut next.ids, world.ids);
                if kept.is_ok() && &next == world {
                    continue;
                }
                next.ids = ids;
                let (world, fingerprint) = canonical(self.setup, &self.orders, next);
                if kept.is_err() || !self.known.contains(&fingerprint) {
                    let (from, act, broken) = (*from, *act, kept.err());
                    all.push(Found { from, act, world, fingerprint, broken });
                }
            }
        }
        all
    }

    fn add(&mut self, found: Found) {
        if self.known.insert(found.fingerprint) {
            let place = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
            self.origins.push((found.from, found.act));
            self.front.push((place, found.world));
        }
    }

    fn way_to(&self, found: &Found) -> Vec<Act> {
        let (mut from, mut way) = (found.from, vec![found.act]);
        while from != 0 {
            let (before, act) = self.origins[from as usize];
            way.push(act);
            from = before;
        }
        way.reverse();
        way
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
struct Already(u64);

impl Hasher for Already {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How many states are worked on before what they lead to is put together.
const BLOCK: usize = 4096;
