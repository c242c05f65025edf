use std::time::Duration;

use super::{Rounds, Spread};

#[test]
fn the_median_is_the_middle_one_or_the_mean_of_the_two_in_the_middle() {
    let of = |numbers: &[f64]| Spread::of(numbers).map(|spread| spread.median);
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[3.0]), Some(3.0));
    assert_eq!(of(&[9.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(of(&[4.0, 1.0, 9.0, 2.0]), Some(3.0));
}

#[test]
fn a_ratio_is_taken_within_each_round() {
    // The second round ran on a busy machine: both took ten times as long.
    let base = rounds(&[10, 100, 10]);
    let own = rounds(&[20, 200, 30]);
    assert_eq!(own.over(&base), Some(Spread { median: 2.0, least: 2.0, most: 3.0 }));
}

#[test]
fn the_first_round_is_for_warming_up() {
    assert_eq!(rounds(&[90, 10, 20, 30]).warm().spread(), rounds(&[10, 20, 30]).spread());
}

#[test]
fn time_is_for_one_operation() {
    let mut rounds = Rounds::default();
    rounds.add(Duration::from_secs(3), 2);
    assert_eq!(rounds.spread().map(|spread| spread.median), Some(1.5));
}

#[test]
fn the_inverse_of_the_least_is_the_most() {
    let spread = Spread { median: 2.0, least: 1.0, most: 4.0 };
    assert_eq!(spread.inverse(), Spread { median: 0.5, least: 0.25, most: 1.0 });
}

fn rounds(seconds: &[u64]) -> Rounds {
    let mut rounds = Rounds::default();
    seconds.iter().for_each(|seconds| rounds.add(Duration::from_secs(*seconds), 1));
    rounds
}
