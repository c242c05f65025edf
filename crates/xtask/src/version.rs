//! Rust versions as Cargo.toml writes them: `1.89` or `1.89.0`.

use std::fmt;

#[cfg(test)]
mod tests;

/// A Rust version, ordered. A part that is not written counts as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u64; 3]);

impl Version {
    /// Reads a version of one to three numbers; anything else is `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 3];
        let mut places = parts.iter_mut();
        for number in text.split('.') {
            *places.next()? = number.parse().ok()?;
        }
        Some(Self(parts))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}
