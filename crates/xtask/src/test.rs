//! `test`: everything that is a test.

use crate::run::{Outcome, cargo, run};

/// Runs the tests of all libraries, programs, examples and test binaries, then
/// the code in the docs, which `--all-targets` leaves out.
///
/// The arguments go to both: a filter, and after `--` what a test program
/// takes. To choose a package or a target, call `cargo test` itself.
pub(crate) fn test(arguments: &[String]) -> Outcome {
    run(cargo().args(TARGETS).args(arguments))?;
    run(cargo().args(DOCS).args(arguments))
}

// One failing binary must not hide what the others have to say.
const TARGETS: [&str; 5] = ["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"];
const DOCS: [&str; 5] = ["test", "--workspace", "--doc", "--locked", "--no-fail-fast"];
