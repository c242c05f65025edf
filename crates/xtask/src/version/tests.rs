use super::Version;

#[test]
fn a_missing_part_counts_as_zero() {
    assert_eq!(Version::parse("1.89"), Version::parse("1.89.0"));
    assert_eq!(Version::parse("1"), Version::parse("1.0.0"));
}

#[test]
fn order_is_by_number_not_by_letter() {
    assert!(Version::parse("1.9") < Version::parse("1.89"));
    assert!(Version::parse("1.89.1") > Version::parse("1.89"));
    assert!(Version::parse("2") > Version::parse("1.99.99"));
}

#[test]
fn what_is_no_version_is_refused() {
    for text in ["", "1.", "one", "1.2.3.4", "1.89-nightly", "^1.89"] {
        assert_eq!(Version::parse(text), None, "{text:?}");
    }
}

#[test]
fn it_is_shown_with_all_three_parts() {
    assert_eq!(Version::parse("1.89").map(|it| it.to_string()).as_deref(), Some("1.89.0"));
}
