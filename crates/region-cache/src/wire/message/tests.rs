use proptest::prelude::*;

use super::*;

fn message(payload: &[u8]) -> Message {
    Message {
        id: Id::random(),
        signal: "catalog.changed".into(),
        by: Id::random(),
        at: 7,
        causes: vec!["a".into(), "b".into()],
        is_foreign: payload.is_empty(),
        payload: Bytes::copy_from_slice(payload),
    }
}

#[test]
fn what_was_emitted_is_heard() {
    for payload in [&b""[..], b"42", b"null", br#"{"id":42}"#, b"\x81\xa2id\x2a", b"\xff"] {
        let message = message(payload);
        assert_eq!(Message::decode(message.encode().as_bytes()), Heard::Ours(message));
    }
}

#[test]
fn any_language_reads_it() {
    let text: Value = serde_json::from_str(&message(br#"{"id":42}"#).encode()).unwrap();
    assert_eq!((&text["region-cache"], &text["payload"]["id"]), (&1.into(), &42.into()));
    assert_eq!((&text["signal"], &text["causes"][1]), (&"catalog.changed".into(), &"b".into()));
}

#[test]
fn everything_else_is_foreign_and_what_pretends_is_unknown() {
    for foreign in [&b""[..], b"{}", br#"{"id":42}"#, b"\xff\xff", br#" {"region-cache":1}"#] {
        assert_eq!(Message::decode(foreign), Heard::Foreign);
    }
    let next = message(b"").encode().replacen(":1,", ":2,", 1);
    for pretends in [&b"{\"region-cache\":"[..], b"{\"region-cache\":1}", next.as_bytes()] {
        assert_eq!(Message::decode(pretends), Heard::Unknown);
    }
}

#[test]
fn an_invalidation_is_told_from_other_changes() {
    let fallen = Fallen { by: Id::random(), path: "shop.catalog".into() };
    assert_eq!(Fallen::decode(&fallen.encode()), Some(fallen.clone()));
    let who = fallen.by.to_string();
    let keys = rmp_serde::to_vec(&(1, who, 3, "", "", "k", "shop", ["a"])).unwrap();
    assert_eq!(Fallen::decode(&keys), None);
    assert_eq!(Fallen::decode(b"\x93\x01\x02"), None);
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::decode(&bytes);
        let _ = Message::decode(&[SIGN, &bytes].concat());
        let _ = Fallen::decode(&bytes);
    }
}
