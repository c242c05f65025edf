//! Guides: one page for each promise, from the reader's trouble to what to write.
//!
//! - [`stampede`]: the database dies whenever the cache is emptied.
//! - [`fail_safe`]: the source is down, or slow.
//! - [`outages`]: Redis is away.
//! - [`signals`]: whatever changes the data says so, once.
//! - [`file`](mod@file): after a restart everything is computed anew.
//! - [`database`]: between the commit and the invalidation.
//! - [`cached`](mod@cached): `#[cached]` and `#[invalidates]`.
//! - [`counters`]: numbers and sets that are changed in place.
//! - [`coming_from`]: what to write for what you wrote before.
//! - `configuration`: settings from a file and from the environment (feature `config`).
//! - `fragments`: parts of templates, rendered once (feature `minijinja`).

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

#[doc = include_str!("guide/cached.md")]
#[cfg(feature = "macros")]
pub mod cached {}

#[doc = include_str!("guide/counters.md")]
pub mod counters {}

#[doc = include_str!("guide/coming_from.md")]
#[cfg(feature = "macros")]
pub mod coming_from {}

#[cfg(feature = "config")]
#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

#[cfg(feature = "minijinja")]
#[doc = include_str!("guide/fragments.md")]
pub mod fragments {}

#[doc = include_str!("guide/file.md")]
pub mod file {}
