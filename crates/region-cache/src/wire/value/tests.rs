use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::codec::{Bincode, Codec, Decode, Encode, Json};
use crate::options::{Layers, RegionOptions};
use crate::time::Timestamp;
use crate::wire::Id;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: f64,
    tags: Vec<String>,
}

fn item() -> Item {
    Item { name: "anvil".into(), price: 19.99, tags: vec!["heavy".into(), "new".into()] }
}

fn settings(options: &RegionOptions) -> Arc<Settings> {
    Layers::default().settings("shop", Some(options)).unwrap()
}

fn seal<T: Serialize + ?Sized>(value: &T, settings: &Settings) -> Envelope {
    encode(value, settings, &About::default())
        .unwrap()
        .seal(Id::random(), Some(Timestamp::from_millis(1)))
}

fn open<T: DeserializeOwned>(envelope: &Envelope, settings: &Settings) -> Result<T, Unreadable> {
    decode(envelope, settings, &[])
}

fn each_codec() -> [Arc<Settings>; 3] {
    let options = RegionOptions::new;
    [settings(&options()), settings(&options().codec(Bincode)), settings(&options().codec(Json))]
}

/// The envelope with some bytes replaced, and its checksum made right again where `mend` says so.
fn tamper(envelope: &Envelope, at: usize, bytes: &[u8], mend: bool) -> Envelope {
    let mut all = envelope.as_bytes().to_vec();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    let changed = Envelope::parse(all.clone().into()).unwrap();
    if !mend {
        return changed;
    }
    let (stamp, expiry) = (changed.stamp(), changed.expires_at());
    Draft::finish(all, changed.head()).seal(stamp, expiry)
}

#[test]
fn every_codec_gives_back_what_it_took() {
    for settings in each_codec() {
        assert_eq!(open::<Item>(&seal(&item(), &settings), &settings), Ok(item()));
        assert_eq!(open::<String>(&seal("text", &settings), &settings), Ok("text".into()));
        assert_eq!(open::<Option<i32>>(&seal(&None::<i32>, &settings), &settings), Ok(None));
        assert_eq!(open::<()>(&seal(&(), &settings), &settings), Ok(()));
    }
}

#[test]
fn readers_need_not_choose_the_writers_codec() {
    let [message_pack, bincode, json] = each_codec();
    assert_eq!(open::<Item>(&seal(&item(), &json), &bincode), Ok(item()));
    assert_eq!(open::<Item>(&seal(&item(), &bincode), &message_pack), Ok(item()));
}

#[test]
fn integers_are_stored_as_decimal_text_under_every_codec() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Meters(u16);

    for settings in each_codec() {
        for envelope in [
            seal(&42u8, &settings),
            seal(&42i64, &settings),
            seal(&Some(42u128), &settings),
            seal(&Meters(42), &settings),
        ] {
            assert_eq!(envelope.payload(), b"42");
            assert_eq!(open::<i64>(&envelope, &settings), Ok(42));
            assert_eq!(open::<u8>(&envelope, &settings), Ok(42));
            assert_eq!(open::<Option<i32>>(&envelope, &settings), Ok(Some(42)));
            assert_eq!(open::<Meters>(&envelope, &settings), Ok(Meters(42)));
            assert_eq!(open::<String>(&envelope, &settings), Err(Unreadable::Payload));
        }
        let large = seal(&u64::MAX, &settings);
        assert!(!large.head().is_integer, "no i64 holds it");
        assert_eq!(open::<u64>(&large, &settings), Ok(u64::MAX));
    }
}

#[test]
fn a_type_with_two_forms_sees_the_form_of_the_codec() {
    /// As bit flags do: a number in compact formats, text in readable ones.
    #[derive(Clone, Debug, PartialEq)]
    struct Flags(u8);
    impl Serialize for Flags {
        fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            if s.is_human_readable() { s.serialize_str("A|B") } else { s.serialize_u8(self.0) }
        }
    }
    impl<'de> Deserialize<'de> for Flags {
        fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            if d.is_human_readable() {
                String::deserialize(d).map(|text| Self(if text == "A|B" { 3 } else { 0 }))
            } else {
                u8::deserialize(d).map(Self)
            }
        }
    }
    for settings in each_codec() {
        assert_eq!(open::<Flags>(&seal(&Flags(3), &settings), &settings), Ok(Flags(3)));
    }
}

#[test]
fn a_codec_of_ones_own_sees_integers_too_and_must_be_known() {
    #[derive(Debug)]
    struct Reversed;
    impl Codec for Reversed {
        fn id(&self) -> u8 {
            130
        }
        fn name(&self) -> &'static str {
            "reversed"
        }
        fn is_self_describing(&self) -> bool {
            true
        }
        fn encode(&self, value: Encode<'_>, into: &mut dyn Write) -> Result<(), BoxError> {
            let mut bytes = Vec::new();
            Json.encode(value, &mut bytes)?;
            bytes.reverse();
            Ok(into.write_all(&bytes)?)
        }
        fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
            let bytes: Vec<u8> = bytes.iter().rev().copied().collect();
            Json.decode(&bytes, into)
        }
    }
    let own = settings(&RegionOptions::new().codec(Reversed));
    let envelope = seal(&123, &own);
    assert_eq!(envelope.payload(), b"321");
    assert_eq!(open::<i32>(&envelope, &own), Ok(123));
    let [plain, ..] = each_codec();
    assert_eq!(open::<i32>(&envelope, &plain), Err(Unreadable::Codec));
    assert_eq!(decode(&envelope, &plain, std::slice::from_ref(&own.codec)), Ok(123));
}

