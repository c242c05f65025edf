//! The testkit.

#[cfg(unix)]
pub mod proxy;
#[cfg(unix)]
pub mod server;
