//! Values in and out of envelopes.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::integer::{self, Integer, as_integer};
use super::{Draft, Envelope, Head, Unreadable};
use crate::codec::Format;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::options::Settings;

/// What a region can give back: any owned type that serde can write and read.
///
/// Nothing needs to implement it. Where clones are dear, wrap the value in an `Arc`.
pub trait Value: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Value for T {}

/// What a region can take: every [`Value`], and also `str` and `[T]`, so that `set("k", "text")`
/// works. Nothing needs to implement it.
pub trait Storable: Serialize + Send + Sync {
    /// What the value is read back as.
    type Owned: Value;
}

impl<T: Value> Storable for T {
    type Owned = T;
}

impl Storable for str {
    type Owned = String;
}

impl<T: Value> Storable for [T] {
    type Owned = Vec<T>;
}

/// What is stored with a value beside its form.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// What computing it cost; zero where that is not known.
    pub(crate) cost: Duration,
    /// The time to live that it is stored with.
    pub(crate) ttl: Option<Duration>,
    /// By which its source recognises its version.
    pub(crate) tag: Option<String>,
}

/// Puts a value into an envelope.
///
/// # Errors
///
/// `Encode` where the codec refuses the value, `TooLarge` where it is longer than the settings allow.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    settings: &Settings,
    about: &About,
) -> Result<Draft> {
    let codec = &settings.codec;
    let tag = about.tag.as_deref().map(check_tag).transpose()?;
    // A codec of one's own may be there to hide what is stored, so it is not passed by. Nor is there
    // room for a tag behind what a server adds to.
    if tag.is_none()
        && !matches!(codec, Format::Own(_))
        && let Some(integer) = as_integer(value, codec.is_human_readable())
    {
        return Ok(Draft::sum(integer, about.head(settings)));
    }
    let limit = settings.max_value_bytes;
    let mut writer = Bounded { bytes: Draft::begin(), length: 0, limit };
    codec.encode(value, &mut writer).map_err(|cause| refused::<T>(codec, cause))?;
    let Bounded { bytes, length, .. } = writer;
    let Some(fitting) = u32::try_from(length).ok().filter(|_| length <= limit) else {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "the value is {length} bytes long when encoded; at most {limit} are allowed \
                 (`max_value_bytes`)"
            ),
        ));
    };
    let (mut bytes, is_compressed) = match compressed(&bytes, length, settings.compress_above) {
        Some(smaller) => (smaller, true),
        None => (bytes, false),
    };
    if let Some((tag, length)) = tag {
        bytes.extend_from_slice(tag.as_bytes());
        bytes.push(length);
    }
    let is_tagged = tag.is_some();
    let head = Head { is_compressed, is_tagged, length: fitting, ..about.head(settings) };
    Ok(Draft::finish(bytes, head))
}

/// An integer that starts at `number`, in an envelope.
pub(crate) fn counter(number: i64, settings: &Settings) -> Draft {
    Draft::sum(number, About::default().head(settings))
}

/// Whether a value is `None`, a negative result.
pub(crate) fn is_none<T: Serialize + ?Sized>(value: &T, settings: &Settings) -> bool {
    integer::is_none(value, settings.codec.is_human_readable())
}

impl About {
    fn head(&self, settings: &Settings) -> Head {
        Head {
            codec: settings.codec.id(),
            schema: settings.schema,
            cost_micros: u64::try_from(self.cost.as_micros()).unwrap_or(u64::MAX),
            ttl_millis: self
                .ttl
                .map_or(0, |ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            ..Head::default()
        }
    }
}

/// The tag and its length in a byte.
fn check_tag(tag: &str) -> Result<(&str, u8)> {
    u8::try_from(tag.len()).map(|length| (tag, length)).map_err(|_| {
        let length = tag.len();
        let message = format!("the version tag is {length} bytes long; at most 255 are kept");
        Error::new(ErrorKind::TooLarge, message)
    })
}

/// Takes a value out of its envelope. `known` are the codecs of the user's own.
pub(crate) fn decode<T: DeserializeOwned>(
    envelope: &Envelope,
    settings: &Settings,
    known: &[Format],
) -> Result<T, Unreadable> {
    let codec = readable(envelope, settings, known)?;
    if let Some(value) = envelope.integer() {
        let is_human_readable = codec.is_human_readable();
        return T::deserialize(Integer { value, is_human_readable })
            .map_err(|_| Unreadable::Payload);
    }
    let payload = payload(envelope)?;
    codec.decode(&payload).map_err(|_| Unreadable::Payload)
}

/// Checks everything about an envelope that can be checked without knowing its type.
pub(crate) fn readable(
    envelope: &Envelope,
    settings: &Settings,
    known: &[Format],
) -> Result<Format, Unreadable> {
    let head = envelope.head();
    if head.schema != settings.schema {
        return Err(Unreadable::Schema);
    }
    // The declared length is refused before anything is allocated for it.
    if usize::try_from(head.length).map_or(true, |length| length > settings.max_value_bytes) {
        return Err(Unreadable::TooLarge);
    }
    envelope.check()?;
    let own = std::iter::once(&settings.codec).chain(known);
    Format::built_in(head.codec)
        .or_else(|| own.into_iter().find(|codec| codec.id() == head.codec).cloned())
        .ok_or(Unreadable::Codec)
}

/// The integer in an envelope. A built-in codec stores every integer as such, so what else decodes as
/// one is something else; only a codec of the user's own keeps them to itself.
pub(crate) fn integer(envelope: &Envelope, settings: &Settings, known: &[Format]) -> Option<i64> {
    match readable(envelope, settings, known).ok()? {
        Format::Own(_) => decode(envelope, settings, known).ok(),
        _ => envelope.integer(),
    }
}

/// The error of a codec that cannot encode, or cannot decode what it encoded, a value of type `T`.
pub(crate) fn refused<T: ?Sized>(codec: &Format, cause: BoxError) -> Error {
    Error::new(
        ErrorKind::Encode,
        format!(
            "codec `{}` cannot store a value of type `{}`: {cause}",
            codec.name(),
            std::any::type_name::<T>(),
        ),
    )
    .because(cause)
}

/// The payload before compression. Its real length is held against the declared one.
fn payload(envelope: &Envelope) -> Result<Cow<'_, [u8]>, Unreadable> {
    let head = envelope.head();
    let stored = envelope.payload();
    let length = usize::try_from(head.length).map_err(|_| Unreadable::TooLarge)?;
    let payload = if head.is_compressed {
        let mut plain = vec![0; length];
        let written = lz4_flex::block::decompress_into(stored, &mut plain);
        if written.ok() != Some(length) {
            return Err(Unreadable::Compression);
        }
        Cow::Owned(plain)
    } else {
        Cow::Borrowed(stored)
    };
    if payload.len() == length { Ok(payload) } else { Err(Unreadable::Compression) }
}

/// The draft with its payload compressed, where that is asked for and pays.
fn compressed(bytes: &[u8], length: usize, above: usize) -> Option<Vec<u8>> {
    if length <= above {
        return None;
    }
    let payload = bytes.get(bytes.len().checked_sub(length)?..)?;
    let mut smaller = Draft::begin();
    smaller.extend_from_slice(&lz4_flex::block::compress(payload));
    (smaller.len() < bytes.len()).then_some(smaller)
}

/// Keeps what fits and counts what does not, so that the error can name the size without the
/// memory being spent.
struct Bounded {
    bytes: Vec<u8>,
    length: usize,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.length = self.length.saturating_add(part.len());
        if self.length <= self.limit {
            self.bytes.extend_from_slice(part);
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
