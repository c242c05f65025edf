//! A region as the machinery sees it: where it lies and what holds for it.

use std::fmt;
use std::sync::Arc;

use crate::key::Key;
use crate::name::Address;
use crate::options::{RegionOptions, Settings};

/// A region whose name and options were checked.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) address: Address,
    pub(crate) settings: Arc<Settings>,
    /// What the handle was told by `with`, which regions beneath it inherit.
    pub(crate) own: Option<Arc<RegionOptions>>,
}

/// An entry, in messages.
pub(crate) struct What<'a>(pub(crate) &'a Place, pub(crate) &'a Key);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key `{}` of region `{}`", self.1, self.0.address)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
