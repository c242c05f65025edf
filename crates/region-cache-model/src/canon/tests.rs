use std::collections::HashSet;

use super::{Fingerprint, canonical};
use crate::acts::{offers, step};
use crate::setup::Setup;
use crate::setups::protocol::{
    COMPUTE, FAILOVER, JOIN, LIVES, RESTART, TRANSACT, TRANSACT_OR_COMPUTE, WALK, WRITE,
};
use crate::world::World;

/// Whoever goes on from states that were renamed comes to the same states, up to names, as who
/// goes on from those that were not.
#[test]
fn renaming_loses_no_state_and_makes_none_up() {
    for setup in
        [COMPUTE, FAILOVER, JOIN, LIVES, RESTART, TRANSACT, TRANSACT_OR_COMPUTE, WALK, WRITE]
    {
        let renamed = reached(&setup, |world| canonical(&setup, &setup.orders(), world).0);
        let raw = reached(&setup, |world| world);
        assert_eq!(renamed, raw, "{}", setup.name);
        assert!(renamed.len() > 50, "{}: {} states", setup.name, renamed.len());
    }
}

/// The fingerprints of what can be reached in a few acts, each state renamed before going on.
fn reached(setup: &Setup, rename: impl Fn(World) -> World) -> HashSet<Fingerprint> {
    let fingerprint = |world: &World| canonical(setup, &setup.orders(), world.clone()).1;
    let mut front = vec![World::new(setup)];
    let mut known: HashSet<Fingerprint> = front.iter().map(fingerprint).collect();
    for _ in 0..ACTS {
        let mut next = HashSet::new();
        for world in &front {
            let mut acts = Vec::new();
            offers(setup, world, &mut acts);
            next.extend(acts.into_iter().map(|act| rename(step(setup, world, act).0)));
        }
        known.extend(next.iter().map(fingerprint));
        front = next.into_iter().collect();
    }
    known
}

const ACTS: usize = 4;
