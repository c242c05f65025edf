//! `test`: everything that is a test.

use crate::bench::CRATE;
use crate::run::{Outcome, cargo, run};
use crate::server::{VARIABLE, redis_server};

/// Runs the tests of all libraries, programs, examples and test binaries, then
/// the code in the docs, which `--all-targets` leaves out.
///
/// The tests start servers of their own; which program they run is found, or
/// installed, here. The benchmarks are left out, and with them the peers that
/// they compare with: `bench` tests them.
///
/// The arguments go to both: a filter, and after `--` what a test program
/// takes. To choose a package or a target, call `cargo test` itself.
pub(crate) fn test(arguments: &[String]) -> Outcome {
    let server = redis_server()?;
    run(cargo().args(TARGETS).args(arguments).env(VARIABLE, &server))?;
    run(cargo().args(DOCS).args(arguments).env(VARIABLE, &server))
}

// One failing binary must not hide what the others have to say.
const TARGETS: [&str; 7] =
    ["test", "--workspace", "--exclude", CRATE, "--all-targets", "--locked", "--no-fail-fast"];
const DOCS: [&str; 7] =
    ["test", "--workspace", "--exclude", CRATE, "--doc", "--locked", "--no-fail-fast"];
