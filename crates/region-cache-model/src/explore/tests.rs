use super::{Bounds, Verdict, explore};
use crate::setup::Setup;
use crate::setups::protocol::COMPUTE;

#[test]
fn threads_find_what_one_finds() {
    let one = explore(&COMPUTE, Bounds::NONE);
    let three = explore(&COMPUTE, Bounds { threads: 3, ..Bounds::NONE });
    assert_eq!(one.verdict, Verdict::Kept);
    assert_eq!((one.verdict, one.states, one.depth), (three.verdict, three.states, three.depth));
}

#[test]
fn bounds_are_kept_and_said() {
    let few = explore(&COMPUTE, Bounds { states: 100, ..Bounds::NONE });
    assert_eq!(few.verdict, Verdict::KeptSoFar);
    let shallow = explore(&COMPUTE, Bounds { depth: 2, ..Bounds::NONE });
    assert_eq!((shallow.verdict, shallow.depth), (Verdict::KeptSoFar, 2));
}

#[test]
fn where_nothing_can_happen_there_is_one_state() {
    let report = explore(&Setup::QUIET, Bounds::NONE);
    assert_eq!((report.verdict, report.states, report.depth), (Verdict::Kept, 1, 0));
}
