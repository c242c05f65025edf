//! Values in and out of bytes.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::BTreeMap;

use region_cache::backend::Ask;
use region_cache::codec::{Bincode, Json, MessagePack};
use region_cache::{EntryOptions, Key, Region, Result, Value};
use serde::{Deserialize, Serialize};

use super::samples::{Item, Scrambled};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! codecs {
    ($fixture:ty) => {
        $crate::cases! { $fixture, codecs:
            every_codec_gives_back_what_it_took
            integers_of_every_width_are_given_back
            a_reader_needs_no_matching_codec
            a_codec_of_ones_own_must_be_known_to_the_reader
            a_codec_with_a_reserved_number_is_refused
            an_entry_may_choose_its_own_codec
            long_values_are_compressed
            nothing_is_compressed_that_would_not_become_smaller
            a_value_that_is_too_long_for_its_reader_is_a_miss
            a_value_of_another_type_is_a_counted_miss
            an_integer_that_does_not_fit_is_a_counted_miss
            bincode_refuses_types_that_it_could_not_read
            what_bincode_refuses_other_codecs_keep
        }
    };
}

pub const SOURCE: &str = include_str!("codecs.rs");

/// The region by each codec.
fn by_every_codec(region: &Region) -> [Region; 4] {
    [
        region.with(|o| o.codec(MessagePack)),
        region.with(|o| o.codec(Bincode)),
        region.with(|o| o.codec(Json)),
        region.with(|o| o.codec(Scrambled)),
    ]
}

pub async fn every_codec_gives_back_what_it_took(world: &World) -> Case {
    for shop in by_every_codec(&world.region("shop")) {
        shop.set("anvil", &Item::anvil()).await?;
        assert_eq!(shop.get("anvil").await?, Some(Item::anvil()));
        shop.set("name", "Amboß").await?;
        assert_eq!(shop.get::<String>("name").await?.as_deref(), Some("Amboß"));
        shop.set("map", &BTreeMap::from([("a", 0.5)]).len()).await?;
        assert_eq!(shop.get("map").await?, Some(1_usize));
    }
    Ok(())
}

pub async fn integers_of_every_width_are_given_back(world: &World) -> Case {
    async fn keeps<T: Value + PartialEq + std::fmt::Debug>(
        region: &Region,
        number: T,
    ) -> Result<()> {
        region.set("number", &number).await?;
        assert_eq!(region.get("number").await?, Some(number));
        Ok(())
    }
    for shop in by_every_codec(&world.region("shop")) {
        keeps(&shop, u8::MAX).await?;
        keeps(&shop, i8::MIN).await?;
        keeps(&shop, u16::MAX).await?;
        keeps(&shop, i32::MIN).await?;
        keeps(&shop, u32::MAX).await?;
        keeps(&shop, i64::MIN).await?;
        keeps(&shop, i64::MAX).await?;
        keeps(&shop, u64::MAX).await?;
        keeps(&shop, 7_i128).await?;
        keeps(&shop, 7_u128).await?;
        keeps(&shop, Some(7_u64)).await?;
        keeps(&shop, Some(u64::MAX)).await?;
    }
    Ok(())
}

pub async fn a_reader_needs_no_matching_codec(world: &World) -> Case {
    let plain = world.region("shop");
    let [message_pack, bincode, json, _] = by_every_codec(&plain);
    for writer in [&message_pack, &bincode, &json] {
        writer.set("anvil", &Item::anvil()).await?;
        for reader in [&message_pack, &bincode, &json, &plain] {
            assert_eq!(reader.get("anvil").await?, Some(Item::anvil()));
        }
    }
    Ok(())
}

pub async fn a_codec_of_ones_own_must_be_known_to_the_reader(world: &World) -> Case {
    let writer = world.region("shop").with(|o| o.codec(Scrambled));
    writer.set("name", "anvil").await?;
    let stranger = world.region("shop");
    assert_eq!(stranger.get::<String>("name").await?, None);
    assert_eq!(world.cache().stats().undecodable, 1);
    let informed = world.cache_with(|builder| builder.codec(Scrambled)).await.region("shop");
    let reader = informed.with(|o| o.codec(Json));
    assert_eq!(reader.get::<String>("name").await?.as_deref(), Some("anvil"));
    Ok(())
}

pub async fn a_codec_with_a_reserved_number_is_refused(world: &World) -> Case {
    #[derive(Debug)]
    struct Presumptuous;

    impl region_cache::codec::Codec for Presumptuous {
        fn id(&self) -> u8 {
            127
        }
        fn name(&self) -> &'static str {
            "presumptuous"
        }
        fn encode(
            &self,
            _: region_cache::codec::Encode<'_>,
            _: &mut dyn std::io::Write,
        ) -> Result<(), region_cache::BoxError> {
            Ok(())
        }
        fn decode(
            &self,
            _: &[u8],
            _: region_cache::codec::Decode<'_>,
        ) -> Result<(), region_cache::BoxError> {
            Ok(())
        }
    }

    let shop = world.region("shop").with(|o| o.codec(Presumptuous));
    let error = shop.set("k", &1).await.unwrap_err();
    assert!(error.is_config());
    let message = error.to_string();
    assert!(message.contains("presumptuous") && message.contains("127"), "{message}");
    Ok(())
}

