//! What `#[cached]` and `#[invalidates]` expand to. Not for direct use: this may change at any time.

#![expect(missing_debug_implementations, reason = "nobody names these types")]

mod call;
mod falls;
mod identity;
mod name;
mod told;

pub use call::{Cacheable, Call, Failure, Fallible, call};
pub use falls::{Falls, once};
pub use identity::{Identity, generics_of, type_name, type_name_of};
pub use name::{Argument, Part, Shown, argument, digest, generic_key, key, own_key, path, value};
pub use told::{ByClone, ByName, ByText, Told};

use crate::cache::Cache;
use crate::options::RegionOptions;
use crate::region::Region;

/// The region of a call, with the settings that its attribute names.
pub fn region(
    cache: &Cache,
    path: &str,
    settings: impl FnOnce(RegionOptions) -> RegionOptions,
) -> Region {
    cache.region(path).with(settings)
}

/// The same without settings.
pub fn plain_region(cache: &Cache, path: &str) -> Region {
    cache.region(path)
}

/// The region that is a function's own.
pub fn own_region(
    cache: &Cache,
    identity: &Identity,
    names: &[&'static str],
    settings: impl FnOnce(RegionOptions) -> RegionOptions,
) -> Region {
    match identity.path(names) {
        Ok(path) => cache.region(&path).with(settings),
        Err(error) => cache.root().refusing(error),
    }
}

/// What a closure makes of options, whose type it need not say.
pub fn changed(
    options: RegionOptions,
    change: impl FnOnce(RegionOptions) -> RegionOptions,
) -> RegionOptions {
    change(options)
}
