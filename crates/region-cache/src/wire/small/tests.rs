use proptest::prelude::*;

use super::*;

#[test]
fn small_numbers_stand_for_themselves() {
    for number in 0..4096 {
        assert_eq!(unpack(pack(number)), number);
    }
}

#[test]
fn the_largest_numbers_are_the_largest_that_fits() {
    assert_eq!(pack(u64::MAX), u16::MAX);
    assert_eq!(unpack(u16::MAX), 4095 << 30);
    assert_eq!(pack(4095 << 30), u16::MAX);
    assert_eq!(pack(4096 << 30), u16::MAX);
}

proptest! {
    #[test]
    fn what_fits_is_exact_to_a_two_thousandth_and_never_more(number in 0..4095u64 << 30) {
        let again = unpack(pack(number));
        prop_assert!(again <= number && number - again <= number / 2048, "{number} gave {again}");
    }

    #[test]
    fn every_two_bytes_are_the_packed_form_of_what_they_stand_for(packed: u16) {
        prop_assert_eq!(pack(unpack(packed)), packed);
    }
}
