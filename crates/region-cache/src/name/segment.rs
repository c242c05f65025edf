//! Making one segment of anything, and reading it back.

use std::fmt::Write as _;

use super::{MAX_SEGMENT_BYTES, is_forbidden};

/// Makes anything one segment of a region path.
///
/// Letters, digits and most signs stay as they are; what a segment may not contain, and `%`, becomes
/// `%` and two hexadecimal digits for each byte, so `v1.2` becomes `v1%2E2`. Nothing at all becomes
/// `%-`. Two inputs never give the same segment, and [`unsegment`] reads it back, up to 128 bytes of
/// output; beyond that the segment is a prefix, `%~` and the 128-bit BLAKE3 digest of the whole.
///
/// ```
/// use region_cache::segment;
///
/// assert_eq!(segment("guide"), "guide");
/// assert_eq!(segment("v1.2 beta"), "v1%2E2%20beta");
/// assert_eq!(segment(""), "%-");
/// assert_eq!(segment("x".repeat(1_000)).len(), 128);
/// ```
pub fn segment(raw: impl AsRef<[u8]>) -> String {
    let raw = raw.as_ref();
    if raw.is_empty() {
        return EMPTY.to_owned();
    }
    let mut escaped = String::with_capacity(raw.len());
    // Where a prefix may end: never inside an escape or a character.
    let mut end = 0;
    for chunk in raw.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '%' || is_forbidden(c) {
                escape(&mut escaped, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                escaped.push(c);
            }
            if escaped.len() <= PREFIX_BYTES {
                end = escaped.len();
            }
            if escaped.len() > MAX_SEGMENT_BYTES {
                return digested(escaped, end, raw);
            }
        }
        escape(&mut escaped, chunk.invalid());
        if escaped.len() <= PREFIX_BYTES {
            end = escaped.len();
        }
    }
    if escaped.len() > MAX_SEGMENT_BYTES { digested(escaped, end, raw) } else { escaped }
}

/// What [`segment`] was given, or `None` where the segment holds a digest or is none of its making.
///
/// ```
/// use region_cache::{segment, unsegment};
///
/// assert_eq!(unsegment(&segment("v1.2 beta")).as_deref(), Some(&b"v1.2 beta"[..]));
/// assert_eq!(unsegment(&segment("x".repeat(1_000))), None);
/// ```
pub fn unsegment(name: &str) -> Option<Vec<u8>> {
    let mut raw = Vec::with_capacity(name.len());
    let mut rest = if name == EMPTY { &[][..] } else { name.as_bytes() };
    while let [first, tail @ ..] = rest {
        rest = if *first == b'%' {
            let [high, low, tail @ ..] = tail else { return None };
            raw.push(hex(*high)? << 4 | hex(*low)?);
            tail
        } else {
            raw.push(*first);
            tail
        };
    }
    // One way of writing each: anything else was made by somebody else.
    (segment(&raw) == name).then_some(raw)
}

fn escape(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "%{byte:02X}");
    }
}

fn digested(mut escaped: String, end: usize, raw: &[u8]) -> String {
    escaped.truncate(end);
    escaped.push_str(DIGEST);
    escaped.push_str(blake3::hash(raw).to_hex().get(..DIGEST_DIGITS).unwrap_or_default());
    escaped
}

/// The value of one upper-case hexadecimal digit: the only form that [`segment`] writes.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Neither `-` nor `~` is a hexadecimal digit, so these two meet no escape.
const EMPTY: &str = "%-";
const DIGEST: &str = "%~";

/// 128 bits, in hexadecimal digits.
const DIGEST_DIGITS: usize = 32;

/// What the digest and its mark leave for the prefix.
const PREFIX_BYTES: usize = MAX_SEGMENT_BYTES - DIGEST.len() - DIGEST_DIGITS;
