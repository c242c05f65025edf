//! Which signals, and what falls.

use super::Template;
use crate::error::Result;
use crate::name::check_name;

/// Signals by name or by pattern, and what of a region falls when one of them comes: see
/// [`Region::invalidate_on`](crate::Region::invalidate_on).
///
/// In a pattern a segment that is `*` stands for any one segment, and at the end for one or more:
/// `catalog.*` is `catalog.changed` and `catalog.42.changed`, but not `catalog`.
///
/// ```
/// # use region_cache::Patterns;
/// let one = Patterns::from("catalog.changed");
/// let several = Patterns::from(["catalog.*", "prices.imported"]);
/// let one_user = Patterns::from("user.updated").below("{id}"); // of `{"id": 42}` region 42 beneath
/// # let _ = (one, several, one_user);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Patterns {
    pub(crate) names: Vec<String>,
    pub(crate) what: What,
}

/// What of a region falls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum What {
    /// All of it.
    #[default]
    All,
    /// The region beneath it that a template names.
    Below(String),
    /// The key that a template names.
    Key(String),
}

impl Patterns {
    /// Only the region beneath falls that this template names, filled from the signal's payload: `{id}` is
    /// the payload's field `id`, `{user.id}` a field within a field, `{}` the payload itself. Each is made
    /// one segment by [`segment`](crate::segment()). Where the payload has no such field, or no text,
    /// integer or truth value in it, the whole region falls, rather than too little.
    pub fn below(self, template: impl Into<String>) -> Self {
        Self { what: What::Below(template.into()), ..self }
    }

    /// Only the key falls that this template names, likewise; its fields are not made segments.
    pub fn key(self, template: impl Into<String>) -> Self {
        Self { what: What::Key(template.into()), ..self }
    }

    pub(crate) fn check(&self) -> Result<()> {
        for name in &self.names {
            check_pattern(name)?;
        }
        match &self.what {
            What::All => Ok(()),
            What::Below(template) | What::Key(template) => Template::parse(template).map(drop),
        }
    }
}

pub(crate) fn check_pattern(pattern: &str) -> Result<()> {
    check_name("signal", pattern)
}

/// Whether a name, of a signal or a region, is one of those that a pattern stands for.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut names = name.split('.');
    let mut patterns = pattern.split('.').peekable();
    while let Some(wanted) = patterns.next() {
        let is_last = patterns.peek().is_none();
        match names.next() {
            None => return false,
            Some(_) if wanted == "*" && is_last => return true,
            Some(name) if wanted != "*" && wanted != name => return false,
            Some(_) => {}
        }
    }
    names.next().is_none()
}

macro_rules! from_name {
    ($($type:ty)*) => {
        $(
            impl From<$type> for Patterns {
                fn from(name: $type) -> Self {
                    Self::from_iter([name])
                }
            }
        )*
    };
}

from_name!(&str String &String);

impl<T: Into<String>, const N: usize> From<[T; N]> for Patterns {
    fn from(names: [T; N]) -> Self {
        Self::from_iter(names)
    }
}

impl<T: Into<String>> From<Vec<T>> for Patterns {
    fn from(names: Vec<T>) -> Self {
        Self::from_iter(names)
    }
}

impl From<&[&str]> for Patterns {
    fn from(names: &[&str]) -> Self {
        Self::from_iter(names.iter().copied())
    }
}

impl<T: Into<String>> FromIterator<T> for Patterns {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), what: What::All }
    }
}
