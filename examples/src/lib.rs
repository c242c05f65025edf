//! The examples stand beside this file; see `Cargo.toml`.
