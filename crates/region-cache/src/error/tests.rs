use super::*;

#[test]
fn downcast_walks_the_whole_chain() {
    let parse = "x".parse::<i64>().unwrap_err();
    let inner = Error::other(parse);
    let outer = Error::new(ErrorKind::Compute, "the loader of `a` failed").because(inner);
    assert!(outer.is_compute() && !outer.is_other());
    assert!(outer.downcast_ref::<std::num::ParseIntError>().is_some());
    assert!(outer.downcast_ref::<fmt::Error>().is_none());
    assert!(outer.clone().downcast_ref::<Error>().is_some());
}

#[test]
fn display_is_the_sentence_and_debug_names_the_kind() {
    let error = Error::new(ErrorKind::Config, "`ttl` is zero").because("why");
    assert_eq!(error.to_string(), "`ttl` is zero");
    assert!(format!("{error:?}").contains("Config"));
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("why"));
}