#[test]
fn long_values_are_compressed_and_short_ones_are_not() {
    let text = "all work and no play ".repeat(1_000);
    for settings in each_codec() {
        let envelope = seal(&text, &settings);
        assert!(envelope.head().is_compressed && envelope.as_bytes().len() < text.len() / 10);
        assert_eq!(open::<String>(&envelope, &settings).as_ref(), Ok(&text));
        assert!(!seal("short", &settings).head().is_compressed);
    }
    let never = settings(&RegionOptions::new().compress_above(usize::MAX));
    assert!(!seal(&text, &never).head().is_compressed);
    let noise: Vec<u64> = (0..2_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let [settings, ..] = each_codec();
    let envelope = seal(&noise, &settings);
    assert!(!envelope.head().is_compressed, "what does not shrink stays as it is");
    assert_eq!(open(&envelope, &settings), Ok(noise));
}

#[test]
fn too_long_a_value_is_refused_with_its_size() {
    let small = settings(&RegionOptions::new().max_value_bytes(100).codec(Json));
    assert!(encode(&"x".repeat(98), &small, &About::default()).is_ok());
    let error = encode(&"x".repeat(99), &small, &About::default()).unwrap_err();
    assert!(error.is_too_large(), "{error}");
    assert!(
        error.to_string().contains("101 bytes") && error.to_string().contains("100"),
        "{error}"
    );
}

#[test]
fn a_bomb_is_refused_by_its_declared_and_by_its_real_size() {
    let [settings, ..] = each_codec();
    let bomb = seal(&"0".repeat(1 << 20), &settings);
    let narrow = settings_with_limit(1 << 10);
    assert_eq!(open::<String>(&bomb, &narrow), Err(Unreadable::TooLarge), "declared");
    let lying = tamper(&bomb, 40, &100u32.to_be_bytes(), true);
    assert_eq!(open::<String>(&lying, &narrow), Err(Unreadable::Compression), "real");
    let short = tamper(&bomb, 40, &(2u32 << 20).to_be_bytes(), true);
    assert_eq!(
        open::<String>(&short, &settings),
        Err(Unreadable::Compression),
        "less than declared"
    );
}

fn settings_with_limit(bytes: usize) -> Arc<Settings> {
    settings(&RegionOptions::new().max_value_bytes(bytes))
}

#[test]
fn what_cannot_be_read_says_why() {
    let [plain, ..] = each_codec();
    let envelope = seal(&item(), &plain);
    let reason = |envelope: &Envelope| open::<Item>(envelope, &plain).unwrap_err();
    assert_eq!(reason(&tamper(&envelope, 60, b"?", false)), Unreadable::Checksum);
    assert_eq!(reason(&tamper(&envelope, 26, &[99], true)), Unreadable::Codec);
    assert_eq!(reason(&tamper(&envelope, 1, &[0x80], false)), Unreadable::Unknown);
    assert_eq!(open::<Vec<bool>>(&envelope, &plain), Err(Unreadable::Payload));
    let schema = settings(&RegionOptions::new().schema("v2"));
    assert_eq!(reason(&seal(&item(), &schema)), Unreadable::Schema);
    assert_eq!(open::<Item>(&envelope, &schema), Err(Unreadable::Schema));
}

/// Version 1 as it was first written: these bytes must be read, and written, for ever.
#[test]
fn fixtures_of_version_1_are_read_and_written_the_same() {
    let [message_pack, bincode, json] = each_codec();
    let schema = settings(&RegionOptions::new().schema("v1"));
    let long = "all work and no play ".repeat(300);
    for (name, is_written_so_today) in [
        ("message-pack", fixture(&item(), "message-pack", &message_pack)),
        ("bincode", fixture(&item(), "bincode", &bincode)),
        ("json", fixture(&item(), "json", &json)),
        ("schema", fixture(&item(), "schema", &schema)),
        ("integer", fixture(&-42, "integer", &message_pack)),
    ] {
        assert!(is_written_so_today, "{name} is written otherwise today");
    }
    // Another version of the compressor may find shorter bytes; it must read these.
    fixture(&long, "lz4", &message_pack);
}

/// Reads the fixture as `value`, and tells whether `value` is written like that today.
fn fixture<T>(value: &T, name: &str, settings: &Settings) -> bool
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/envelope-1");
    let stored = std::fs::read(folder.join(format!("{name}.bin"))).unwrap();
    let envelope = Envelope::parse(Bytes::from(stored)).unwrap();
    assert_eq!(envelope.stamp(), Id::from_bytes(*b"a fence's 16 ids"));
    assert_eq!(envelope.expires_at(), Some(Timestamp::from_millis(1_234_567_890)));
    assert_eq!(open::<T>(&envelope, settings).as_ref(), Ok(value), "{name}");
    let today = encode(value, settings, &About::default())
        .unwrap()
        .seal(envelope.stamp(), envelope.expires_at());
    today == envelope
}

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>(), above in 0usize..64) {
        let settings = settings(&RegionOptions::new().compress_above(above));
        prop_assert_eq!(open::<String>(&seal(&text, &settings), &settings), Ok(text));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 52..300),
        mend in any::<bool>(),
    ) {
        let mut bytes = bytes;
        bytes[..2].copy_from_slice(&[1, 0]);
        bytes[26] %= 4;
        bytes[27] %= 2;
        bytes[28..36].fill(0);
        bytes[40..43].fill(0);
        if let Some(mut envelope) = Envelope::parse(bytes.into()) {
            if mend {
                envelope = tamper(&envelope, 0, &[1], true);
            }
            let [settings, ..] = each_codec();
            let _ = open::<Item>(&envelope, &settings);
            let _ = open::<Vec<Option<String>>>(&envelope, &settings);
        }
    }
}
