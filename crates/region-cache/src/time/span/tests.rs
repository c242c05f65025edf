use super::*;

#[test]
fn what_people_write_is_understood() {
    for (text, seconds) in
        [("10m", 600), ("1h30m", 5400), ("2d", 172_800), ("90s", 90), ("1d 2h 3m 4s", 93_784)]
    {
        assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
    }
    assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(parse(" 1s500ms "), Ok(Duration::from_millis(1500)));
    assert_eq!(parse("0s"), Ok(Duration::ZERO), "whoever may not be zero says so himself");
}

#[test]
fn what_is_wrong_is_told_what_would_be_right() {
    for (text, says) in [
        ("", "such as `10m`"),
        ("soon", "such as `10m`"),
        ("-5s", "such as `10m`"),
        ("10", "`10s` for seconds"),
        ("1h30", "`30s` for seconds"),
        ("1.5h", "whole numbers"),
        ("10min", "`min` is no unit"),
        ("10M", "`M` is no unit"),
        ("30m1h", "largest to the smallest"),
        ("1h1h", "largest to the smallest"),
        ("1h,30m", "such as `10m`"),
        ("99999999999999999999s", "longer than time"),
        ("18446744073709551615d", "longer than time"),
        ("１０m", "such as `10m`"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}
