//! `test`: everything that is a test.

use std::process::Command;

use crate::bench::CRATE;
use crate::python::{self, python};
use crate::run::{Outcome, cargo, run};
use crate::server::{VARIABLE, redis_server};

/// Runs the tests of all libraries, programs, examples and test binaries, then
/// the code in the docs, which `--all-targets` leaves out.
///
/// The tests start servers of their own; which program they run is found, or
/// installed, here. Some speak Python as well; where it has no Redis client and none can be installed,
/// they are skipped, and the reason is printed. The benchmarks are left out, and with them the peers that
/// they compare with: `bench` tests them.
///
/// The arguments go to both: a filter, and after `--` what a test program
/// takes. To choose a package or a target, call `cargo test` itself.
pub(crate) fn test(arguments: &[String]) -> Outcome {
    let server = redis_server()?;
    let python = python().map(|python| (python::VARIABLE, python));
    let with_both = |command: &mut Command| {
        run(command.args(arguments).env(VARIABLE, &server).envs(python.clone()))
    };
    with_both(cargo().args(TARGETS))?;
    with_both(cargo().args(DOCS))
}

// One failing binary must not hide what the others have to say.
const TARGETS: [&str; 7] =
    ["test", "--workspace", "--exclude", CRATE, "--all-targets", "--locked", "--no-fail-fast"];
const DOCS: [&str; 7] =
    ["test", "--workspace", "--exclude", CRATE, "--doc", "--locked", "--no-fail-fast"];
