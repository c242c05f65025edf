//! Messages between processes: signals, as JSON that any language reads, and changes of the cache.
//!
//! A signal of our own is a JSON object whose first field, `region-cache`, is the version of the format.
//! Whatever else comes on a signal's channel is a foreign one, and all of it its payload. What comes from
//! outside can only ever cause misses.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Id;

/// A signal that one of us has emitted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// Of this emission.
    pub(crate) id: Id,
    pub(crate) signal: String,
    /// Which cache emitted it.
    pub(crate) by: Id,
    /// When, in milliseconds since the epoch, by that one's clock.
    pub(crate) at: u64,
    /// The signals that led to it, the first first.
    pub(crate) causes: Vec<String>,
    /// Whether it was a foreign program's, and `by` only saw to it.
    pub(crate) is_foreign: bool,
    pub(crate) payload: Bytes,
}

/// What came on a signal's channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Ours(Message),
    /// One of ours, of a version that is not known here, or one that pretends to be.
    Unknown,
    /// Anybody's.
    Foreign,
}

/// An invalidation that one of us has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fallen {
    pub(crate) by: Id,
    pub(crate) path: String,
}

#[derive(Serialize, Deserialize)]
struct Text {
    #[serde(rename = "region-cache")]
    version: u32,
    id: String,
    signal: String,
    by: String,
    at: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    foreign: bool,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    payload: Value,
    /// A payload that is no JSON, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl Message {
    pub(crate) fn encode(&self) -> String {
        let payload = match serde_json::from_slice(&self.payload) {
            _ if self.payload.is_empty() => Some(Value::Null),
            Ok(Value::Null) | Err(_) => None,
            Ok(value) => Some(value),
        };
        let text = Text {
            version: VERSION,
            id: self.id.to_string(),
            signal: self.signal.clone(),
            by: self.by.to_string(),
            at: self.at,
            causes: self.causes.clone(),
            foreign: self.is_foreign,
            bytes: payload.is_none().then(|| hex(&self.payload)),
            payload: payload.unwrap_or_default(),
        };
        // Strings, numbers and JSON cannot fail to be written.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// What a message on a signal's channel is.
    pub(crate) fn decode(bytes: &[u8]) -> Heard {
        if !bytes.starts_with(SIGN) {
            return Heard::Foreign;
        }
        let text = serde_json::from_slice::<Text>(bytes).ok();
        text.and_then(Self::of).map_or(Heard::Unknown, Heard::Ours)
    }

    fn of(text: Text) -> Option<Self> {
        if text.version != VERSION || text.causes.len() > MOST_CAUSES {
            return None;
        }
        let payload = match text.bytes {
            Some(bytes) => unhex(&bytes)?.into(),
            None if text.payload.is_null() => Bytes::new(),
            None => serde_json::to_vec(&text.payload).ok()?.into(),
        };
        Some(Self {
            id: Id::parse(&text.id)?,
            signal: text.signal,
            by: Id::parse(&text.by)?,
            at: text.at,
            causes: text.causes,
            is_foreign: text.foreign,
            payload,
        })
    }
}

impl Fallen {
    /// An announcement of an invalidation; nothing for any other change, and what is none.
    ///
    /// It is a MessagePack array: the version 1, who, a number, two ids of fences, `i` for an
    /// invalidation, the path, and more.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        type Announced =
            (u32, String, u64, String, String, String, String, Vec<serde::de::IgnoredAny>);
        let (version, who, _, _, _, kind, path, _): Announced =
            rmp_serde::from_slice(bytes).ok()?;
        let by = Id::parse(&who)?;
        (version == VERSION && kind == "i").then_some(Self { by, path })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let nothing: [&str; 0] = [];
        let announced = (VERSION, self.by.to_string(), 0, "", "", "i", &self.path, nothing);
        // Numbers and strings cannot fail to be written.
        rmp_serde::to_vec(&announced).unwrap_or_default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| {
        let &[high, low] = pair else { return None };
        u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()
    };
    digits.chunks(2).map(byte).collect()
}

const VERSION: u32 = 1;

/// What our own signals begin with.
const SIGN: &[u8] = b"{\"region-cache\":";

/// More led to nothing that was ours.
const MOST_CAUSES: usize = 64;

#[cfg(test)]
mod tests;
