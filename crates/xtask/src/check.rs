//! `check`: formatting, lints and docs.

use crate::run::{Outcome, cargo, no_arguments, run};
use crate::tools::component;

/// Fails on anything that the formatter, clippy or rustdoc complains about.
pub(crate) fn check(arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    component("fmt", "rustfmt")?;
    component("clippy", "clippy")?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(CLIPPY))?;
    run(cargo().args(DOC).env("RUSTDOCFLAGS", "-D warnings"))
}

const CLIPPY: [&str; 7] =
    ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
const DOC: [&str; 4] = ["doc", "--workspace", "--no-deps", "--locked"];
