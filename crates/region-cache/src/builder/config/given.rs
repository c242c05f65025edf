//! A setting as it was written, and where; and what it can be read as.

use std::fmt;
use std::time::Duration;

use ::config::ValueKind;

use super::near::nearest;
use crate::error::{Error, ErrorKind};
use crate::time::span;

/// A setting as it was written.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) name: String,
    pub(super) value: ValueKind,
    pub(super) place: Place,
}

/// Where settings were written.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) source: Source,
    /// For a region's, its path.
    pub(super) region: Option<String>,
}

#[derive(Clone)]
pub(super) enum Source {
    /// A file, as it was named.
    File(String),
    /// Variables, by what stands in front of each.
    Variables(String),
}

/// What is wrong with a value, and what would be right.
pub(super) type Wrong = String;

impl Given {
    /// The error for a value that makes no sense.
    pub(super) fn wrong(&self, wrong: impl fmt::Display) -> Error {
        let message = if self.name == URL {
            format!("{self}: {wrong}")
        } else if self.text().is_ok_and(|text| text.contains("://")) {
            // In the wrong place, but with its password all the same.
            format!("{self} is a URL, which only `{}` can be", self.place.spelt(URL))
        } else {
            format!("{self} is {}: {wrong}", shown(&self.value))
        };
        Error::new(ErrorKind::Config, message)
    }

    /// The error for a setting that is not known; `known` are those that could stand in its place.
    /// Its value is not shown: a misspelt name may hide a URL.
    pub(super) fn unknown(&self, known: &[&str]) -> Error {
        let spelt = |name: &str| format!("`{}`", self.place.spelt(name));
        let help = match nearest(&self.name, known) {
            Some(near) => format!("did you mean {}?", spelt(near)),
            None => {
                let all: Vec<_> = known.iter().map(|name| spelt(name)).collect();
                format!("use {}", all.join(", "))
            }
        };
        Error::new(ErrorKind::Config, format!("{self} is no setting; {help}"))
    }

    /// The error for a cache's own setting among those of a region.
    pub(super) fn misplaced(&self) -> Error {
        let right = "is a setting of the whole cache; write it outside of `regions`";
        Error::new(ErrorKind::Config, format!("{self} {right}"))
    }

    pub(super) fn span(&self) -> Result<Duration, Wrong> {
        match &self.value {
            ValueKind::String(text) => span::parse(text),
            ValueKind::I64(number) => span::parse(&number.to_string()),
            _ => span::parse(""),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Wrong> {
        match &self.value {
            ValueKind::Boolean(flag) => Ok(*flag),
            ValueKind::String(text) => match text.as_str() {
                "true" | "yes" | "on" | "1" => Ok(true),
                "false" | "no" | "off" | "0" => Ok(false),
                _ => Err("it is either `true` or `false`".to_owned()),
            },
            _ => Err("it is either `true` or `false`".to_owned()),
        }
    }

    pub(super) fn number(&self) -> Result<f64, Wrong> {
        match &self.value {
            ValueKind::Float(number) => Ok(*number),
            value => {
                value.to_string().parse().map_err(|_| "it is a number, such as `0.8`".to_owned())
            }
        }
    }

    /// A number of bytes.
    pub(super) fn size(&self) -> Result<u64, Wrong> {
        let text = match &self.value {
            ValueKind::String(text) => text.trim().to_owned(),
            ValueKind::I64(number) => number.to_string(),
            _ => return Err(SIZE.to_owned()),
        };
        let (digits, unit) =
            text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let times = UNITS.iter().find(|(name, _)| *name == unit.trim_start());
        let size = times.and_then(|(_, bytes)| digits.parse::<u64>().ok()?.checked_mul(*bytes));
        size.ok_or_else(|| SIZE.to_owned())
    }

    /// A number of bytes that this machine can count in memory.
    pub(super) fn length(&self) -> Result<usize, Wrong> {
        usize::try_from(self.size()?)
            .map_err(|_| "it is more than this machine can hold".to_owned())
    }

    pub(super) fn text(&self) -> Result<&str, Wrong> {
        match &self.value {
            ValueKind::String(text) => Ok(text),
            _ => Err("it must be text, in quotation marks".to_owned()),
        }
    }

    /// Whether it says that something shall not be.
    pub(super) fn is_never(&self) -> bool {
        matches!(&self.value, ValueKind::String(text) if text == "never")
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Wrong> {
        let word = self.text().unwrap_or_default();
        choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("it is one of {}", names.join(", "))
        })
    }
}

impl Place {
    /// The same place, for the settings of a region.
    pub(super) fn of_region(&self, path: &str) -> Self {
        let path =
            self.region.as_ref().map_or_else(|| path.to_owned(), |at| format!("{at}.{path}"));
        Self { source: self.source.clone(), region: Some(path) }
    }

    /// What holds the regions' settings here, for messages.
    pub(super) fn file(&self) -> String {
        match &self.source {
            Source::File(name) => format!("`{}`", name.escape_debug()),
            Source::Variables(prefix) => format!("`{prefix}REGIONS`"),
        }
    }

    /// How a setting is spelt here.
    fn spelt(&self, name: &str) -> String {
        match (&self.source, &self.region) {
            (Source::Variables(prefix), None) => format!("{prefix}{}", name.to_uppercase()),
            _ => name.to_owned(),
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { source, region } = &self.place;
        write!(f, "`{}`", self.place.spelt(&self.name).escape_debug())?;
        match (source, region) {
            (Source::Variables(_), None) => Ok(()),
            (Source::File(_), None) => write!(f, " in {}", self.place.file()),
            (_, Some(region)) => write!(f, " of region `{region}` in {}", self.place.file()),
        }
    }
}

/// A value for a message: short, and on one line.
fn shown(value: &ValueKind) -> String {
    let text = match value {
        ValueKind::Table(_) => return "a table".to_owned(),
        ValueKind::Array(_) => return "a list".to_owned(),
        value => value.to_string(),
    };
    let mut short: String = text.chars().take(LONGEST_SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{}`", short.escape_debug())
}

/// The setting that may hold a password.
pub(super) const URL: &str = "url";

const UNITS: [(&str, u64); 6] =
    [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

const SIZE: &str =
    "a size is a number of bytes, or one with `KiB`, `MiB`, `GiB` or `TiB`, such as `256MiB`";

const LONGEST_SHOWN: usize = 60;
