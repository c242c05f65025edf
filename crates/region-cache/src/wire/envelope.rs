//! The envelope: what surrounds a value in storage.
//!
//! | offset | bytes | meaning |
//! |---|---|---|
//! | 0 | 1 | format version: 1 |
//! | 1 | 1 | flags: bit 0 = the payload is an integer in decimal text; bit 1 = a version tag follows it |
//! | 2 | 16 | stamp: the id of the fence of the value's region |
//! | 18 | 8 | expiry in milliseconds since the epoch by the storage's clock; 0 = never |
//! | 26 | 1 | codec |
//! | 27 | 1 | compression: 0 = none, 1 = lz4 block |
//! | 28 | 8 | schema; 0 = none |
//! | 36 | 2 | what computing the value cost, in microseconds, as a [small float](super::small); 0 = unknown |
//! | 38 | 2 | time to live that it was stored with, in milliseconds, likewise; 0 = unknown or none |
//! | 40 | 4 | length of the payload before compression |
//! | 44 | 8 | checksum: xxh3 over bytes 0, 1, 26 to 43 and all from 52 on; 0 for an integer |
//! | 52 | | payload |
//! | | | version tag, up to 255 bytes, and a byte that is its length |
//!
//! Numbers are big-endian. Stamp and expiry stand at fixed places and outside the checksum, so that a
//! server's script can compare and change them. An integer has no checksum, because a server adds to
//! it; its length and its one way of being written stand in for that. Who adds writes the length too.

use bytes::Bytes;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Id, small};
use crate::codec::Format;
use crate::time::Timestamp;

/// A stored value with everything around it, whose fixed places can be trusted to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope(Bytes);

/// An envelope before it is stored: without stamp and expiry, which only the storage knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft(Vec<u8>);

/// What an envelope says about its payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// Whether the payload is an integer in decimal text.
    pub is_integer: bool,
    /// The number of the codec.
    pub codec: u8,
    /// Whether the payload is compressed with lz4.
    pub is_compressed: bool,
    /// The schema; zero for none.
    pub schema: u64,
    /// Whether a version tag follows the payload.
    pub is_tagged: bool,
    /// What computing the value cost, in microseconds, to a two-thousandth; zero where that is not
    /// known.
    pub cost_micros: u64,
    /// The time to live that the value was stored with, in milliseconds, to a two-thousandth; zero
    /// where it is not known, or has no end.
    pub ttl_millis: u64,
    /// Length of the payload before compression.
    pub length: u32,
}

/// Why an envelope counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// A flag or a compression that this version does not know.
    Unknown,
    Compression,
    Checksum,
    Codec,
    Schema,
    TooLarge,
    Payload,
}

impl Envelope {
    /// Takes bytes for an envelope: `None` for another version, or where the head is not whole.
    pub fn parse(bytes: Bytes) -> Option<Self> {
        (bytes.first() == Some(&VERSION) && bytes.len() >= HEAD).then_some(Self(bytes))
    }

    /// The whole.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The whole, given away.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The id of the fence that the value was stored under.
    pub fn stamp(&self) -> Id {
        Id::from_bytes(array(&self.0, STAMP))
    }

    /// When the value expires by the storage's clock, or `None` for never.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match u64::from_be_bytes(array(&self.0, EXPIRY)) {
            0 => None,
            millis => Some(Timestamp::from_millis(millis)),
        }
    }

    /// The same value with another expiry.
    #[must_use]
    pub fn expiring_at(&self, expiry: Timestamp) -> Self {
        let mut bytes = self.0.to_vec();
        put(&mut bytes, EXPIRY, &expiry.as_millis().max(1).to_be_bytes());
        Self(bytes.into())
    }

    /// What the envelope says about its payload.
    pub fn head(&self) -> Head {
        Head::read(&self.0)
    }

    /// The payload as it is stored.
    pub fn payload(&self) -> &[u8] {
        self.parts().0
    }

    /// The version tag that the value was stored with.
    pub fn tag(&self) -> Option<&str> {
        std::str::from_utf8(self.parts().1?).ok()
    }

    /// The payload and the tag behind it.
    fn parts(&self) -> (&[u8], Option<&[u8]>) {
        let all = self.0.get(HEAD..).unwrap_or_default();
        if !self.head().is_tagged {
            return (all, None);
        }
        let parts = all.split_last().and_then(|(length, rest)| {
            let payload = rest.len().checked_sub(usize::from(*length))?;
            rest.split_at_checked(payload)
        });
        parts.map_or((all, None), |(payload, tag)| (payload, Some(tag)))
    }

    /// Checks that flags and compression are known, and the checksum, or for an integer that its
    /// payload is one.
    pub(crate) fn check(&self) -> Result<(), Unreadable> {
        let ([flags], [compression]) = (array(&self.0, FLAGS), array(&self.0, COMPRESSION));
        if flags & !(INTEGER | TAGGED) != 0 || compression > LZ4 {
            return Err(Unreadable::Unknown);
        }
        let sound = if self.head().is_integer {
            self.integer().is_some()
        } else {
            array(&self.0, CHECKSUM) == checksum(&self.0).to_be_bytes()
        };
        if sound { Ok(()) } else { Err(Unreadable::Checksum) }
    }

    /// The value of an integer; `None` for any other payload, and for one that was cut or changed:
    /// there is no checksum, so its text must be just as long as it was, and as it is written.
    pub fn integer(&self) -> Option<i64> {
        let head = self.head();
        if !head.is_integer
            || head.is_tagged
            || u32::try_from(self.payload().len()) != Ok(head.length)
        {
            return None;
        }
        let text = std::str::from_utf8(self.payload()).ok()?;
        text.parse().ok().filter(|number: &i64| number.to_string() == text)
    }
}

