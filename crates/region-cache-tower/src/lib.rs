#![doc = include_str!("front_page.md")]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod answer;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod buffer;
mod conditions;
mod config;
mod entry;
#[cfg(feature = "axum")]
mod error;
mod exchange;
mod future;
mod key;
mod layer;
mod load;
mod path;
mod plan;
mod policy;
mod query;
mod regions;
mod service;
mod status;
mod upstream;

#[cfg(feature = "axum")]
pub use self::axum::Region;
pub use self::body::Body;
#[cfg(feature = "axum")]
pub use self::error::NoLayer;
pub use self::future::ResponseFuture;
pub use self::layer::RegionCacheLayer;
pub use self::query::Query;
pub use self::regions::{Invalidates, Regions};
pub use self::service::RegionCache;

/// The code in the README compiles.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;
