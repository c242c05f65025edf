use proptest::prelude::*;

use super::*;

#[track_caller]
fn refused(path: &str, wanted: &[&str]) {
    let error = Address::parse("test", path).unwrap_err();
    assert!(error.is_invalid_name());
    for part in wanted {
        assert!(error.to_string().contains(part), "`{error}` does not say `{part}`");
    }
}

#[test]
fn every_rule_is_named_with_the_segment_that_breaks_it() {
    refused("shop..42", &["empty segment", "shop..42"]);
    refused(".", &["empty segment"]);
    refused("shop.", &["empty segment"]);
    refused("shop.a b.42", &["`a b`", "' '", "segment()"]);
    refused("shop.{42}", &["`{42}`", "'{'"]);
    refused("shop:42", &["`shop:42`", "':'"]);
    refused("shop.a\u{2028}b", &["white space"]);
    refused("shop.a\0b", &[r"'\0'", "control"]);
    refused(&format!("shop.{}", "x".repeat(129)), &["129 bytes", "128"]);
    refused(&["a"; 17].join("."), &["17 segments", "16"]);
    refused(&"é".repeat(300), &["600 bytes", "512"]);
}

#[test]
fn the_limits_themselves_are_allowed() {
    let sixteen = ["a"; 16].join(".");
    assert_eq!(Address::parse("test", &sixteen).unwrap().segments().count(), 16);
    Address::parse("test", &"x".repeat(128)).unwrap();
    let longest = [&"x".repeat(127)[..]; 4].join(".");
    assert_eq!(longest.len(), 511);
    Address::parse("test", &format!("{longest}y")).unwrap();
}

#[test]
fn namespaces_are_checked() {
    for bad in ["", "a b", "a:b", "shöp", &"x".repeat(65)] {
        assert!(Address::parse(bad, "shop").unwrap_err().is_invalid_name(), "{bad}");
    }
    Address::parse(&"x".repeat(64), "shop").unwrap();
}

#[test]
fn an_address_knows_its_parts() {
    let address = Address::parse("ns", "shop.catalog.42").unwrap();
    assert_eq!((address.namespace(), address.path()), ("ns", "shop.catalog.42"));
    assert_eq!((address.name(), address.root()), ("ns:shop.catalog.42", "shop"));
    let top = Address::parse("ns", "").unwrap();
    assert!(top.is_top() && top.segments().next().is_none() && top.root().is_empty());
}

#[test]
fn within_is_about_segments_not_letters() {
    let at = |path| Address::parse("ns", path).unwrap();
    assert!(at("shop.a").is_within(&at("shop")));
    assert!(at("shop").is_within(&at("shop")));
    assert!(at("shop").is_within(&at("")));
    assert!(!at("shopping").is_within(&at("shop")));
    assert!(!at("shop").is_within(&at("shop.a")));
    assert!(!Address::parse("other", "shop").unwrap().is_within(&at("shop")));
}

#[test]
fn segments_show_what_they_were_made_of() {
    assert_eq!(segment("guide"), "guide");
    assert_eq!(segment("a.b{c}:d%e\n"), "a%2Eb%7Bc%7D%3Ad%25e%0A");
    assert_eq!(segment("日本"), "日本");
    assert_eq!(segment(b"\xff"), "%FF");
    assert_eq!(segment(""), "%-");
    let long = segment(".".repeat(200));
    assert!(long.len() <= 128 && long.starts_with("%2E%2E") && long.contains("%~"));
}

#[test]
fn what_is_no_work_of_segment_is_not_read_back() {
    for foreign in ["%", "%2", "%zz", "%2e", "a%~00", "%41", "a b", "a.b"] {
        assert_eq!(unsegment(foreign), None, "{foreign}");
    }
}

/// Strings that are full of what the grammar forbids.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c.{}:% \\x00-\\x1f\u{85}\u{a0}\u{2028}é%~-]{0,60}",
        any::<String>(),
        "[.a]{100,200}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-zA-Z0-9%é_-]{1,12}", 1..=16).prop_map(|segments| segments.join("."))
}

proptest! {
    #[test]
    fn parsing_round_trips(namespace in "[A-Za-z0-9_-]{1,64}", path in path()) {
        let address = Address::parse(&namespace, &path).unwrap();
        prop_assert_eq!(address.namespace(), namespace);
        prop_assert_eq!(address.path(), &path);
        prop_assert_eq!(address.segments().collect::<Vec<_>>().join("."), path);
    }

    #[test]
    fn a_segment_is_always_well_formed(raw in nasty()) {
        let escaped = segment(&raw);
        prop_assert!(Address::parse("test", &escaped).is_ok(), "{}", escaped);
        prop_assert!(!escaped.contains('.'));
    }

    #[test]
    fn escaping_is_one_to_one_within_its_bound(raw in prop::collection::vec(any::<u8>(), 0..80)) {
        let escaped = segment(&raw);
        match unsegment(&escaped) {
            Some(back) => prop_assert_eq!(back, raw),
            None => prop_assert!(escaped.contains(DIGEST_MARK)),
        }
    }

    #[test]
    fn two_raw_names_never_share_a_segment(a in nasty(), b in nasty()) {
        prop_assert_eq!(a == b, segment(&a) == segment(&b));
    }

    #[test]
    fn any_text_is_refused_or_round_trips(path in any::<String>()) {
        if let Ok(address) = Address::parse("test", &path) {
            prop_assert_eq!(address.path(), path);
        }
    }
}

const DIGEST_MARK: &str = "%~";
