use region_cache::Cache;

use super::*;

#[test]
fn segments_of_the_path_are_segments_of_the_region() {
    for (path, wanted) in [
        ("/shop/tools/42", "http.shop.tools.42"),
        ("/shop/tools/", "http.shop.tools"),
        ("//shop///tools", "http.shop.tools"),
        ("/", "http.index"),
        ("", "http.index"),
        ("*", "http.*"),
        ("/v1.2", "http.v1%2E2"),
        ("/a%2Fb", "http.a/b"),
        ("/a%2Eb", "http.a%2Eb"),
        ("/../x", "http.%2E%2E.x"),
        ("/%", "http.%25"),
        ("/%FF%00", "http.%FF%00"),
        ("/{x}:y", "http.%7Bx%7D%3Ay"),
    ] {
        assert_eq!(region("http", path), wanted, "{path}");
    }
    assert_eq!(region("", "/shop/7"), "shop.7");
    assert_eq!(region("", "/"), "index");
}

#[test]
fn every_path_gives_a_region_that_can_be_used() {
    futures::executor::block_on(async {
        let cache = Cache::in_memory();
        let long = "x".repeat(300);
        for path in [
            "/a".repeat(40),
            "/a".repeat(15),
            "/a".repeat(16),
            format!("/{long}").repeat(9),
            format!("/{long}/a").repeat(9),
            "/%2E".repeat(200),
            "/%00%FF%7B".repeat(60),
            format!("/{}", "€".repeat(200)),
        ] {
            for prefix in ["http", "", "a.b.c.d.e.f.g.h"] {
                let region = region(prefix, &path);
                let set = cache.region(&region).set("k", &1).await;
                assert!(set.is_ok(), "{path} gives {region}: {set:?}");
            }
        }
    });
}

#[test]
fn paths_that_are_too_deep_keep_what_there_is_room_for() {
    let deep = region("http", &format!("/shop{}", "/a".repeat(40)));
    assert!(deep.starts_with("http.shop.a.a.a"));
    assert_eq!(deep.split('.').count(), 16);
    let other = region("http", &format!("/shop{}/b", "/a".repeat(40)));
    assert_ne!(deep, other, "they are not one");
}
