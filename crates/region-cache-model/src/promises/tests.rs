use super::{Promise, check};
use crate::server::Entry;
use crate::setup::Setup;
use crate::setups::protocol::COMPUTE;
use crate::tree::{R3, X};
use crate::words::{Id, Regions, Version};
use crate::world::World;

/// No mutant invents values, so here is the check itself.
#[test]
fn a_value_that_nobody_stored_is_noticed() {
    let setup: &Setup = &COMPUTE;
    let mut world = World::new(setup);
    let proposals = world.propose(setup, crate::words::Who(0), false);
    world.script(setup).renew(Regions::of(&[R3]), &proposals);
    assert_eq!(check(setup, &world), Ok(()));

    let stamp = world.master.data.fences[R3].map_or(Id::NOTHING, |fence| fence.id);
    world.master.data.entries[X] = Some(Entry { version: Version(7), stamp, is_lasting: true });
    assert_eq!(check(setup, &world), Err(Promise::Invented));
}
