//! Any bytes as an envelope: the library and a second, plain reading of the format must agree.
//!
//! This is what the fuzz target `envelope` runs, and what its corpus is replayed with as a test.

use futures::executor::block_on;
use region_cache::Cache;
use region_cache::backend::Envelope;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::backends::Canned;

/// Reads the bytes in both ways.
///
/// # Panics
///
/// Where the two disagree, or the library panics.
pub fn check(bytes: &[u8]) {
    let envelope = Envelope::parse(bytes.to_vec().into());
    let plain = Plain::read(bytes);
    assert_eq!(envelope.is_some(), plain.is_some(), "whether it is an envelope at all");
    let (Some(envelope), Some(plain)) = (envelope, plain) else { return };
    assert_eq!(envelope.stamp().as_bytes(), &plain.stamp);
    assert_eq!(envelope.expires_at().map_or(0, region_cache::Timestamp::as_millis), plain.expiry);
    assert_eq!(envelope.payload(), plain.payload);
    assert_eq!(
        envelope.tag().unwrap_or_default(),
        std::str::from_utf8(plain.tag).unwrap_or_default()
    );

    block_on(async {
        let canned = Canned::new(Cache::in_memory().backend(), envelope);
        let cache = Cache::builder().backend(canned).build().await.expect("memory answers");
        let region = cache.region("any");
        let is_sound = region.contains("k").await.expect("memory answers");
        assert_eq!(is_sound, plain.is_sound(), "whether it is sound");
        let text = region.get::<String>("k").await.expect("memory answers");
        assert_eq!(text, plain.text(), "as text");
        let number = region.get::<i64>("k").await.expect("memory answers");
        if is_sound && plain.flags == 1 {
            assert_eq!(number, plain.number(), "as a number");
        }
        // Whatever these make of it, it is no panic.
        drop(region.get::<Vec<Option<(String, f64)>>>("k").await);
        drop(region.get::<std::collections::BTreeMap<String, u8>>("k").await);
    });
}

/// The format, read by the table in the library's `wire/envelope.rs` and nothing else.
struct Plain<'a> {
    flags: u8,
    stamp: [u8; 16],
    expiry: u64,
    codec: u8,
    compression: u8,
    schema: u64,
    length: usize,
    checksum: u64,
    head: Vec<u8>,
    payload: &'a [u8],
    tag: &'a [u8],
    /// Payload and tag, as the checksum covers them.
    sealed: &'a [u8],
}

impl<'a> Plain<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() < 52 || bytes[0] != 1 {
            return None;
        }
        let number = |at: usize, bytes: &[u8], many: usize| {
            bytes[at..at + many].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        };
        let (mut payload, mut tag) = (&bytes[52..], &[][..]);
        if bytes[1] & 2 != 0
            && let Some((length, rest)) = payload.split_last()
            && let Some(at) = rest.len().checked_sub(usize::from(*length))
        {
            (payload, tag) = rest.split_at(at);
        }
        Some(Self {
            flags: bytes[1],
            stamp: bytes[2..18].try_into().ok()?,
            expiry: number(18, bytes, 8),
            codec: bytes[26],
            compression: bytes[27],
            schema: number(28, bytes, 8),
            length: usize::try_from(number(40, bytes, 4)).ok()?,
            checksum: number(44, bytes, 8),
            head: [&bytes[..2], &bytes[26..44]].concat(),
            payload,
            tag,
            sealed: &bytes[52..],
        })
    }

    /// As far as can be told without its type, by a reader who asks for no schema.
    fn is_sound(&self) -> bool {
        let is_known = self.flags <= 3 && self.compression <= 1 && (1..=3).contains(&self.codec);
        let is_whole = match self.flags {
            1 => self.number().is_some(),
            3 => false,
            _ => xxh3_64_with_seed(self.sealed, xxh3_64(&self.head)) == self.checksum,
        };
        is_known && is_whole && self.schema == 0 && self.length <= 8 << 20
    }

    /// The integer, written as one writes it and as long as it says.
    fn number(&self) -> Option<i64> {
        let text = std::str::from_utf8(self.payload).ok()?;
        let number: i64 = text.parse().ok()?;
        (text.len() == self.length && number.to_string() == text).then_some(number)
    }

    /// The value, if it is a text.
    fn text(&self) -> Option<String> {
        if !self.is_sound() || self.flags == 1 {
            return None;
        }
        let payload = if self.compression == 1 {
            lz4_flex::block::decompress(self.payload, self.length).ok()?
        } else {
            self.payload.to_vec()
        };
        if payload.len() != self.length {
            return None;
        }
        match self.codec {
            1 => {
                let text = rmp_serde::from_slice::<String>(&payload).ok()?;
                // One way of reading; what follows the text makes it no text.
                let written =
                    |text: &str| rmp_serde::to_vec(text).is_ok_and(|w| w.len() <= payload.len());
                (written(&text) && ends_with_the_text(&payload, &text)).then_some(text)
            }
            2 => {
                let (text, used): (String, usize) =
                    bincode::serde::decode_from_slice(&payload, bincode::config::standard())
                        .ok()?;
                (used == payload.len()).then_some(text)
            }
            _ => serde_json::from_slice(&payload).ok(),
        }
    }
}

/// Whether a MessagePack text is all that the bytes hold, whatever the width of its length.
fn ends_with_the_text(payload: &[u8], text: &str) -> bool {
    let head = match payload.first() {
        Some(0xa0..=0xbf) => 1,
        Some(0xd9 | 0xc4) => 2,
        Some(0xda | 0xc5) => 3,
        Some(0xdb | 0xc6) => 5,
        _ => return false,
    };
    payload.len() == head + text.len()
}
