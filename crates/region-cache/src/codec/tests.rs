use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: i64,
    tags: BTreeMap<String, Option<f64>>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Sized { width: u8 },
}

/// Goes through the object-safe side of a built-in codec, as a codec around it would.
#[derive(Debug)]
struct Around(Format);

impl Codec for Around {
    fn id(&self) -> u8 {
        200
    }

    fn name(&self) -> &'static str {
        "around"
    }

    fn encode(&self, value: Encode<'_>, mut into: &mut dyn io::Write) -> Result<(), BoxError> {
        self.0.encode(&value, &mut into)
    }

    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
        match &self.0 {
            Format::MessagePack => MessagePack.decode(bytes, into),
            Format::Bincode => Bincode.decode(bytes, into),
            Format::Json => Json.decode(bytes, into),
            Format::Own(codec) => codec.decode(bytes, into),
        }
    }
}

fn item() -> Item {
    let tags = [("heavy".to_owned(), Some(70.5)), ("new".to_owned(), None)];
    Item { name: "anvil".into(), price: -1, tags: tags.into(), kind: Kind::Sized { width: 4 } }
}

fn built_in() -> [Format; 3] {
    [Format::MessagePack, Format::Bincode, Format::Json]
}

fn there_and_back<T: Serialize + DeserializeOwned>(
    format: &Format,
    value: &T,
) -> Result<T, BoxError> {
    let mut bytes = Vec::new();
    format.encode(value, &mut bytes)?;
    format.decode(&bytes)
}

#[test]
fn every_codec_gives_back_what_it_took() {
    for format in built_in() {
        assert_eq!(there_and_back(&format, &item()).unwrap(), item(), "{format:?}");
        let around = Format::of(Around(format)).unwrap();
        assert_eq!(there_and_back(&around, &item()).unwrap(), item(), "{around:?}");
    }
}

#[test]
fn left_over_bytes_are_an_error() {
    for format in built_in() {
        let mut bytes = Vec::new();
        format.encode(&item(), &mut bytes).unwrap();
        bytes.push(b'1');
        assert!(format.decode::<Item>(&bytes).is_err(), "{format:?}");
    }
}

#[test]
fn cut_bytes_are_an_error() {
    for format in built_in() {
        let mut bytes = Vec::new();
        format.encode(&item(), &mut bytes).unwrap();
        for end in 0..bytes.len() {
            assert!(format.decode::<Item>(&bytes[..end]).is_err(), "{format:?} cut at {end}");
        }
    }
}

#[test]
fn message_pack_survives_fields_that_come_go_and_move() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Later {
        #[serde(default)]
        stock: u32,
        price: i64,
        name: String,
    }
    let mut bytes = Vec::new();
    Format::MessagePack.encode(&item(), &mut bytes).unwrap();
    let later: Later = Format::MessagePack.decode(&bytes).unwrap();
    assert_eq!(later, Later { stock: 0, price: -1, name: "anvil".into() });
}

#[test]
fn the_numbers_of_the_built_in_codecs_are_taken() {
    #[derive(Debug)]
    struct Impostor;
    impl Codec for Impostor {
        fn id(&self) -> u8 {
            MessagePack::ID
        }
        fn name(&self) -> &'static str {
            "impostor"
        }
        fn encode(&self, _: Encode<'_>, _: &mut dyn io::Write) -> Result<(), BoxError> {
            Ok(())
        }
        fn decode(&self, _: &[u8], _: Decode<'_>) -> Result<(), BoxError> {
            Ok(())
        }
    }
    let error = Format::of(Impostor).unwrap_err();
    assert!(error.is_config() && error.to_string().contains("128"), "{error}");
    for (format, id) in built_in().iter().zip(1..) {
        assert_eq!((format.id(), Format::built_in(id).unwrap().name()), (id, format.name()));
    }
    assert!(Format::built_in(0).is_none() && Format::built_in(4).is_none());
}

#[test]
fn a_codec_that_decodes_nothing_is_an_error() {
    #[derive(Debug)]
    struct Lazy;
    impl Codec for Lazy {
        fn id(&self) -> u8 {
            255
        }
        fn name(&self) -> &'static str {
            "lazy"
        }
        fn encode(&self, _: Encode<'_>, _: &mut dyn io::Write) -> Result<(), BoxError> {
            Ok(())
        }
        fn decode(&self, _: &[u8], _: Decode<'_>) -> Result<(), BoxError> {
            Ok(())
        }
    }
    assert!(Format::of(Lazy).unwrap().decode::<i32>(b"").is_err());
}
