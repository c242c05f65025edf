//! What `#[cached]` and `#[invalidates]` expand to. Not for direct use: this may change at any time.

#![expect(missing_debug_implementations, reason = "nobody names these types")]

mod call;
mod falls;
mod identity;
mod name;
mod told;

pub use call::{Cacheable, Call, Fallible};
pub use falls::Falls;
pub use identity::{generics_of, identity, type_name};
pub use name::{Argument, Part, argument, digest, key, path};
pub use told::{ByClone, ByName, ByText, Told};

use crate::cache::Cache;
use crate::error::Result;
use crate::options::RegionOptions;
use crate::region::Region;

/// The region of a call, with the settings that its attribute names.
pub fn region(
    cache: &Cache,
    path: Result<String>,
    settings: impl FnOnce(RegionOptions) -> RegionOptions,
) -> Region {
    match path {
        Ok(path) => cache.region(&path).with(settings),
        Err(error) => cache.root().refusing(error),
    }
}
