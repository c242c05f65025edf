//! Guides: one page for each promise, from the reader's trouble to what to write.
//!
//! - [`stampede`]: the database dies whenever the cache is emptied.
//! - [`fail_safe`]: the source is down, or slow.
//! - [`outages`]: Redis is away.
//! - [`signals`]: whatever changes the data says so, once.
//! - [`database`]: between the commit and the invalidation.

#[doc = include_str!("guide/stampede.md")]
pub mod stampede {}

#[doc = include_str!("guide/fail_safe.md")]
pub mod fail_safe {}

#[doc = include_str!("guide/outages.md")]
pub mod outages {}

#[doc = include_str!("guide/signals.md")]
pub mod signals {}

#[doc = include_str!("guide/database.md")]
pub mod database {}
