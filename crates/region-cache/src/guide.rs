//! Guides: one page for each promise, from the reader's trouble to what to write.

#[doc = include_str!("guide/stampede.md")]
pub mod stampede {}

#[doc = include_str!("guide/fail_safe.md")]
pub mod fail_safe {}

#[doc = include_str!("guide/outages.md")]
pub mod outages {}
