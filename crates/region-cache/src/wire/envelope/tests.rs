use proptest::prelude::*;

use super::*;

fn draft(payload: &[u8]) -> Draft {
    let mut bytes = Draft::begin();
    bytes.extend_from_slice(payload);
    let length = u32::try_from(payload.len()).unwrap();
    Draft::finish(bytes, Head { codec: 1, schema: 7, cost_micros: 9, length, ..Head::default() })
}

#[test]
fn the_fixed_places_are_where_scripts_look_for_them() {
    let stamp = Id::from_bytes([0xab; 16]);
    let envelope = draft(b"payload").seal(stamp, Some(Timestamp::from_millis(0x0102_0304)));
    let bytes = envelope.as_bytes();
    assert_eq!(bytes[..2], [1, 0]);
    assert_eq!(bytes[2..18], [0xab; 16]);
    assert_eq!(bytes[18..26], [0, 0, 0, 0, 1, 2, 3, 4]);
    assert_eq!(bytes[26..28], [1, 0]);
    assert_eq!(bytes[28..36], 7u64.to_be_bytes());
    assert_eq!(bytes[36..40], [0, 9, 0, 0]);
    assert_eq!(bytes[40..44], 7u32.to_be_bytes());
    assert_eq!(&bytes[52..], b"payload");
}

#[test]
fn what_was_sealed_is_read_back() {
    let stamp = Id::random();
    let expiry = Timestamp::from_millis(12);
    let envelope = draft(b"payload").seal(stamp, Some(expiry));
    let again = Envelope::parse(envelope.as_bytes().clone()).unwrap();
    assert_eq!((again.stamp(), again.expires_at()), (stamp, Some(expiry)));
    assert_eq!((again.payload(), again.check()), (&b"payload"[..], Ok(())));
    assert_eq!(draft(b"").seal(stamp, None).expires_at(), None);
    assert_eq!(
        again.expiring_at(Timestamp::from_millis(5)).check(),
        Ok(()),
        "outside the checksum"
    );
}

#[test]
fn an_expiry_at_the_epoch_is_not_taken_for_none() {
    let envelope = draft(b"").seal(Id::NONE, Some(Timestamp::from_millis(0)));
    assert_eq!(envelope.expires_at(), Some(Timestamp::from_millis(1)));
}

#[test]
fn another_version_or_half_a_head_is_no_envelope() {
    let bytes = draft(b"").seal(Id::NONE, None).as_bytes().to_vec();
    assert!(Envelope::parse(bytes.clone().into()).is_some());
    for end in 0..bytes.len() {
        assert!(Envelope::parse(Bytes::copy_from_slice(&bytes[..end])).is_none());
    }
    let mut other = bytes;
    other[0] = 2;
    assert!(Envelope::parse(other.into()).is_none());
}

#[test]
fn a_flipped_bit_is_seen_wherever_it_matters() {
    let sealed = draft(b"some payload").seal(Id::NONE, None).as_bytes().to_vec();
    for at in (0..sealed.len()).filter(|at| !(STAMP..CODEC).contains(at)) {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1 << bit;
            let seen =
                Envelope::parse(bytes.into()).is_none_or(|envelope| envelope.check().is_err());
            assert!(seen, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn an_integer_is_decimal_text_that_a_server_can_add_to() {
    for number in [0, -1, i64::MIN, i64::MAX] {
        let envelope = Draft::integer(number, 1, 0).seal(Id::NONE, None);
        assert_eq!(envelope.payload(), number.to_string().as_bytes());
        assert_eq!((envelope.integer(), envelope.check()), (Some(number), Ok(())));
    }
    let mut bytes = Draft::integer(12, 1, 0).seal(Id::NONE, None).as_bytes().to_vec();
    bytes[HEAD] = b'x';
    assert!(Envelope::parse(bytes.into()).unwrap().check().is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), version in any::<bool>()) {
        let mut bytes = bytes;
        if version && !bytes.is_empty() {
            bytes[0] = VERSION;
        }
        if let Some(envelope) = Envelope::parse(bytes.into()) {
            let _ = (envelope.check(), envelope.head(), envelope.integer(), envelope.stamp());
            let _ = (envelope.expires_at(), envelope.payload().len());
        }
    }
}
