//! `model`: the large explorations of the protocol's model.

use crate::run::{Outcome, cargo, run};

/// Builds the model optimised and explores every configuration; arguments go to the model.
pub(crate) fn model(arguments: &[String]) -> Outcome {
    run(cargo().args(RUN).args(arguments))
}

const RUN: [&str; 6] = ["run", "--release", "--locked", "--package", "region-cache-model", "--"];
