use super::large::LARGE;
use super::limits::LIMITS;
use super::mutants::MUTANTS;
use super::naive::NAIVE;
use super::protocol::SMALL;
use super::spare::SPARE;
use super::{Breach, Spare};
use crate::explore::{Bounds, Verdict, explore};
use crate::rules::Rules;
use crate::setup::Setup;
use crate::trace::tell;

/// To its end: no state is left out.
#[test]
fn the_protocol_keeps_every_promise() {
    for setup in SMALL {
        assert_keeps(setup, setup.name);
    }
}

#[test]
fn without_any_one_rule_a_promise_is_broken() {
    MUTANTS.iter().for_each(assert_breaks);
}

#[test]
fn naive_variants_break_promises() {
    NAIVE.iter().for_each(assert_breaks);
}

#[test]
fn the_limits_are_where_they_are_said_to_be() {
    LIMITS.iter().for_each(assert_breaks);
}

#[test]
fn a_spare_rule_can_be_taken_out_alone() {
    SPARE.iter().for_each(|spare: &Spare| assert_keeps(&spare.setup(), &spare.name()));
}

#[test]
fn every_rule_is_taken_out_somewhere() {
    for rule in Rules::NAMES {
        let is_taken_out = MUTANTS.iter().any(|mutant| mutant.without.contains(rule));
        assert!(is_taken_out, "no mutant is without `{rule}`");
    }
}

/// A rule that is only taken out together with others says why that is.
#[test]
fn a_rule_is_taken_out_alone_or_is_spare() {
    for rule in Rules::NAMES {
        let is_alone = MUTANTS.iter().any(|mutant| mutant.without == [*rule]);
        let is_spare = SPARE.iter().any(|spare| spare.without == [*rule]);
        assert!(is_alone || is_spare, "`{rule}` is neither needed nor said to be spare");
    }
}

/// The races of the contract that do not need a near cache.
#[test]
fn every_race_has_its_mutant() {
    for race in [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15] {
        assert!(MUTANTS.iter().any(|mutant| mutant.races.contains(&race)), "race {race}");
    }
}

/// So what a mutant breaks, it breaks for want of its rules and of nothing else.
#[test]
fn mutants_live_where_the_protocol_keeps_its_promises() {
    for mutant in MUTANTS.iter().chain(NAIVE) {
        assert!(SMALL.iter().any(|setup| setup.name == mutant.setup.name), "{}", mutant.name());
    }
}

#[test]
fn names_tell_configurations_apart() {
    let mut names: Vec<_> = SMALL.iter().chain(LARGE).map(|setup| setup.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The table in the docs of the crate is the one that is tested.
#[test]
fn the_docs_say_what_each_rule_guards() {
    let docs = include_str!("../lib.rs");
    for mutant in MUTANTS {
        for rule in mutant.without {
            let row = docs.lines().find(|line| line.starts_with(&format!("//! | `{rule}` |")));
            let row = row.unwrap_or_else(|| panic!("the docs have no row for `{rule}`"));
            let breach = format!("{:?}", mutant.breaks);
            assert!(row.contains(&breach), "the docs do not say `{breach}` of `{rule}`");
        }
    }
}

fn assert_keeps(setup: &Setup, name: &str) {
    let report = explore(setup, Bounds::NONE);
    if let Verdict::Broken(promise, acts) = &report.verdict {
        panic!("{name}\n{}", tell(setup, acts, *promise).join("\n"));
    }
    assert_eq!(report.verdict, Verdict::Kept, "{name}");
}

fn assert_breaks(breach: &'static Breach) {
    let setup = breach.setup();
    let report = explore(&setup, Bounds { states: 500_000, ..Bounds::NONE });
    let Verdict::Broken(promise, acts) = &report.verdict else {
        panic!("{}: not found violating in {} states", breach.name(), report.states);
    };
    assert_eq!(*promise, breach.breaks, "{}", breach.name());
    let lines = tell(&setup, acts, *promise);
    let numbered = lines.iter().filter(|line| line.trim_start().starts_with(char::is_numeric));
    assert_eq!(numbered.count(), acts.len(), "{}\n{}", breach.name(), lines.join("\n"));
}
