//! Where a region lies: its namespace and its path, checked once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{check_path, invalid};
use crate::error::Result;

/// The name of a namespace: `[A-Za-z0-9_-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Namespace(Arc<str>);

/// A region's place: namespace and path, both well-formed.
///
/// The path of a namespace itself is empty. Cloning is cheap.
#[derive(Clone)]
pub struct Address {
    /// `<namespace>:<path>`. Neither part can contain a colon, so two addresses never share a name.
    name: Arc<str>,
    /// Where the path begins in `name`.
    path: usize,
}

impl Namespace {
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(well_formed) {
            return Err(invalid(format!(
                "namespace `{}` is not 1 to 64 of the characters A-Z, a-z, 0-9, `_` and `-`",
                name.escape_debug(),
            )));
        }
        Ok(Self(name.into()))
    }

    /// The address of the namespace itself, whose children are the roots.
    pub(crate) fn top(&self) -> Address {
        self.place("")
    }

    /// The address of a region in this namespace.
    pub(crate) fn address(&self, path: &str) -> Result<Address> {
        check_path(path)?;
        Ok(self.place(path))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn place(&self, path: &str) -> Address {
        Address { name: format!("{}:{path}", self.0).into(), path: self.0.len() + 1 }
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("region-cache".into())
    }
}

impl Address {
    /// Parses an address, for a backend's own tests and tools; a cache makes them by itself.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](crate::ErrorKind::InvalidName). An empty path is the namespace itself.
    pub fn parse(namespace: &str, path: &str) -> Result<Self> {
        let namespace = Namespace::parse(namespace)?;
        if path.is_empty() { Ok(namespace.top()) } else { namespace.address(path) }
    }

    /// The address of another region of the same namespace.
    pub(crate) fn sibling(&self, path: &str) -> Result<Self> {
        Namespace(self.namespace().into()).address(path)
    }

    /// The namespace that this lies in.
    pub(crate) fn top(&self) -> Self {
        Namespace(self.namespace().into()).top()
    }

    /// The region whose path is the first `end` bytes of this one's, which end with a segment.
    pub(crate) fn above(&self, end: usize) -> Option<Self> {
        let path = self.path().get(..end)?;
        Some(Namespace(self.namespace().into()).place(path))
    }

    /// The name under which storage knows the region: `<namespace>:<path>`, never shared by two.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        self.name.get(..self.path - 1).unwrap_or_default()
    }

    /// The path, `shop.catalog.42`; empty for the namespace itself.
    pub fn path(&self) -> &str {
        self.name.get(self.path..).unwrap_or_default()
    }

    /// Whether this is the namespace itself, above all roots.
    pub fn is_top(&self) -> bool {
        self.path().is_empty()
    }

    /// The first segment: what shares it can be changed in one atomic act. Empty for the namespace.
    pub fn root(&self) -> &str {
        self.path().split('.').next().unwrap_or_default()
    }

    /// The segments from the root down; none for the namespace itself.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path().split('.').filter(|segment| !segment.is_empty())
    }

    /// The nearest region that both are or lie beneath: the namespace itself, if there is none.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let shared = self.segments().zip(other.segments()).take_while(|(one, two)| one == two);
        let end = shared.map(|(segment, _)| segment.len() + 1).sum::<usize>();
        self.above(end.saturating_sub(1)).unwrap_or_else(|| self.top())
    }

    /// Whether this is `other` or lies beneath it, in the same namespace.
    pub fn is_within(&self, other: &Self) -> bool {
        self.namespace() == other.namespace()
            && (other.is_top()
                || self
                    .path()
                    .strip_prefix(other.path())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.name)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}
