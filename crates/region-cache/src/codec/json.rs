use std::io;

use serde::de::DeserializeSeed;
use serde::ser::Serialize;

use super::{Codec, Decode, Encode};
use crate::error::BoxError;

/// JSON: larger and slower, and readable with any tool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Json {
    pub(super) const ID: u8 = 3;

    pub(super) fn write(
        value: &(impl Serialize + ?Sized),
        into: impl io::Write,
    ) -> Result<(), BoxError> {
        Ok(serde_json::to_writer(into, value)?)
    }

    pub(super) fn read<'de, S: DeserializeSeed<'de>>(
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, BoxError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

impl Codec for Json {
    fn id(&self) -> u8 {
        Self::ID
    }

    fn name(&self) -> &'static str {
        "JSON"
    }

    fn is_self_describing(&self) -> bool {
        true
    }

    fn encode(&self, value: Encode<'_>, into: &mut dyn io::Write) -> Result<(), BoxError> {
        Self::write(&value, into)
    }

    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
        Self::read(bytes, into)
    }
}
