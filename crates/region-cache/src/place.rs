//! A region as the machinery sees it: where it lies and what holds for it.

use std::sync::Arc;

use crate::name::Address;
use crate::options::Settings;

/// A region whose name and options were checked.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: Address,
    pub(crate) settings: Arc<Settings>,
}
