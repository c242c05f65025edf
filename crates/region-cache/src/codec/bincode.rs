use std::io;

use bincode::config::{Configuration, standard};
use bincode::error::DecodeError;
use bincode::serde::seed_decode_from_slice;
use serde::de::DeserializeSeed;
use serde::ser::Serialize;

use super::{Codec, Decode, Encode};
use crate::error::BoxError;

/// bincode 2: the smallest and fastest, for types that never change.
///
/// Its bytes do not tell what they hold. It cannot decode what `skip_serializing_if`, `untagged`,
/// `flatten` and internally tagged enums encode (such a type is refused at its first use, unless its
/// first value happens to skip nothing; what cannot be decoded later is a counted miss), and it
/// reads a struct whose fields were reordered as garbage: give such regions a
/// [`schema`](crate::RegionOptions::schema) and change it with the type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bincode;

impl Bincode {
    pub(super) const ID: u8 = 2;

    pub(super) fn write(
        value: &(impl Serialize + ?Sized),
        mut into: impl io::Write,
    ) -> Result<(), BoxError> {
        bincode::serde::encode_into_std_write(value, &mut into, CONFIG)?;
        Ok(())
    }

    pub(super) fn read<'de, S: DeserializeSeed<'de>>(
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, BoxError> {
        let (value, consumed) = limited(seed, bytes)?;
        if consumed == bytes.len() {
            Ok(value)
        } else {
            Err(format!("{} bytes are left over after the value", bytes.len() - consumed).into())
        }
    }
}

impl Codec for Bincode {
    fn id(&self) -> u8 {
        Self::ID
    }

    fn name(&self) -> &'static str {
        "bincode"
    }

    fn encode(&self, value: Encode<'_>, into: &mut dyn io::Write) -> Result<(), BoxError> {
        Self::write(&value, into)
    }

    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
        Self::read(bytes, into)
    }
}

/// Decodes with a limit to what the bytes may claim to need. Read as another type, a small number may
/// claim any size; bincode claims up to sixteen bytes for each byte of a varint.
fn limited<'de, S: DeserializeSeed<'de>>(
    seed: S,
    bytes: &'de [u8],
) -> Result<(S::Value, usize), DecodeError> {
    match bytes.len() {
        0..=0xfff => seed_decode_from_slice(seed, bytes, CONFIG.with_limit::<0x1_0000>()),
        0x1000..=0xffff => seed_decode_from_slice(seed, bytes, CONFIG.with_limit::<0x10_0000>()),
        0x1_0000..=0xf_ffff => {
            seed_decode_from_slice(seed, bytes, CONFIG.with_limit::<0x100_0000>())
        }
        _ => seed_decode_from_slice(seed, bytes, CONFIG.with_limit::<0x10_0000_0000>()),
    }
}

const CONFIG: Configuration = standard();
