//! Which function is which: the region of a function that names none.

use std::collections::HashMap;
use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::name::segment;

/// File, line and column.
type Location = (&'static str, u32, u32);

/// The path of a function's own region: its crate first, then its modules, its type and its name. Fails
/// where two functions would have the same, which those of one name in two blocks of one function would.
pub fn identity(of: &str, then: &[&str], location: Location) -> Result<String> {
    let base = if then.is_empty() { of } else { without_generics(of) };
    let path = own_path(base.split("::").chain(then.iter().copied()).collect());
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
fn own_path(names: Vec<&str>) -> String {
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

/// The generic arguments in the name of a type, which its methods share a region with.
pub fn generics_of<T: ?Sized>() -> String {
    let name = type_name::<T>();
    name.get(without_generics(name).len()..).unwrap_or_default().to_owned()
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
