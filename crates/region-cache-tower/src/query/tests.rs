use super::*;

#[test]
fn parameters_are_sorted_by_their_names_and_those_of_one_name_stay_as_they_are() {
    for (query, key) in [
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&b=1&a=1", "a=2&a=1&b=1"),
        ("&a=1&&", "a=1"),
        ("%62=2&a=1", "a=1&%62=2"),
        ("b&a=", "a=&b"),
        ("a+b=1&a%20b=2", "a+b=1&a%20b=2"),
    ] {
        assert_eq!(Query::All.key(query), key);
    }
}

#[test]
fn names_are_compared_as_the_handler_reads_them() {
    let only = Query::only(["page", "a b", "é"]);
    assert_eq!(only.key("p%61ge=1&Page=2&x=3"), "p%61ge=1");
    assert_eq!(only.key("a+b=1&a%20b=2&%C3%A9=3&%FF=4"), "a+b=1&a%20b=2&%C3%A9=3");
    let except = Query::except(["utm_source"]);
    assert_eq!(except.key("utm%5Fsource=1&q=2&%FF=3"), "q=2&%FF=3");
    assert_eq!(Query::None.key("a=1"), "");
}

#[test]
fn handlers_see_what_counts_in_the_order_in_which_it_came() {
    assert_eq!(Query::All.seen("b&a&&"), None);
    assert_eq!(Query::only(["a", "b"]).seen("b=1&c&a=2").as_deref(), Some("b=1&a=2"));
    assert_eq!(Query::only(["a", "b"]).seen("b=1&a=2"), None);
    assert_eq!(Query::None.seen("b=1").as_deref(), Some(""));
}
