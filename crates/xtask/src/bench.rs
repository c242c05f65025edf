//! `bench`: region-cache beside its peers, measured.

use crate::run::{Outcome, cargo, run};
use crate::server::{VARIABLE, redis_server};

/// Builds the benchmarks optimised, and runs them with a Redis server that is found, or installed,
/// here; arguments go to the program.
///
/// Its own tests run first, since `test` leaves out the crate and with it the peers: a median that is
/// wrong is worse than none.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    let server = redis_server()?;
    run(cargo().args(TEST))?;
    run(cargo().args(RUN).args(arguments).env(VARIABLE, &server))
}

/// The crate with the peers, which is built for this verb alone, and type-checked by `check`.
pub(crate) const CRATE: &str = "region-cache-bench";

const TEST: [&str; 6] = ["test", "--release", "--locked", "--quiet", "--package", CRATE];
const RUN: [&str; 6] = ["run", "--release", "--locked", "--package", CRATE, "--"];
