use serde_json::json;

use super::bound::Target;
use super::patterns::matches;
use super::*;
use crate::name::Address;

fn target(patterns: impl Into<Patterns>, signal: &Signal) -> Option<String> {
    let patterns = patterns.into();
    patterns.check().unwrap();
    let users = Address::parse("test", "users").unwrap();
    let bound = Bound::new(&patterns.names[0], &users, &patterns.what);
    assert_eq!(Bound::parse(&bound.text()), Some(bound.clone()));
    bound.target("test", signal).map(|target| match target {
        Target::Tree(region) => region.path().to_owned(),
        Target::Key(region, key) => format!("{region}/{key}"),
    })
}

fn updated(payload: impl Serialize) -> Signal {
    Signal::new("user.updated").payload(&payload).unwrap()
}

#[test]
fn a_star_is_one_segment_and_at_the_end_one_or_more() {
    for (pattern, name) in [
        ("a", "a"),
        ("a.b", "a.b"),
        ("*", "a"),
        ("*", "a.b"),
        ("a.*", "a.b.c"),
        ("a.*.c", "a.b.c"),
        ("*.c", "a.c"),
    ] {
        assert!(matches(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in [
        ("a", "b"),
        ("a", "a.b"),
        ("a.b", "a"),
        ("a.*", "a"),
        ("a.*.c", "a.b.b.c"),
        ("a.*", "ab.c"),
    ] {
        assert!(!matches(pattern, name), "{pattern} {name}");
    }
}

#[test]
fn the_payload_chooses_what_falls() {
    let signal = updated(json!({ "id": 42, "user": { "name": "a.b c" }, "is_new": true }));
    let on = || Patterns::from("user.*");
    assert_eq!(target(on(), &signal).unwrap(), "users");
    assert_eq!(target(on().below("{id}"), &signal).unwrap(), "users.42");
    assert_eq!(target(on().below("by-id.{id}.{is_new}"), &signal).unwrap(), "users.by-id.42.true");
    assert_eq!(target(on().below("{user.name}"), &signal).unwrap(), "users.a%2Eb%20c");
    assert_eq!(target(on().key("user {user.name}"), &signal).unwrap(), "users/user a.b c");
    assert_eq!(target(on().below("{}"), &updated(json!(7))).unwrap(), "users.7");
    assert_eq!(target(Patterns::from("order.*"), &signal), None);
}

#[test]
fn what_cannot_be_told_lets_the_whole_region_fall() {
    for payload in [json!({}), json!({ "id": null }), json!({ "id": [] }), json!(7), json!("")] {
        assert_eq!(target(Patterns::from("*").below("{id}"), &updated(payload)).unwrap(), "users");
    }
    let nothing = Signal::new("user.updated");
    assert_eq!(target(Patterns::from("*").below("{id}"), &nothing).unwrap(), "users");
    let garbage = Signal::foreign("user.updated", Bytes::from_static(b"\xff{"));
    assert_eq!(target(Patterns::from("*").key("{id}"), &garbage).unwrap(), "users");
}

#[test]
fn a_binding_of_a_later_version_falls_by_every_signal() {
    let text = r#"{"region-cache":2,"on":"x","region":"users","unless":"y"}"#;
    let bound = Bound::parse(text).unwrap();
    assert!(bound.target("test", &Signal::new("anything")).is_some());
}

#[test]
fn a_payload_may_be_message_pack() {
    let bytes = rmp_serde::to_vec_named(&json!({ "id": 42 })).unwrap();
    let signal = Signal::foreign("user.updated", bytes.into());
    assert_eq!(target(Patterns::from("*").below("{id}"), &signal).unwrap(), "users.42");
}

#[test]
fn templates_with_odd_braces_are_refused() {
    for template in ["", "{", "}", "{id", "id}", "{{id}}", "{a{b}"] {
        assert!(Template::parse(template).unwrap_err().is_config(), "{template}");
    }
}

#[test]
fn bad_names_and_circles_are_refused_with_what_is_wrong() {
    for name in ["", "a..b", "a b", "a.*", "*"] {
        assert!(Signal::new(name).check().unwrap_err().is_invalid_name(), "{name}");
    }
    let mut signal = Signal::new("a");
    for _ in 0..MOST_HOPS {
        signal.check().unwrap();
        signal = Signal::new("b").caused_by(&signal);
    }
    let error = signal.check().unwrap_err();
    assert!(error.is_recursion() && error.to_string().contains("`a` → `b`"), "{error}");
}

#[test]
fn what_is_within_another_is_absorbed() {
    let tree = |path| Target::Tree(Address::parse("test", path).unwrap());
    let key = |path, key: &str| Target::Key(Address::parse("test", path).unwrap(), key.into());
    let all = [tree("shop.a"), key("shop", "k"), tree("shop"), tree("blog"), key("blog.x", "k")];
    assert_eq!(Target::absorb(all), [tree("shop"), tree("blog")]);
    let keys = [key("shop", "k"), key("shop", "l"), key("shop", "k")];
    assert_eq!(Target::absorb(keys).len(), 2);
}
