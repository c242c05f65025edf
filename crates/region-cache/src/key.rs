//! The key of an entry within its region.

mod convert;
mod digest;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use smallvec::SmallVec;

use crate::error::{Error, ErrorKind, Result};

/// The key of an entry within its region: up to 4 KiB of any bytes, and empty is allowed.
///
/// Made from text, bytes, integers and UUIDs wherever a method asks for `impl Into<Key>`. Integers
/// stand for their decimal digits and UUIDs for their hyphenated text, so `7`, `7u64` and `"7"` are
/// one key. Making a key never fails; one that is too long gives
/// [`InvalidName`](ErrorKind::InvalidName) at its first use, before anything is sent.
///
/// ```
/// use region_cache::Key;
///
/// assert_eq!(Key::from(7), Key::from("7"));
/// assert_eq!(Key::from(b"\xff\x00").as_bytes(), [0xff, 0x00]);
/// ```
#[derive(Clone)]
pub struct Key(Repr);

#[derive(Clone)]
enum Repr {
    Bytes(Bytes),
    /// What went wrong while the key was made, for its first use.
    Bad(Error),
}

/// Most keys are short: they live in the key itself.
type Bytes = SmallVec<[u8; 32]>;

impl Key {
    /// A key that stands for any arguments: 32 hexadecimal digits of their BLAKE3 digest.
    ///
    /// Equal arguments give equal keys on every machine: maps and the fields of structs are sorted by
    /// name first. A set has no order that could be sorted, so use a `BTreeSet`. What cannot be
    /// serialized gives [`Encode`](ErrorKind::Encode) at the key's first use.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use region_cache::Key;
    ///
    /// let query = HashMap::from([("page", 2), ("size", 50)]);
    /// assert_eq!(Key::of(&("search", &query)), Key::of(&("search", &query)));
    /// assert_ne!(Key::of(&("search", &query)), Key::of(&("browse", &query)));
    /// ```
    pub fn of(arguments: &(impl Serialize + ?Sized)) -> Self {
        match digest::digest(arguments) {
            Ok(digits) => Self::from_bytes(digits.as_bytes()),
            Err(error) => Self(Repr::Bad(error)),
        }
    }

    /// The key's bytes; none for a key that could not be made.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Bytes(bytes) => bytes,
            Repr::Bad(_) => &[],
        }
    }

    /// The key as text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// Fails for a key that could not be made or is too long.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0 {
            Repr::Bad(error) => Err(error.clone()),
            Repr::Bytes(bytes) if bytes.len() > MAX_KEY_BYTES => Err(Error::new(
                ErrorKind::InvalidName,
                format!(
                    "a key is {} bytes long; at most {MAX_KEY_BYTES} are allowed, and `Key::of` makes \
                     a short one of anything",
                    bytes.len(),
                ),
            )),
            Repr::Bytes(_) => Ok(()),
        }
    }

    fn is_good(&self) -> bool {
        matches!(self.0, Repr::Bytes(_))
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self(Repr::Bytes(Bytes::from_slice(bytes)))
    }
}

impl fmt::Display for Key {
    /// Text as it is, other bytes escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Some(text) => write!(f, "{}", text.escape_debug()),
            None => write!(f, "{}", self.as_bytes().escape_ascii()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.is_good() == other.is_good() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 4096;

#[cfg(test)]
mod tests;
