//! Codecs: how a value becomes bytes and bytes a value.

mod bincode;
mod format;
mod json;
mod message_pack;

use std::fmt;
use std::io;

use serde::de::{DeserializeSeed, Deserializer};
use serde::ser::{Serialize, Serializer};

pub use self::bincode::Bincode;
pub(crate) use self::format::Format;
pub use self::json::Json;
pub use self::message_pack::MessagePack;

use crate::error::BoxError;

/// How values become bytes: one of the built-in [`MessagePack`] (the default), [`Bincode`] and
/// [`Json`], or your own.
///
/// A stored value names its codec, so readers need no matching option, except that a codec of your
/// own must be known to them: by their region's options or by the builder's. What a codec cannot
/// decode is a miss, never an error: see [`Stats::undecodable`](crate::Stats::undecodable).
///
/// ```
/// use region_cache::BoxError;
/// use region_cache::codec::{Codec, Decode, Encode, Json};
///
/// /// JSON that casual readers of the server's memory do not recognise.
/// #[derive(Debug)]
/// struct Scrambled(u8);
///
/// impl Codec for Scrambled {
///     fn id(&self) -> u8 {
///         128
///     }
///     fn name(&self) -> &'static str {
///         "scrambled JSON"
///     }
///     fn is_self_describing(&self) -> bool {
///         true
///     }
///     fn encode(&self, value: Encode<'_>, into: &mut dyn std::io::Write) -> Result<(), BoxError> {
///         let mut plain = Vec::new();
///         Json.encode(value, &mut plain)?;
///         plain.iter_mut().for_each(|byte| *byte ^= self.0);
///         Ok(into.write_all(&plain)?)
///     }
///     fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
///         let plain: Vec<u8> = bytes.iter().map(|byte| byte ^ self.0).collect();
///         Json.decode(&plain, into)
///     }
/// }
///
/// # use region_cache::Cache;
/// # futures::executor::block_on(async {
/// let region = Cache::in_memory().region("shop").with(|options| options.codec(Scrambled(0x5a)));
/// region.set("name", "anvil").await?;
/// assert_eq!(region.get::<String>("name").await?.as_deref(), Some("anvil"));
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// The number that is stored with each value: from 128 up for a codec of your own.
    fn id(&self) -> u8;

    /// The name that messages use.
    fn name(&self) -> &'static str;

    /// Whether the bytes alone tell what they hold. Where they do not, the first value of each type
    /// is decoded once before it is stored, and refused when that fails.
    fn is_self_describing(&self) -> bool {
        false
    }

    /// Writes `value`, which is any [`Serialize`].
    ///
    /// # Errors
    ///
    /// Whatever makes the value impossible to encode. It becomes an
    /// [`Encode`](crate::ErrorKind::Encode) error.
    fn encode(&self, value: Encode<'_>, into: &mut dyn io::Write) -> Result<(), BoxError>;

    /// Reads one value: calls [`into.deserialize`](DeserializeSeed::deserialize) with a
    /// [`Deserializer`] over `bytes`, and sees to it that nothing is left over.
    ///
    /// # Errors
    ///
    /// Whatever makes the bytes unreadable. The read is then a miss.
    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError>;
}

/// A value on its way into a [`Codec`].
#[derive(Clone, Copy)]
pub struct Encode<'a>(&'a dyn erased_serde::Serialize);

/// The place that a [`Codec`] decodes into.
pub struct Decode<'a>(&'a mut Visit<'a>);

type Visit<'a> =
    dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error> + 'a;

impl<'a> Encode<'a> {
    /// Any value, for calling one codec from another.
    pub fn new(value: &'a impl Serialize) -> Self {
        Self(value)
    }
}

impl Serialize for Encode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0, serializer)
    }
}

impl<'de> DeserializeSeed<'de> for Decode<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        (self.0)(&mut <dyn erased_serde::Deserializer<'_>>::erase(deserializer))
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Encode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encode")
    }
}

impl fmt::Debug for Decode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decode")
    }
}

#[cfg(test)]
mod tests;
