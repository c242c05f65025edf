//! What the tests of region-cache are made of.
//!
//! - [`conformance`](mod@conformance): what every backend must do, in small cases. A backend of one's
//!   own implements a [`Fixture`](conformance::Fixture) and runs them all by
//!   [`conformance!`](crate::conformance!).
//! - [`backends`]: decorators around any backend that count, wait, get stuck, damage or cheat.
//! - [`auditor`]: many readers and writers, and a truth outside the cache that tells stale values.
//! - [`envelopes`]: any bytes as an envelope, read in two ways.
//! - [`messages`]: any bytes as a message, heard by a cache.
//! - `server` and `proxy`: throwaway servers and bad lines to them, on Unix.

pub mod auditor;
pub mod backends;
pub mod conformance;
pub mod envelopes;
pub mod messages;
#[cfg(unix)]
pub mod proxy;
#[cfg(unix)]
pub mod server;
