//! The toolchain's components that a minimal installation lacks.

use crate::run::{Outcome, cargo, run, rustup, succeeds};

/// Makes sure that `cargo <verb>` can be used, by adding the component that
/// brings it where it is missing.
pub(crate) fn component(verb: &str, component: &str) -> Outcome {
    if succeeds(cargo().args([verb, "--version"])) {
        return Ok(());
    }
    eprintln!("{component} is missing: it is added to the toolchain.");
    run(rustup().args(["component", "add", component])).map_err(|_| {
        format!("{component} is missing and could not be added: install it beside your Rust.")
    })
}
