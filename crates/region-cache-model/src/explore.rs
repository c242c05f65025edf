//! The explorer: breadth first, so that the first violation found is one of the shortest.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::{Duration, Instant};

use crate::acts::{Act, offers, step};
use crate::canon::{Fingerprint, canonical};
use crate::promises::Promise;
use crate::setup::Setup;
use crate::world::World;

/// When to stop though nothing has been found.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// After so many states.
    pub states: usize,
    /// After so many acts in a row.
    pub depth: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether the promises hold.
    pub verdict: Verdict,
    /// How many different states were met.
    pub states: usize,
    /// How many acts the longest of the shortest ways to them has.
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
    /// They do not: what is broken, and by which acts. These are relative to canonical states;
    /// [`trace`](crate::trace::tell) makes them readable.
    Broken(Promise, Vec<Act>),
}

/// Explores everything that can happen.
pub fn explore(setup: &Setup, bounds: Bounds) -> Report {
    let start = Instant::now();
    let mut search = Search::new(setup);
    let (verdict, depth) = search.run(bounds);
    Report { verdict, states: search.known.len(), depth, took: start.elapsed() }
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
    known: HashSet<Fingerprint, BuildHasherDefault<Already>>,
    /// By which act each state was reached first, and from which.
    origins: Vec<(u32, Act)>,
    /// The states of the present depth, each with its place among the origins.
    front: Vec<(u32, World)>,
}

impl<'a> Search<'a> {
    fn new(setup: &'a Setup) -> Self {
        let (world, fingerprint) = canonical(setup, &setup.orders(), World::new(setup));
        let mut known = HashSet::default();
        known.insert(fingerprint);
        // The first origin is nobody's: it stands for the beginning.
        Self { setup, known, origins: vec![(0, Act::Age)], front: vec![(0, world)] }
    }

    fn run(&mut self, bounds: Bounds) -> (Verdict, usize) {
        let orders = self.setup.orders();
        let mut acts = Vec::new();
        let mut depth = 0;
        while !self.front.is_empty() {
            if depth == bounds.depth {
                return (Verdict::KeptSoFar, depth);
            }
            depth += 1;
            for (from, world) in std::mem::take(&mut self.front) {
                acts.clear();
                offers(self.setup, &world, &mut acts);
                for act in &acts {
                    let (next, kept) = step(self.setup, &world, *act);
                    if let Err(promise) = kept {
                        return (Verdict::Broken(promise, self.way_to(from, *act)), depth);
                    }
                    let (next, fingerprint) = canonical(self.setup, &orders, next);
                    if self.known.insert(fingerprint) {
                        let place = self.origins.len();
                        self.origins.push((from, *act));
                        self.front.push((u32::try_from(place).unwrap_or(u32::MAX), next));
                    }
                }
                if self.known.len() >= bounds.states {
                    return (Verdict::KeptSoFar, depth);
                }
            }
        }
        (Verdict::Kept, depth - 1)
    }

    fn way_to(&self, mut from: u32, last: Act) -> Vec<Act> {
        let mut way = vec![last];
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
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = (fingerprint >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
