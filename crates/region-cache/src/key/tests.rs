use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::*;
use crate::name::Address;

#[test]
fn numbers_and_their_digits_are_one_key() {
    let seven = Key::from("7");
    assert_eq!(seven, Key::from(7));
    assert_eq!(seven, Key::from(7u64));
    assert_eq!(seven, Key::from(&7i8));
    assert_eq!(Key::from(i128::MIN).as_str(), Some(&*i128::MIN.to_string()));
}

#[test]
fn a_key_can_be_made_of_anything_that_names_something() {
    let text = String::from("k");
    let keys = [
        Key::from("k"),
        Key::from(&"k"),
        Key::from(&text),
        Key::from(text.clone()),
        Key::from(b"k"),
        Key::from(&b"k"[..]),
        Key::from(b"k".to_vec()),
        Key::from(&b"k".to_vec()),
        Key::from(&Key::from("k")),
    ];
    assert!(keys.iter().all(|key| *key == keys[0]));
    let uuid = Uuid::from_u128(0xA1B2);
    assert_eq!(Key::from(uuid), Key::from(uuid.to_string()));
    assert_eq!(Key::from(&uuid), Key::from(uuid));
}

#[test]
fn long_keys_are_refused_and_the_longest_is_not() {
    Key::from("x".repeat(4096)).check().unwrap();
    Key::from("").check().unwrap();
    let error = Key::from("x".repeat(4097)).check().unwrap_err();
    assert!(error.is_invalid_name() && error.to_string().contains("4097"), "{error}");
}

#[test]
fn odd_bytes_are_shown_escaped() {
    assert_eq!(Key::from(b"a\xff\x00").to_string(), r"a\xff\x00");
    assert_eq!(Key::from("a\nb").to_string(), r"a\nb");
}

#[test]
fn a_digest_does_not_depend_on_the_order_of_maps_or_fields() {
    #[derive(Serialize)]
    struct Ab {
        a: i32,
        b: Vec<HashMap<i32, i32>>,
    }
    #[derive(Serialize)]
    struct Ba {
        b: Vec<HashMap<i32, i32>>,
        a: i32,
    }
    let map: HashMap<i32, i32> = (0..50).map(|n| (n, n)).collect();
    let again: HashMap<i32, i32> = (0..50).rev().map(|n| (n, n)).collect();
    let sorted: BTreeMap<i32, i32> = map.clone().into_iter().collect();
    assert_eq!(Key::of(&map), Key::of(&again));
    assert_eq!(Key::of(&map), Key::of(&sorted));
    assert_eq!(Key::of(&Ab { a: 1, b: vec![map] }), Key::of(&Ba { b: vec![again], a: 1 }));
    assert_ne!(Key::of(&("a", 1)), Key::of(&("a", 2)));
    assert_ne!(Key::of(&1), Key::of(&"1"));
}

#[test]
fn a_digest_is_the_same_on_every_machine() {
    assert_eq!(Key::of(&("search", 7)).as_str(), Some("c65521eee08dd5cbb4ef0b29b2df808a"));
}

#[test]
fn what_cannot_be_serialized_says_so_at_first_use() {
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    let error = Key::of(&Stubborn).check().unwrap_err();
    assert!(error.is_encode() && error.to_string().contains("not today"), "{error}");
}

proptest! {
    /// The name of an entry in storage is its region's name and its key's bytes.
    #[test]
    fn no_two_entries_share_a_storage_name(
        a in ("[a-b-]{1,3}", "[a-b%]{1,2}(\\.[a-b]{1,2}){0,2}", prop::collection::vec(any::<u8>(), 0..3)),
        b in ("[a-b-]{1,3}", "[a-b%]{1,2}(\\.[a-b]{1,2}){0,2}", prop::collection::vec(any::<u8>(), 0..3)),
    ) {
        let name = |(namespace, path, key): &(String, String, Vec<u8>)| {
            let address = Address::parse(namespace, path).unwrap();
            (address.name().to_owned(), Key::from(key).as_bytes().to_vec())
        };
        prop_assert_eq!(a == b, name(&a) == name(&b));
    }
}
