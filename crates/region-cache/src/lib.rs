//! A cache for many processes, in regions that are invalidated whole.
//!
//! A **region** is a dot-separated namespace such as `shop.catalog.42`. Invalidating one purges it and
//! everything beneath it, at once, for every reader. See [`Cache`] to begin with, and [`Region`] for
//! what can be done.
//!
//! ```
//! use region_cache::Cache;
//!
//! # futures::executor::block_on(async {
//! let cache = Cache::in_memory();
//! let item = cache.region("shop.catalog.42");
//! item.set("price", &1999).await?;
//! item.transaction(async |t| {
//!     let price: i64 = t.get("price").await?.unwrap_or(0);
//!     t.set("price", &(price - 100))
//! }).await?;
//! assert_eq!(item.get::<i64>("price").await?, Some(1899));
//!
//! cache.region("shop").invalidate().await?; // shop, shop.catalog, shop.catalog.42 ...
//! assert_eq!(item.get::<i64>("price").await?, None);
//! # Ok::<_, region_cache::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Features
//!
//! - `config`, on by default: settings from a TOML file and from the environment.
//! - `minijinja`: parts of templates that are cached (`fragments`).
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

// Floor 0, words: pure values.
mod error;
mod key;
mod name;
mod time;

// Floor 1, wire: what becomes bytes.
pub mod codec;
mod options;
mod place;
mod signal;
mod wire;

// Floor 2, ports.
pub mod backend;
mod bus;
mod local;
mod tasks;

// Floor 3, adapters.
#[cfg(feature = "file")]
mod file;
mod memory;
mod null;
mod redis;

// Floor 4, machinery.
mod breaker;
mod coder;
mod defer;
mod engine;
mod entries;
mod event;
mod flight;
mod gate;
mod guard;
mod hub;
mod invalidate;
mod link;
mod load;
mod replay;
mod signals;
mod stats;
mod transaction;

// Floor 5, the door.
mod builder;
mod cache;
#[doc(hidden)]
pub mod declared;
#[cfg(feature = "minijinja")]
pub mod fragments;
mod global;
pub mod guide;
mod region;

pub use self::builder::CacheBuilder;
pub use self::cache::Cache;
pub use self::entries::{Entries, Keys};
pub use self::error::{BoxError, Error, ErrorKind, Result, loaded};
pub use self::event::{Event, EventStream};
pub use self::global::global;
pub use self::invalidate::Invalidated;
pub use self::key::Key;
pub use self::load::{Loading, Lookup, Miss, Receipt};
pub use self::name::{segment, unsegment};
pub use self::options::{EntryOptions, OnUnavailable, RefreshAhead, RegionOptions, Schema};
pub use self::region::{Begin, Computed, Counter, Empty, Members, Region, SetOf, Zero};
pub use self::signal::{Fall, Patterns, Signal};
pub use self::signals::{Binding, Emitted};
pub use self::stats::{BreakerState, Stats};
pub use self::time::{Clock, Timestamp};
pub use self::transaction::{Target, Transaction};
pub use self::wire::{Storable, Value};

#[cfg(feature = "macros")]
pub use region_cache_macros::{cached, invalidates};

#[doc(hidden)]
pub use self::declared as __private;

/// The code in the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
