//! Headers as pairs of name and bytes: repeated ones are kept, and values need not be text.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{SerializeSeq, Serializer};

pub(super) fn serialize<S: Serializer>(headers: &HeaderMap, to: S) -> Result<S::Ok, S::Error> {
    // Some codecs want to know the length beforehand, and an iterator over headers does not.
    let mut pairs = to.serialize_seq(Some(headers.len()))?;
    for (name, value) in headers {
        pairs.serialize_element(&(name.as_str(), ByteSlice(value.as_bytes())))?;
    }
    pairs.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<HeaderMap, D::Error> {
    let pairs = Vec::<(String, Bytes)>::deserialize(from)?;
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(D::Error::custom)?;
        let value = HeaderValue::from_maybe_shared(value).map_err(D::Error::custom)?;
        headers.try_append(name, value).map_err(D::Error::custom)?;
    }
    Ok(headers)
}

/// Bytes, and not a list of numbers.
struct ByteSlice<'a>(&'a [u8]);

impl serde::Serialize for ByteSlice<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}
