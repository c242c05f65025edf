use std::io;

use serde::de::{Deserialize, DeserializeSeed, IgnoredAny};
use serde::ser::Serialize;

use super::{Codec, Decode, Encode};
use crate::error::BoxError;

/// MessagePack with field names: the default.
///
/// Compact, self-describing, and the only compact format that survives every serde attribute and
/// fields that are added, dropped or reordered.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl MessagePack {
    pub(super) const ID: u8 = 1;

    pub(super) fn write(
        value: &(impl Serialize + ?Sized),
        mut into: impl io::Write,
    ) -> Result<(), BoxError> {
        Ok(rmp_serde::encode::write_named(&mut into, value)?)
    }

    pub(super) fn read<'de, S: DeserializeSeed<'de>>(
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, BoxError> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        let value = seed.deserialize(&mut deserializer)?;
        match IgnoredAny::deserialize(&mut deserializer) {
            Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
            Ok(_) | Err(_) => Err("bytes are left over after the value".into()),
        }
    }
}

impl Codec for MessagePack {
    fn id(&self) -> u8 {
        Self::ID
    }

    fn name(&self) -> &'static str {
        "MessagePack"
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
