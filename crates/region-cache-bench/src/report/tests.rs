use super::{counts, ratio, table, throughput, time, version};
use crate::figures::Spread;

#[test]
fn a_time_has_a_unit_that_suits_it() {
    let shown = [43e-9, 19.24e-6, 50.123e-3].map(|median| time(Some(spread(median))));
    assert_eq!(shown, ["43 ns", "19.2 µs", "50.1 ms"]);
    assert_eq!(time(None), "-");
}

#[test]
fn a_ratio_shows_how_far_the_rounds_differ() {
    let spread = Spread { median: 1.234, least: 1.0, most: 2.0 };
    assert_eq!(ratio(Some(spread)), "1.23 (1.00 to 2.00)");
}

#[test]
fn throughput_is_in_thousands() {
    assert_eq!(throughput(Some(spread(2e-6))), "500 k/s");
}

#[test]
fn counts_that_are_equal_are_shown_once() {
    assert_eq!(counts(&[1, 1, 1]), "1");
    assert_eq!(counts(&[2, 1, 3]), "1 to 3");
    assert_eq!(counts(&[]), "-");
}

#[test]
fn a_version_is_found_by_the_whole_name() {
    let lock = "[[package]]\nname = \"moka-tiny\"\nversion = \"9.0.0\"\n\n[[package]]\nname = \"moka\"\nversion = \"0.12.16\"\n";
    assert_eq!(version(lock, "moka"), Some("0.12.16"));
    assert_eq!(version(lock, "mok"), None);
}

#[test]
fn numbers_stand_at_the_right() {
    let rows = vec![["some".to_owned(), "1".to_owned()], ["other".to_owned(), "22".to_owned()]];
    let text = table(1, ["who", "count"], rows).to_string();
    assert!(text.contains("│ some  ┆     1 │"), "{text}");
    assert!(text.contains("│ other ┆    22 │"), "{text}");
}

fn spread(median: f64) -> Spread {
    Spread { median, least: median, most: median }
}
