//! What a module may not do.

use super::paths::{Place, Reference, references};
use super::tokens::{Token, tokens};
use super::{
    ADAPTERS, FLOORS, MAY_NAME_ADAPTERS, MAY_READ_CLOCKS, MAY_SLEEP, MAY_SPAWN, PURE, REDIS,
};

/// What is wrong in one file of the library, a sentence each. `name` is the
/// file's name below the source folder.
pub(crate) fn violations(name: &str, text: &str) -> Vec<String> {
    let module = module(name);
    let here = module.first().map_or("lib", String::as_str);
    let Some(own) = Spot::of(here) else {
        return vec![format!("{name}: `{here}` has no floor: give it one in tests/floors.rs")];
    };
    let tokens = tokens(text);
    let mut found: Vec<(usize, String)> = Vec::new();
    if own.floor <= PURE {
        found.extend(tokens.iter().filter_map(asynchronous));
    }
    for reference in references(&tokens, &module) {
        let wrong = match reference.place {
            Place::Library => inside(&own, &reference),
            Place::Elsewhere => outside(&own, &reference),
        };
        found.extend(wrong.map(|wrong| (reference.line, wrong)));
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, wrong)| format!("{name}:{line}: `{here}` {wrong}")).collect()
}

/// The place of a top-level module in the house.
struct Spot<'a> {
    name: &'a str,
    floor: usize,
    place: usize,
}

impl<'a> Spot<'a> {
    fn of(name: &'a str) -> Option<Self> {
        FLOORS.iter().enumerate().find_map(|(floor, names)| {
            let place = names.iter().position(|known| *known == name)?;
            Some(Self { name, floor, place })
        })
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }
}

/// The module that a file is: `redis/layout.rs` is `redis`, `layout`.
fn module(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The pure floors do not wait for anything.
fn asynchronous(token: &Token) -> Option<(usize, String)> {
    let wrong = matches!(token.text.as_str(), "async" | "await");
    wrong.then(|| (token.line, format!("is on a floor without async, but has `{}`", token.text)))
}

/// A path within the library: only downward, and few know an adapter.
fn inside(own: &Spot<'_>, reference: &Reference) -> Option<String> {
    let first = reference.segments.first().map_or("*", String::as_str);
    if first == own.name || own.name == "lib" && Spot::of(first).is_none() {
        return None;
    }
    let Some(other) = Spot::of(first) else {
        return Some(format!(
            "names `crate::{first}`, which is no module with a floor: name the module that \
             defines it, or give it a floor in tests/floors.rs"
        ));
    };
    let adapters = other.floor == ADAPTERS;
    if adapters && own.floor == ADAPTERS {
        Some(format!("names `{first}`, but adapters do not know each other"))
    } else if other.floor > own.floor {
        Some(format!(
            "of floor {} names `{first}` of floor {}: an upward import",
            own.floor, other.floor
        ))
    } else if adapters && !own.is_one_of(&MAY_NAME_ADAPTERS) {
        Some(format!("names the adapter `{first}`, but only {} may", list(&MAY_NAME_ADAPTERS)))
    } else if other.floor == own.floor && other.place > own.place {
        Some(format!("names `{first}`, which comes after it on floor {}", own.floor))
    } else {
        None
    }
}

/// A path to another crate: some things have one owner.
fn outside(own: &Spot<'_>, reference: &Reference) -> Option<String> {
    let segments: Vec<&str> = reference.segments.iter().map(String::as_str).collect();
    let path = segments.join("::");
    let only = |names: &[&str], may: &str| {
        let wrong = !own.is_one_of(names);
        wrong.then(|| format!("has `{path}`, but only {} may {may}", list(names)))
    };
    match segments.as_slice() {
        [REDIS, ..] => only(&[REDIS], "name that crate"),
        [.., "Instant" | "SystemTime", "now"] => only(&MAY_READ_CLOCKS, "read a clock"),
        ["tokio" | "std", .., last] if SLEEPS.contains(last) => only(&MAY_SLEEP, "sleep"),
        ["tokio" | "std", .., last] if SPAWNS.contains(last) => only(&MAY_SPAWN, "start a task"),
        _ => None,
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

const SLEEPS: [&str; 4] = ["sleep", "sleep_until", "interval", "interval_at"];
const SPAWNS: [&str; 3] = ["spawn", "spawn_blocking", "spawn_local"];
