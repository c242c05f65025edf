//! `features`: every crate builds with whatever features a user chooses.

use crate::metadata::{Metadata, Package};
use crate::run::{Outcome, cargo, no_arguments, run};

#[cfg(test)]
mod tests;

/// Checks each crate of the workspace by itself, with no feature, with each
/// feature alone and with all of them.
///
/// Only libraries and programs are checked, one package at a time: tests and
/// neighbours switch on features of shared dependencies, and would hide that a
/// crate does not ask for what it needs.
pub(crate) fn features(arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    for package in Metadata::of_workspace()?.packages {
        for choice in choices(&package) {
            run(cargo().args(["check", "--locked", "--package", &package.name]).args(choice))?;
        }
    }
    Ok(())
}

/// The sets of features to try, as arguments of cargo.
fn choices(package: &Package) -> Vec<Vec<&str>> {
    if package.features.is_empty() {
        return vec![vec![]];
    }
    let none = vec!["--no-default-features"];
    let each =
        package.features.iter().map(|feature| vec!["--no-default-features", "--features", feature]);
    let all = vec!["--all-features"];
    std::iter::once(none).chain(each).chain([all]).collect()
}
