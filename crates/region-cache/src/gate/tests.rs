use futures::FutureExt;
use futures::executor::block_on;

use super::*;

fn place() -> (Address, Key) {
    (Address::parse("test", "shop").unwrap(), Key::from("k"))
}

fn mine<'a>(turn: Turn<'a, u32>) -> Asking<'a, u32> {
    match turn {
        Turn::Mine(asking) => asking,
        Turn::Told(answer) => panic!("told {answer}"),
    }
}

#[test]
fn an_answer_serves_those_who_came_before_it_was_asked_for_and_nobody_else() {
    let (gates, (region, key)) = (Gates::default(), place());
    let first = gates.arrive::<u8>(&region, &key);
    let second = gates.arrive::<u8>(&region, &key);
    let mut asking = mine(block_on(first.turn()));
    asking.asks();
    let third = gates.arrive::<u8>(&region, &key);
    asking.tell(7);
    assert!(matches!(block_on(second.turn()), Turn::Told(7)));
    drop(mine(block_on(third.turn())));
}

#[test]
fn who_asks_again_serves_those_who_came_in_between_too() {
    let (gates, (region, key)) = (Gates::default(), place());
    let first = gates.arrive::<u8>(&region, &key);
    let mut asking = mine(block_on(first.turn()));
    asking.asks();
    let second = gates.arrive::<u8>(&region, &key);
    asking.asks();
    asking.tell(8);
    assert!(matches!(block_on(second.turn()), Turn::Told(8)));
}

#[test]
fn one_who_goes_without_an_answer_leaves_the_turn_to_the_next() {
    let (gates, (region, key)) = (Gates::<u32>::default(), place());
    let (first, second) = (gates.arrive::<u8>(&region, &key), gates.arrive::<u8>(&region, &key));
    let asking = mine(block_on(first.turn()));
    assert!(second.turn().now_or_never().is_none(), "one at a time");
    drop(asking);
    drop(mine(block_on(second.turn())));
}

#[test]
fn other_types_and_other_keys_have_gates_of_their_own() {
    let (gates, (region, key)) = (Gates::<u32>::default(), place());
    let (one, two) = (gates.arrive::<u8>(&region, &key), gates.arrive::<u16>(&region, &key));
    let three = gates.arrive::<u8>(&region, &Key::from("l"));
    let _all = [&one, &two, &three].map(|visitor| mine(block_on(visitor.turn())));
}

#[test]
fn a_gate_goes_with_the_last_of_its_visitors() {
    let (gates, (region, key)) = (Gates::<u32>::default(), place());
    let (first, second) = (gates.arrive::<u8>(&region, &key), gates.arrive::<u8>(&region, &key));
    drop(first);
    assert_eq!(gates.0.lock().len(), 1);
    drop(second);
    assert_eq!(gates.0.lock().len(), 0);
}
