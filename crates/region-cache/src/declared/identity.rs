//! Which function is which: the region of a function that names none.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::name::segment;

/// File, line and column.
type Location = (&'static str, u32, u32);

/// A function, and the region that is its own.
#[derive(Debug)]
pub struct Identity {
    location: Location,
    /// Of the type whose method was called first: of a free function and of most methods there is no other.
    first: OnceLock<(&'static str, Result<Arc<str>>)>,
}

impl Identity {
    #[must_use]
    pub const fn new(location: Location) -> Self {
        Self { location, first: OnceLock::new() }
    }

    /// The path of the region: the crate first, then modules, the type and the name.
    pub fn path(&self, names: &[&'static str]) -> Result<Arc<str>> {
        let Some((of, then)) = names.split_first() else { return Ok("".into()) };
        let path = || identity(of, then, self.location).map(Arc::from);
        let (first, own) = self.first.get_or_init(|| (*of, path()));
        if first == of { own.clone() } else { path() }
    }
}

/// Fails where two functions would have the same path, which those of one name in two blocks of one
/// function would.
fn identity(of: &str, then: &[&str], location: Location) -> Result<String> {
    let base = if then.is_empty() { of } else { without_generics(of) };
    let path = own_path(&base.split("::").chain(then.iter().copied()).collect::<Vec<_>>());
    let mut known = known().lock();
    let other = *known.entry(path.clone()).or_insert(location);
    if other == location {
        return Ok(path);
    }
    let at = |(file, line, _): Location| format!("{file}:{line}");
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "the cached functions at {} and at {} would both have the region `{path}`; name one with \
             `region = \"..\"`",
            at(other),
            at(location),
        ),
    ))
}

/// A crate's name, then segments; few, however deep the function stands.
fn own_path(names: &[&str]) -> String {
    let (first, rest) = names.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let first = segment(format!("fn~{first}"));
    let rest: Vec<String> = if rest.len() > DEEPEST {
        vec![segment(rest.join("::"))]
    } else {
        rest.iter().map(segment).collect()
    };
    let path = std::iter::once(first.clone()).chain(rest.clone()).collect::<Vec<_>>().join(".");
    if path.len() <= LONGEST { path } else { format!("{first}.{}", segment(rest.join("::"))) }
}

/// The name of a type.
pub fn type_name<T: ?Sized>() -> &'static str {
    std::any::type_name::<T>()
}

/// The name of the type of something.
pub fn type_name_of<T: ?Sized>(_: &T) -> &'static str {
    type_name::<T>()
}

/// The generic arguments in the name of a type, which its methods share a region with.
pub fn generics_of<T: ?Sized>() -> &'static str {
    let name = type_name::<T>();
    name.get(without_generics(name).len()..).unwrap_or_default()
}

fn without_generics(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}

fn known() -> &'static Mutex<HashMap<String, Location>> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Location>>> = OnceLock::new();
    KNOWN.get_or_init(Mutex::default)
}

/// How many segments beneath the crate's name are kept apart.
const DEEPEST: usize = 10;

/// How many bytes of path leave room for what hangs beneath it.
const LONGEST: usize = 300;