pub async fn an_entry_may_choose_its_own_codec(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_with("name", "anvil", EntryOptions::new().codec(Json)).await?;
    assert_eq!(payload(world, "shop", "name").await?, br#""anvil""#);
    assert_eq!(shop.get::<String>("name").await?.as_deref(), Some("anvil"));
    Ok(())
}

pub async fn long_values_are_compressed(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.codec(Json).compress_above(100));
    let (short, long) = ("x".repeat(98), "x".repeat(99));
    shop.set("short", &short).await?;
    shop.set("long", &long).await?;
    assert_eq!(payload(world, "shop", "short").await?.len(), 100);
    assert!(payload(world, "shop", "long").await?.len() < 50);
    assert_eq!(shop.get_many::<String>(["short", "long"]).await?, [Some(short), Some(long)]);

    let megabyte = "anvil ".repeat(200_000);
    world.region("shop").set("megabyte", &megabyte).await?;
    assert!(payload(world, "shop", "megabyte").await?.len() < megabyte.len() / 10);
    assert_eq!(world.region("shop").get("megabyte").await?, Some(megabyte));
    Ok(())
}

pub async fn nothing_is_compressed_that_would_not_become_smaller(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.codec(Json).compress_above(0));
    shop.set("name", "anvil").await?;
    assert_eq!(payload(world, "shop", "name").await?, br#""anvil""#);
    let never = shop.with(|o| o.compress_above(usize::MAX));
    never.set("long", &"x".repeat(9_998)).await?;
    assert_eq!(payload(world, "shop", "long").await?.len(), 10_000);
    Ok(())
}

pub async fn a_value_that_is_too_long_for_its_reader_is_a_miss(world: &World) -> Case {
    let shop = world.region("shop");
    let careful = shop.with(|o| o.max_value_bytes(1_000));
    shop.set("k", &"x".repeat(2_000)).await?;
    assert_eq!(careful.get::<String>("k").await?, None);
    assert!(!careful.contains("k").await?);
    assert_eq!(world.cache().stats().undecodable, 1);
    assert_eq!(shop.get("k").await?, Some("x".repeat(2_000)));
    Ok(())
}

pub async fn a_value_of_another_type_is_a_counted_miss(world: &World) -> Case {
    for (number, shop) in by_every_codec(&world.region("shop")).into_iter().enumerate() {
        shop.set("anvil", &Item::anvil()).await?;
        assert_eq!(shop.get::<Vec<bool>>("anvil").await?, None);
        assert_eq!(shop.get::<Item>("anvil").await?, Some(Item::anvil()));
        assert_eq!(world.cache().stats().undecodable, number as u64 + 1);
    }
    Ok(())
}

pub async fn an_integer_that_does_not_fit_is_a_counted_miss(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("number", &256).await?;
    assert_eq!(shop.get::<u8>("number").await?, None);
    assert_eq!(shop.get::<u16>("number").await?, Some(256));
    shop.set("number", &-1).await?;
    assert_eq!(shop.get::<u64>("number").await?, None);
    assert_eq!(shop.get::<String>("number").await?, None);
    assert_eq!(world.cache().stats().undecodable, 3);
    Ok(())
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Skipping {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    price: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Pair(bool, String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Sold { price: i64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    price: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

fn untagged() -> Untagged {
    Untagged::Pair(true, "x".to_owned())
}

fn flattened() -> Flattened {
    Flattened { price: 1, rest: BTreeMap::from([("a".to_owned(), "b".to_owned())]) }
}

pub async fn bincode_refuses_types_that_it_could_not_read(world: &World) -> Case {
    async fn refuses<T: Value>(shop: &Region, value: T, name: &str) -> Result<()> {
        for error in [
            shop.set("k", &value).await.unwrap_err(),
            shop.add("k", &value).await.unwrap_err(),
            shop.set_many([("k", &value)]).await.unwrap_err(),
        ] {
            assert!(error.is_encode(), "{error}");
            let message = error.to_string();
            assert!(message.contains(name) && message.contains("bincode"), "{message}");
        }
        Ok(())
    }
    let shop = world.region("shop").with(|o| o.codec(Bincode));
    refuses(&shop, Skipping::default(), "Skipping").await?;
    refuses(&shop, untagged(), "Untagged").await?;
    refuses(&shop, Tagged::Sold { price: 1 }, "Tagged").await?;
    refuses(&shop, flattened(), "Flattened").await?;
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn what_bincode_refuses_other_codecs_keep(world: &World) -> Case {
    let shop = world.region("shop");
    for shop in [shop.clone(), shop.with(|o| o.codec(Json)), shop.with(|o| o.codec(Scrambled))] {
        shop.set("skipping", &Skipping::default()).await?;
        assert_eq!(shop.get("skipping").await?, Some(Skipping::default()));
        shop.set("untagged", &untagged()).await?;
        assert_eq!(shop.get("untagged").await?, Some(untagged()));
        shop.set("tagged", &Tagged::Sold { price: 1 }).await?;
        assert_eq!(shop.get("tagged").await?, Some(Tagged::Sold { price: 1 }));
        shop.set("flattened", &flattened()).await?;
        assert_eq!(shop.get("flattened").await?, Some(flattened()));
    }
    Ok(())
}

/// The bytes that are stored.
async fn payload(world: &World, path: &str, key: &str) -> Result<Vec<u8>> {
    let found = world.backend().read(&world.address(path), &[Key::from(key)], Ask::Values).await?;
    let found = found.into_iter().flatten().next().expect("the key is present");
    Ok(found.envelope.payload().to_vec())
}
