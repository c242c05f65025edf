//! The grammar of names: namespaces, region paths, and [`segment`], which makes anything a segment.

mod address;
mod segment;

pub use address::Address;
pub(crate) use address::Namespace;
pub use segment::{segment, unsegment};

use crate::error::{Error, ErrorKind, Result};

/// Checks a region path: `segment(.segment)*`.
fn check_path(path: &str) -> Result<()> {
    check_name("region path", path)
}

/// Checks a name that follows the grammar of region paths; `what` it is, for the message.
pub(crate) fn check_name(what: &str, path: &str) -> Result<()> {
    if path.len() > MAX_PATH_BYTES {
        return Err(invalid(format!(
            "{what} `{}…` is {} bytes long; at most {MAX_PATH_BYTES} are allowed",
            prefix(path, 40).escape_debug(),
            path.len(),
        )));
    }
    let mut segments = 0;
    for segment in path.split('.') {
        check_segment(what, segment, path)?;
        segments += 1;
    }
    if segments > MAX_SEGMENTS {
        return Err(invalid(format!(
            "{what} `{path}` has {segments} segments; at most {MAX_SEGMENTS} are allowed"
        )));
    }
    Ok(())
}

/// Checks one segment; `path` is where it stands, for the message.
fn check_segment(what: &str, segment: &str, path: &str) -> Result<()> {
    let shown = prefix(segment, 40).escape_debug();
    let place = path.escape_debug();
    if segment.is_empty() {
        return Err(invalid(format!(
            "{what} `{place}` has an empty segment; write names joined by single dots, such as \
             `shop.catalog`"
        )));
    }
    if segment.len() > MAX_SEGMENT_BYTES {
        return Err(invalid(format!(
            "segment `{shown}…` of a {what} is {} bytes long; at most {MAX_SEGMENT_BYTES} are \
             allowed, and `segment()` shortens anything to that",
            segment.len(),
        )));
    }
    match segment.chars().find(|&c| is_forbidden(c)) {
        Some(bad) => Err(invalid(format!(
            "segment `{shown}` of {what} `{place}` contains {bad:?}; a segment has no `.`, `{{`, \
             `}}`, `:`, control characters or white space, and `segment()` escapes them"
        ))),
        None => Ok(()),
    }
}

/// What no segment may contain: what separates, what Redis reads as a hash tag, what cannot be seen.
fn is_forbidden(c: char) -> bool {
    matches!(c, '.' | '{' | '}' | ':') || c.is_control() || c.is_whitespace()
}

/// The longest prefix of at most `bytes` bytes that ends between two characters.
fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidName, message)
}

/// The longest segment, in bytes.
const MAX_SEGMENT_BYTES: usize = 128;

/// The most segments in a path.
const MAX_SEGMENTS: usize = 16;

/// The longest path, in bytes.
const MAX_PATH_BYTES: usize = 512;

#[cfg(test)]
mod tests;
