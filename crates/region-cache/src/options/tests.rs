use std::time::Duration;

use super::*;
use crate::codec::Json;

const MINUTE: Duration = Duration::from_secs(60);

fn layers() -> Layers {
    Layers::new(
        RegionOptions::new().entry_ttl(MINUTE).schema(1),
        vec![
            ("shop".into(), RegionOptions::new().entry_ttl(MINUTE * 2).max_value_bytes(10)),
            ("shop.catalog".into(), RegionOptions::new().max_value_bytes(20)),
            ("shop".into(), RegionOptions::new().entry_ttl(MINUTE * 3)),
        ],
    )
    .unwrap()
}

#[test]
fn the_defaults_are_those_of_the_docs() {
    let settings = Layers::default().settings("shop", None).unwrap();
    assert_eq!(settings.entry_ttl, Some(Duration::from_secs(24 * 60 * 60)));
    assert_eq!((settings.region_ttl, settings.refresh_ttl_on_write), (None, true));
    assert_eq!((settings.stale_for, settings.schema), (Duration::ZERO, 0));
    assert_eq!((settings.compress_above, settings.max_value_bytes), (4096, 8 << 20));
    assert_eq!(settings.codec.name(), "MessagePack");
}

#[test]
fn the_longest_path_wins_option_by_option() {
    let settings = layers().settings("shop.catalog.42", None).unwrap();
    assert_eq!(settings.max_value_bytes, 20, "from shop.catalog");
    assert_eq!(settings.schema, layers().settings("blog", None).unwrap().schema, "from the cache");
    let sibling = layers().settings("shopping", None).unwrap();
    assert_eq!(sibling.entry_ttl, Some(MINUTE), "a longer name is no child");
}

#[test]
fn of_two_wishes_for_one_path_the_later_wins() {
    assert_eq!(layers().settings("shop", None).unwrap().entry_ttl, Some(MINUTE * 3));
}

#[test]
fn the_handle_wins_over_everything() {
    let own = RegionOptions::new().no_ttl().codec(Json);
    let settings = layers().settings("shop.catalog", Some(&own)).unwrap();
    assert_eq!((settings.entry_ttl, settings.codec.name()), (None, "JSON"));
    assert_eq!(settings.max_value_bytes, 20);
}

#[test]
fn an_entry_wins_over_its_region() {
    let settings = layers().settings("shop", None).unwrap();
    let entry = settings.with(EntryOptions::new().ttl(MINUTE * 9).schema("x")).unwrap();
    assert_eq!((entry.entry_ttl, entry.max_value_bytes), (Some(MINUTE * 9), 10));
    assert_ne!(entry.schema, settings.schema);
}

#[test]
fn what_makes_no_sense_is_named() {
    for (options, name) in [
        (RegionOptions::new().ttl(Duration::ZERO), "`ttl`"),
        (RegionOptions::new().entry_ttl(Duration::ZERO), "`entry_ttl`"),
        (RegionOptions::new().stale_for(Duration::ZERO), "`stale_for`"),
        (RegionOptions::new().max_value_bytes(0), "`max_value_bytes`"),
        (RegionOptions::new().max_value_bytes(usize::MAX), "`max_value_bytes`"),
    ] {
        let error = Layers::new(options.clone(), Vec::new()).unwrap_err();
        assert!(error.is_config() && error.to_string().contains(name), "{error}");
        let error = Layers::default().settings("shop", Some(&options)).unwrap_err();
        assert!(error.is_config(), "{error}");
    }
    let entry = EntryOptions::new().ttl(Duration::ZERO);
    assert!(Layers::default().settings("a", None).unwrap().with(entry).unwrap_err().is_config());
}

#[test]
fn schemas_differ_as_their_sources_do() {
    assert_eq!(Schema::from("1"), Schema::from(1));
    assert_ne!(Schema::from("v1"), Schema::from("v2"));
}
