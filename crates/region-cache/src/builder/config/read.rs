//! Reading files and variables: what is set, before anybody asks whether it makes sense.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;

use ::config::{File, FileFormat, Map, Source as _, Value, ValueKind};

use super::given::{Given, Place, Source};
use crate::error::{Error, ErrorKind, Result};

/// What a TOML file sets, in the order of the names.
pub(super) fn file(path: &Path) -> Result<Vec<Given>> {
    let named = path.display();
    let text = std::fs::read_to_string(path).map_err(|cause| {
        let from = std::env::current_dir().ok().filter(|_| path.is_relative());
        let from =
            from.map(|from| format!(", looked for in `{}`", from.display())).unwrap_or_default();
        error(format!("the configuration file `{named}`{from} cannot be read: {cause}"))
            .because(cause)
    })?;
    let place = Place { source: Source::File(named.to_string()), region: None };
    let table = toml(&text).map_err(|wrong| error(format!("`{named}` is no TOML: {wrong}")))?;
    Ok(sorted(table, &place))
}

/// What the variables with a prefix set, in the order of their names.
pub(super) fn vars(
    prefix: &str,
    vars: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<Given>> {
    let prefix = prefix.strip_suffix('_').unwrap_or(prefix);
    if prefix.is_empty() {
        return Err(error(
            "the prefix of the variables is empty, and every variable would be a setting; use one \
             such as `SHOP_CACHE`",
        ));
    }
    let prefix = format!("{prefix}_");
    let place = Place { source: Source::Variables(prefix.clone()), region: None };
    let mut all = Vec::new();
    for (name, value) in vars {
        // One that is no text is none of ours.
        let Some(mut name) = name.to_str().map(str::to_owned) else { continue };
        if cfg!(windows) {
            // There, `Path` and `PATH` are one.
            name.make_ascii_uppercase();
        }
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        if value.is_empty() || NOT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let Some(value) = value.to_str() else {
            return Err(error(format!("`{name}` is not valid UTF-8")));
        };
        if rest.contains(char::is_lowercase) {
            let right = format!("{prefix}{}", rest.to_uppercase());
            return Err(error(format!(
                "`{name}` is no setting; variables are in capital letters: did you mean `{right}`?"
            )));
        }
        let setting = rest.to_lowercase();
        let value = if setting == REGIONS { regions(&name, value)? } else { value.into() };
        all.push(Given { name: setting, value, place: place.clone() });
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// The entries of a table, in the order of their names.
pub(super) fn sorted(table: Map<String, Value>, place: &Place) -> Vec<Given> {
    let given =
        |(name, value): (String, Value)| Given { name, value: value.kind, place: place.clone() };
    let mut all: Vec<Given> = table.into_iter().map(given).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The regions that a variable names: an inline table of TOML.
fn regions(name: &str, text: &str) -> Result<ValueKind> {
    let wrong = |wrong: &dyn Display| {
        error(format!(
            "`{name}` is no inline table of TOML, such as `{{\"shop.sessions\" = {{ttl = \"30m\"}}}}`: {wrong}"
        ))
    };
    let mut table = toml(&format!("{REGIONS} = {text}")).map_err(|error| wrong(&error))?;
    match table.remove(REGIONS) {
        Some(value) if table.is_empty() => Ok(value.kind),
        _ => Err(wrong(&"it goes on after its end")),
    }
}

/// Fails with the place and what is wrong there, without the line itself, which may hold a password.
fn toml(text: &str) -> Result<Map<String, Value>, String> {
    File::from_str(text, FileFormat::Toml).collect().map_err(|error| {
        let text = error.to_string();
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let place = lines.next().and_then(|line| line.strip_prefix("TOML parse error at "));
        match (place, lines.next_back()) {
            (Some(place), Some(what)) => format!("{place}: {what}"),
            _ => "a number is too large, or a text is not what it should be".to_owned(),
        }
    })
}

fn error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// The setting that holds the regions' own.
pub(super) const REGIONS: &str = "regions";

/// Variables with the usual prefix that are for the tests of programs that use the cache.
const NOT_SETTINGS: [&str; 2] = ["REGION_CACHE_REDIS_SERVER", "REGION_CACHE_PYTHON"];
