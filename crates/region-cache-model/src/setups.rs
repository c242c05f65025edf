//! The configurations: of the protocol as the contract has it, and of what is left of it when rules
//! are taken out.

pub mod large;
pub mod limits;
pub mod mutants;
pub mod naive;
pub mod protocol;
mod roles;
pub mod spare;

#[cfg(test)]
mod tests;

use crate::promises::Promise;
use crate::rules::Rules;
use crate::setup::Setup;

/// A protocol that breaks a promise.
#[derive(Clone, Copy, Debug)]
pub struct Breach {
    /// What it is called. A mutant is named after the rules that it does not keep.
    pub title: &'static str,
    /// The rules that it does not keep.
    pub without: &'static [&'static str],
    /// The races of the contract that it runs into.
    pub races: &'static [u8],
    /// Where it shows.
    pub setup: &'static Setup,
    /// The promise that is broken.
    pub breaks: Promise,
}

/// A protocol that keeps its promises although a rule is taken out: the rule is spare there.
#[derive(Clone, Copy, Debug)]
pub struct Spare {
    /// The rule.
    pub without: &'static [&'static str],
    /// Where it makes no difference.
    pub setup: &'static Setup,
    /// The promises that are kept nevertheless.
    pub keeps: &'static [Promise],
    /// What stands in for it.
    pub because: &'static str,
}

impl Breach {
    /// The configuration, looking for this breach alone.
    pub fn setup(&'static self) -> Setup {
        let judged = std::slice::from_ref(&self.breaks);
        Setup { rules: without(self.without), judged, ..*self.setup }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        let name = match self.title {
            "" => format!("without {}", self.without.join(" and ")),
            title => title.to_owned(),
        };
        match self.races {
            [] => name,
            [race] => format!("{name} (race {race})"),
            [race, other, ..] => format!("{name} (races {race}, {other})"),
        }
    }
}

impl Spare {
    /// The configuration.
    pub fn setup(&self) -> Setup {
        Setup { rules: without(self.without), judged: self.keeps, ..*self.setup }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        format!("without {}: {}", self.without.join(" and "), self.because)
    }
}

fn without(names: &[&str]) -> Rules {
    let rules = names.iter().try_fold(Rules::CONTRACT, |rules, name| rules.without(name));
    rules.unwrap_or_else(|| panic!("there is no such rule among {names:?}"))
}
