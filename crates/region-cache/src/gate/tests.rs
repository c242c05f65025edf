use futures::FutureExt;
use futures::executor::block_on;

use super::*;

fn mine<'a>(turn: Turn<'a, u32>) -> Asking<'a, u32> {
    match turn {
        Turn::Mine(asking) => asking,
        Turn::Told(answer) => panic!("told {answer}"),
    }
}

#[test]
fn an_answer_serves_those_who_came_before_it_was_asked_for_and_nobody_else() {
    let gates = Gates::<char, u32>::default();
    let first = gates.arrive('k');
    let second = gates.arrive('k');
    let mut asking = mine(block_on(first.turn()));
    asking.asks();
    let third = gates.arrive('k');
    asking.tell(7);
    assert!(matches!(block_on(second.turn()), Turn::Told(7)));
    drop(mine(block_on(third.turn())));
}

#[test]
fn who_asks_again_serves_those_who_came_in_between_too() {
    let gates = Gates::<char, u32>::default();
    let first = gates.arrive('k');
    let mut asking = mine(block_on(first.turn()));
    asking.asks();
    let second = gates.arrive('k');
    asking.asks();
    asking.tell(8);
    assert!(matches!(block_on(second.turn()), Turn::Told(8)));
}

#[test]
fn one_who_goes_without_an_answer_leaves_the_turn_to_the_next() {
    let gates = Gates::<char, u32>::default();
    let (first, second) = (gates.arrive('k'), gates.arrive('k'));
    let asking = mine(block_on(first.turn()));
    assert!(second.turn().now_or_never().is_none(), "one at a time");
    drop(asking);
    drop(mine(block_on(second.turn())));
}

#[test]
fn other_spots_have_gates_of_their_own() {
    let gates = Gates::<char, u32>::default();
    let (one, two) = (gates.arrive('k'), gates.arrive('l'));
    let three = gates.arrive('m');
    let _all = [&one, &two, &three].map(|visitor| mine(block_on(visitor.turn())));
}

#[test]
fn a_gate_goes_with_the_last_of_its_visitors() {
    let gates = Gates::<char, u32>::default();
    let (first, second) = (gates.arrive('k'), gates.arrive('k'));
    drop(first);
    assert_eq!(gates.0.lock().len(), 1);
    drop(second);
    assert_eq!(gates.0.lock().len(), 0);
}
