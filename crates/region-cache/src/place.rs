//! A region as the machinery sees it: where it lies and what holds for it.

use std::fmt;
use std::sync::Arc;

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

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
