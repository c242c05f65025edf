use region_cache::Cache;

use super::*;

#[test]
fn what_is_said_is_a_structured_field() {
    let report = Report {
        forward_status: Some(StatusCode::NOT_MODIFIED),
        ttl: Some(-3),
        is_stored: true,
        is_collapsed: true,
        ..Report::forward(Forward::Stale).because("x")
    };
    let all = "region-cache; fwd=stale; fwd-status=304; ttl=-3; stored; collapsed; detail=x";
    assert_eq!(report.to_string(), all);
    assert_eq!(Report::hit(7).to_string(), "region-cache; hit; ttl=7");
    assert_eq!(Report::default().to_string(), "region-cache");
}

#[test]
fn it_stands_behind_what_caches_nearer_to_the_source_have_said() {
    let mut headers = HeaderMap::new();
    headers.append(CACHE_STATUS, HeaderValue::from_static("origin; hit"));
    let config = Config { shows_x_cache: true, ..Config::new(Cache::in_memory()) };
    Report::hit(7).write(&config, &mut headers);
    let all: Vec<_> = headers.get_all(CACHE_STATUS).iter().collect();
    assert_eq!(all, ["origin; hit", "region-cache; hit; ttl=7"]);
    assert_eq!(headers["x-cache"], "HIT");
}
