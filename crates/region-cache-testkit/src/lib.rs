//! The testkit.

#[cfg(unix)]
pub mod server;
