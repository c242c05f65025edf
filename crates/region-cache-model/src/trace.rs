//! A violation, told line by line.
//!
//! The explorer renames ids and exchanges clients from state to state. Here the same way is gone once
//! more with names that last: of all acts that are possible, the one is taken that leads to the next
//! state of the way, whatever that calls things.

mod change;
mod name;

#[cfg(test)]
mod tests;

use crate::acts::{Act, offers, step};
use crate::canon::canonical;
use crate::promises::Promise;
use crate::setup::Setup;
use crate::world::World;

/// The lines: each act, and what it changed.
pub fn tell(setup: &Setup, acts: &[Act], promise: Promise) -> Vec<String> {
    let mut lines = Vec::new();
    let mut world = World::new(setup);
    let mut fixed = canonical(setup, &setup.orders(), world.clone()).0;
    for (number, act) in (1..).zip(acts) {
        let (next, kept) = step(setup, &fixed, *act);
        fixed = canonical(setup, &setup.orders(), next).0;
        let Some((act, next)) = same(setup, &world, &fixed, kept.err()) else {
            lines.push("(the rest of the way was lost)".to_owned());
            break;
        };
        lines.push(format!("{number:>3}. {}", name::act(setup, &world, act)));
        lines.extend(
            change::between(setup, &world, &next).into_iter().map(|l| format!("       {l}")),
        );
        world = next;
    }
    lines.push(format!("     Broken: {promise}"));
    lines
}

/// The act, under lasting names, that leads to the canonical state `fixed`.
fn same(
    setup: &Setup,
    world: &World,
    fixed: &World,
    broken: Option<Promise>,
) -> Option<(Act, World)> {
    let mut acts = Vec::new();
    offers(setup, world, &mut acts);
    acts.into_iter().find_map(|act| {
        let (next, kept) = step(setup, world, act);
        let named = canonical(setup, &setup.orders(), next.clone()).0;
        (&named == fixed && kept.err() == broken).then_some((act, next))
    })
}
