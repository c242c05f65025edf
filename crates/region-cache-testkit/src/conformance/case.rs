use std::fmt;
use std::panic::Location;

use region_cache::Error;

/// How a case ends: well, or with an error that it did not expect. What it expects, it asserts.
pub type Case = Result<(), Failure>;

/// An error that a case did not expect, and where `?` met it.
pub struct Failure {
    error: Error,
    at: &'static Location<'static>,
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Self {
        Self { error, at: Location::caller() }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {:?}", self.at, self.error)
    }
}

/// The cases in the source of a theme that are missing from its list, which would never run.
pub fn unlisted<'a>(source: &'a str, listed: &[&str]) -> Vec<&'a str> {
    let cases = source.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("pub async fn ")?.split_once('(')?;
        Some(name)
    });
    cases.filter(|name| !listed.contains(name)).collect()
}

#[cfg(test)]
mod tests;