impl Head {
    /// Whether who can read the one can read the other, as far as schema and codec go: the built-in codecs
    /// can be read by everyone, and one of a user's own only by who has it.
    ///
    /// ```
    /// use region_cache::backend::Draft;
    ///
    /// let [message_pack, json, own] = [1, 3, 200].map(|codec| Draft::integer(7, codec, 0).head());
    /// assert!(message_pack.is_like(&json));
    /// assert!(!message_pack.is_like(&own));
    /// assert!(!message_pack.is_like(&Draft::integer(7, 1, 42).head()));
    /// ```
    pub fn is_like(&self, other: &Self) -> bool {
        let are_built_in = [self, other].map(|head| Format::built_in(head.codec).is_some());
        self.schema == other.schema && (self.codec == other.codec || are_built_in == [true; 2])
    }
}

impl Draft {
    /// An empty draft, to which the payload is to be appended before [`finish`](Self::finish).
    pub(super) fn begin() -> Vec<u8> {
        vec![0; HEAD]
    }

    /// Completes what [`begin`](Self::begin) began.
    pub(super) fn finish(mut bytes: Vec<u8>, head: Head) -> Self {
        head.write(&mut bytes);
        if !head.is_integer {
            let checksum = checksum(&bytes);
            put(&mut bytes, CHECKSUM, &checksum.to_be_bytes());
        }
        Self(bytes)
    }

    /// An integer in decimal text, which a server can add to.
    pub fn integer(number: i64, codec: u8, schema: u64) -> Self {
        Self::sum(number, Head { codec, schema, ..Head::default() })
    }

    /// The same with what else a head says.
    pub(crate) fn sum(number: i64, head: Head) -> Self {
        let mut bytes = Self::begin();
        bytes.extend_from_slice(number.to_string().as_bytes());
        let length = u32::try_from(bytes.len() - HEAD).unwrap_or_default();
        let head =
            Head { is_integer: true, is_compressed: false, is_tagged: false, length, ..head };
        Self::finish(bytes, head)
    }

    /// Stamps the value and sets its expiry: now it can be stored.
    #[must_use]
    pub fn seal(mut self, stamp: Id, expiry: Option<Timestamp>) -> Envelope {
        let millis = expiry.map_or(0, |expiry| expiry.as_millis().max(1));
        put(&mut self.0, STAMP, stamp.as_bytes());
        put(&mut self.0, EXPIRY, &millis.to_be_bytes());
        // What the encoder left over would be kept as long as the value.
        Envelope(self.0.into_boxed_slice().into())
    }

    /// The draft as an envelope that is nobody's yet: for those who read their own writes.
    pub(crate) fn unsealed(&self) -> Envelope {
        Envelope(self.0.clone().into())
    }

    /// What the draft says about its payload.
    pub fn head(&self) -> Head {
        Head::read(&self.0)
    }

    /// Length of the whole, which is what storing it will take.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Self {
        let [flags] = array(bytes, FLAGS);
        let [codec] = array(bytes, CODEC);
        let [compression] = array(bytes, COMPRESSION);
        Self {
            is_integer: flags & INTEGER != 0,
            is_tagged: flags & TAGGED != 0,
            codec,
            is_compressed: compression == LZ4,
            schema: u64::from_be_bytes(array(bytes, SCHEMA)),
            cost_micros: small::unpack(u16::from_be_bytes(array(bytes, COST))),
            ttl_millis: small::unpack(u16::from_be_bytes(array(bytes, TTL))),
            length: u32::from_be_bytes(array(bytes, LENGTH)),
        }
    }

    fn write(self, bytes: &mut [u8]) {
        let integer = if self.is_integer { INTEGER } else { 0 };
        let tagged = if self.is_tagged { TAGGED } else { 0 };
        put(bytes, 0, &[VERSION, integer | tagged]);
        put(bytes, CODEC, &[self.codec, if self.is_compressed { LZ4 } else { 0 }]);
        put(bytes, SCHEMA, &self.schema.to_be_bytes());
        put(bytes, COST, &small::pack(self.cost_micros).to_be_bytes());
        put(bytes, TTL, &small::pack(self.ttl_millis).to_be_bytes());
        put(bytes, LENGTH, &self.length.to_be_bytes());
    }
}

/// Over everything but stamp, expiry and the checksum itself.
fn checksum(bytes: &[u8]) -> u64 {
    let mut head = [0; 2 + CHECKSUM - CODEC];
    put(&mut head, 0, bytes.get(..STAMP).unwrap_or_default());
    put(&mut head, STAMP, bytes.get(CODEC..CHECKSUM).unwrap_or_default());
    xxh3_64_with_seed(bytes.get(HEAD..).unwrap_or_default(), xxh3_64(&head))
}

/// The `N` bytes at `at`; zeros where there are fewer.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// Writes `part` at `at`, where there is room for it.
fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + part.len()) {
        place.copy_from_slice(part);
    }
}

const VERSION: u8 = 1;
const INTEGER: u8 = 1;
const TAGGED: u8 = 2;
const LZ4: u8 = 1;

const FLAGS: usize = 1;
const STAMP: usize = 2;
const EXPIRY: usize = 18;
const CODEC: usize = 26;
const COMPRESSION: usize = 27;
const SCHEMA: usize = 28;
const COST: usize = 36;
const TTL: usize = 38;
const LENGTH: usize = 40;
const CHECKSUM: usize = 44;
const HEAD: usize = 52;

#[cfg(test)]
mod tests;
