//! What a closure chooses.

use crate::key::Key;

/// What falls of a region when a signal is heard: see
/// [`Region::invalidate_on_with`](crate::Region::invalidate_on_with).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Fall(pub(crate) Vec<One>);

/// One thing that falls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum One {
    All,
    Region(String),
    Key(Key),
}

impl Fall {
    /// Nothing.
    pub fn nothing() -> Self {
        Self(Vec::new())
    }

    /// The whole region.
    pub fn all() -> Self {
        Self(vec![One::All])
    }

    /// A region beneath it: a relative path, whose segments come from [`segment`](crate::segment()) where
    /// they come from elsewhere. A bad path lets the whole region fall.
    pub fn region(path: impl Into<String>) -> Self {
        Self(vec![One::Region(path.into())])
    }

    /// A key of the region itself.
    pub fn key(key: impl Into<Key>) -> Self {
        Self(vec![One::Key(key.into())])
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}
