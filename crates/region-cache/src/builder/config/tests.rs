use std::time::Duration;

use super::*;
use crate::error::Error;
use crate::options::{Layers, OnUnavailable, RefreshAhead, Settings};

const HOUR: Duration = Duration::from_secs(3600);

/// A builder with these variables.
fn with(vars: &[(&str, &str)]) -> Result<CacheBuilder> {
    CacheBuilder::new().vars("REGION_CACHE", vars.iter().copied())
}

/// What is wrong with one variable.
fn wrong(name: &str, value: &str) -> String {
    let error = with(&[(name, value)]).unwrap_err();
    assert!(error.is_config(), "{error:?}");
    error.to_string()
}

/// A builder with what a file says.
fn written(text: &str) -> Result<CacheBuilder> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    CacheBuilder::from_file(file.path())
}

/// What is wrong with a file.
fn wrong_file(text: &str) -> Error {
    let error = written(text).unwrap_err();
    assert!(error.is_config(), "{error:?}");
    error
}

fn settings(builder: CacheBuilder, path: &str) -> Settings {
    let layers = Layers::new(builder.options, builder.regions).unwrap();
    (*layers.settings(path, None).unwrap()).clone()
}

#[test]
fn every_option_of_a_region_can_be_set_by_a_variable() {
    let got = |name: &str, value: &str| settings(with(&[(name, value)]).unwrap(), "shop");
    assert_eq!(got("REGION_CACHE_TTL", "1h").region_ttl, Some(HOUR));
    assert!(!got("REGION_CACHE_REFRESH_TTL_ON_WRITE", "false").refresh_ttl_on_write);
    assert_eq!(got("REGION_CACHE_ENTRY_TTL", "1h").entry_ttl, Some(HOUR));
    assert_eq!(got("REGION_CACHE_ENTRY_TTL", "never").entry_ttl, None);
    assert!((got("REGION_CACHE_TTL_JITTER", "0.1").ttl_jitter - 0.1).abs() < 1e-9);
    assert_eq!(got("REGION_CACHE_NEGATIVE_TTL", "1h").negative_ttl, Some(HOUR));
    assert_eq!(got("REGION_CACHE_STALE_FOR", "1h").stale_for, HOUR);
    for (text, ahead) in [
        ("0.8", RefreshAhead::at(0.8)),
        ("by-cost", RefreshAhead::by_cost()),
        ("by-cost 1.5", RefreshAhead::by_cost_times(1.5)),
    ] {
        assert_eq!(got("REGION_CACHE_REFRESH_AHEAD", text).refresh_ahead, Some(ahead));
    }
    assert_eq!(got("REGION_CACHE_SOFT_TIMEOUT", "1h").soft_timeout, Some(HOUR));
    assert_eq!(got("REGION_CACHE_COMPUTE_TIMEOUT", "1h").compute_timeout, HOUR);
    for (name, codec) in [("message-pack", "MessagePack"), ("json", "JSON"), ("bincode", "bincode")]
    {
        assert_eq!(got("REGION_CACHE_CODEC", name).codec.name(), codec);
    }
    assert_eq!(got("REGION_CACHE_COMPRESS_ABOVE", "1KiB").compress_above, 1024);
    assert_eq!(got("REGION_CACHE_COMPRESS_ABOVE", "never").compress_above, usize::MAX);
    assert_eq!(got("REGION_CACHE_MAX_VALUE_BYTES", "1 MiB").max_value_bytes, 1 << 20);
    assert_ne!(got("REGION_CACHE_SCHEMA", "2").schema, 0);
}

#[test]
fn every_setting_of_the_cache_can_be_set_by_a_variable() {
    assert_eq!(with(&[("REGION_CACHE_URL", "null:")]).unwrap().url, "null:");
    let builder = with(&[("REGION_CACHE_NAMESPACE", "staging")]).unwrap();
    assert_eq!(builder.namespace.as_deref(), Some("staging"));
    assert_eq!(
        with(&[("REGION_CACHE_MEMORY_CAPACITY", "64MiB")]).unwrap().memory_capacity,
        64 << 20
    );
    assert_eq!(with(&[("REGION_CACHE_MEMORY_CAPACITY", "1000")]).unwrap().memory_capacity, 1000);
    let builder = with(&[("REGION_CACHE_OPERATION_TIMEOUT", "500ms")]).unwrap();
    assert_eq!(builder.operation_timeout, Duration::from_millis(500));
    assert!(with(&[("REGION_CACHE_CONNECT_LAZILY", "1")]).unwrap().connect_lazily);
    let builder = with(&[("REGION_CACHE_ON_UNAVAILABLE", "error")]).unwrap();
    assert_eq!(builder.on_unavailable, OnUnavailable::Error);
}

#[test]
fn a_file_may_write_numbers_as_numbers() {
    let builder = written(
        "url = 'null:'\nmemory_capacity = 1000\nconnect_lazily = true\nttl_jitter = 0\n\
         refresh_ahead = 0.8\nschema = 2\nmax_value_bytes = 10\ncompress_above = 5\n",
    )
    .unwrap();
    assert_eq!((builder.memory_capacity, builder.connect_lazily), (1000, true));
    let got = settings(builder, "shop");
    assert_eq!(got.schema, settings(with(&[("REGION_CACHE_SCHEMA", "2")]).unwrap(), "shop").schema);
    assert_eq!((got.max_value_bytes, got.compress_above), (10, 5));
    assert_eq!(got.refresh_ahead, Some(RefreshAhead::at(0.8)));
}

#[test]
fn regions_have_tables_of_their_own_by_path_or_one_within_the_other() {
    for text in [
        "entry_ttl = '2h'\n[regions.'shop.Sessions']\nentry_ttl = '1h'\n[regions.shop]\nschema = 1",
        "entry_ttl = '2h'\n[regions.shop]\nschema = 1\n[regions.shop.Sessions]\nentry_ttl = '1h'",
    ] {
        let got = |path| settings(written(text).unwrap(), path);
        assert_eq!(got("shop.Sessions.alice").entry_ttl, Some(HOUR));
        assert_ne!(got("shop.Sessions").schema, 0, "from the region above");
        assert_eq!(got("shop").entry_ttl, Some(HOUR * 2));
        assert_eq!(got("shop.sessions").entry_ttl, Some(HOUR * 2), "another name");
    }
    let regions = r#"{"shop.sessions" = {ttl = "1h", codec = "json"}, blog.schema = 1}"#;
    let got = |path| settings(with(&[("REGION_CACHE_REGIONS", regions)]).unwrap(), path);
    assert_eq!(got("shop.sessions").region_ttl, Some(HOUR));
    assert_eq!((got("shop").region_ttl, got("blog").schema > 0), (None, true));
}

#[test]
fn what_is_set_later_wins_setting_by_setting() {
    let file =
        written("namespace = 'file'\nentry_ttl = '2h'\nttl = '2h'\n[regions.shop]\nttl = '3h'");
    let vars = [("REGION_CACHE_NAMESPACE", "vars"), ("REGION_CACHE_TTL", "1h")];
    let both = file.unwrap().vars("REGION_CACHE", vars).unwrap();
    assert_eq!(both.namespace.as_deref(), Some("vars"));
    let both = settings(both, "blog");
    assert_eq!((both.region_ttl, both.entry_ttl), (Some(HOUR), Some(HOUR * 2)));

    let regions = [("REGION_CACHE_REGIONS", "{shop = {ttl = '4h'}}"), ("REGION_CACHE_TTL", "1h")];
    let file = written("[regions.shop]\nttl = '3h'\nschema = 1").unwrap();
    let shop = settings(file.vars("REGION_CACHE", regions).unwrap(), "shop");
    assert_eq!((shop.region_ttl, shop.schema > 0), (Some(HOUR * 4), true));

    let code = with(&vars).unwrap().namespace("code");
    assert_eq!(code.namespace.as_deref(), Some("code"));
}

#[test]
fn only_variables_with_the_prefix_are_settings_and_empty_ones_are_not() {
    let vars =
        [("PATH", "/bin"), ("REGION_CACHEURL", "x"), ("SHOP_URL", "x"), ("REGION_CACHE_URL", "")];
    assert_eq!(with(&vars).unwrap().url, "memory:");
    assert_eq!(
        with(&[("REGION_CACHE_REDIS_SERVER", "/usr/bin/redis-server")]).unwrap().url,
        "memory:"
    );
    for prefix in ["SHOP", "SHOP_"] {
        let builder = CacheBuilder::new().vars(prefix, [("SHOP_URL", "null:")]).unwrap();
        assert_eq!(builder.url, "null:");
    }
    for prefix in ["", "_"] {
        let error = CacheBuilder::new().vars(prefix, [("PATH", "/bin")]).unwrap_err();
        assert!(error.is_config() && error.to_string().contains("every variable"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named_and_not_shown() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = OsString::from_vec(b"redis://:hunter2\xff@host".to_vec());
    let error = CacheBuilder::new()
        .vars("REGION_CACHE", [(OsString::from("REGION_CACHE_URL"), value)])
        .unwrap_err();
    assert_eq!(error.to_string(), "`REGION_CACHE_URL` is not valid UTF-8");
}

#[test]
fn an_unknown_variable_is_an_error_with_the_nearest_that_is_known() {
    for (name, meant) in [
        ("REGION_CACHE_NAMESPCE", "REGION_CACHE_NAMESPACE"),
        ("REGION_CACHE_ENTRY_TLT", "REGION_CACHE_ENTRY_TTL"),
        ("REGION_CACHE_ENTRYTTL", "REGION_CACHE_ENTRY_TTL"),
        ("REGION_CACHE_STALE", "REGION_CACHE_STALE_FOR"),
        ("REGION_CACHE_KEY_PREFIX", "REGION_CACHE_NAMESPACE"),
        ("REGION_CACHE_DEFAULT_TIMEOUT", "REGION_CACHE_ENTRY_TTL"),
        ("REGION_CACHE_NO_TTL", "REGION_CACHE_ENTRY_TTL"),
    ] {
        let error = wrong(name, "hunter2");
        assert_eq!(error, format!("`{name}` is no setting; did you mean `{meant}`?"));
    }
    for name in ["REGION_CACHE_Url", "REGION_CACHE_url"] {
        assert!(wrong(name, "memory:").ends_with("did you mean `REGION_CACHE_URL`?"));
    }
    let error = wrong("REGION_CACHE_GRAVITY", "9.81");
    assert!(error.contains("use `REGION_CACHE_URL`, `REGION_CACHE_NAMESPACE`"), "{error}");
    assert!(!error.contains("9.81"), "a misspelt name may hide a URL: {error}");
}

#[test]
fn an_unknown_key_of_a_file_is_an_error_with_the_nearest_that_is_known() {
    let error = wrong_file("namespce = 'hunter2'").to_string();
    assert!(error.contains("`namespce` in `") && error.contains("`namespace`?"), "{error}");
    let error = wrong_file("[regions.shop]\ntll = '1h'").to_string();
    assert!(error.contains("`tll` of region `shop` in `") && error.contains("`ttl`?"), "{error}");
    let error = wrong_file("[region.shop]\nttl = '1h'").to_string();
    assert!(error.contains("`region` in `") && error.contains("`regions`?"), "{error}");
    let error = wrong_file("[regions.shop]\nnamespace = 'x'").to_string();
    assert!(error.contains("setting of the whole cache"), "{error}");
}

#[test]
fn a_value_that_makes_no_sense_is_shown_with_what_would() {
    for (name, value, says) in [
        ("ENTRY_TTL", "10", "is `10`: a time needs a unit: `10s` for seconds"),
        ("ENTRY_TTL", "soon", "or `never`"),
        ("TTL", "0s", "`ttl` is zero"),
        ("OPERATION_TIMEOUT", "0s", "the default is `1s`"),
        ("TTL_JITTER", "2", "at least 0 and below 1"),
        ("TTL_JITTER", "a bit", "a number, such as"),
        ("REFRESH_AHEAD", "1", "above 0 and below 1"),
        ("REFRESH_AHEAD", "by-cost 0", "use 1"),
        ("REFRESH_AHEAD", "by-price", "or `by-cost`"),
        ("CODEC", "xml", "one of `message-pack`, `json`, `bincode`"),
        ("ON_UNAVAILABLE", "panic", "one of `compute`, `error`"),
        ("CONNECT_LAZILY", "maybe", "either `true` or `false`"),
        ("MEMORY_CAPACITY", "256MB", "such as `256MiB`"),
        ("MEMORY_CAPACITY", "-1", "such as `256MiB`"),
        ("MEMORY_CAPACITY", "99999999TiB", "such as `256MiB`"),
        ("MAX_VALUE_BYTES", "0", "from 1 to"),
        ("NAMESPACE", "a b", "namespace"),
        ("REGIONS", "shop", "no inline table of TOML"),
        ("REGIONS", "{}\nurl = 'x'", "goes on after its end"),
        ("REGIONS", "5", "a table for each region"),
        ("REGIONS", "{shop = 5}", "no table of settings"),
        ("REGIONS", "{'shop..x' = {ttl = '1h'}}", "empty segment"),
        (
            "REGIONS",
            "{shop = {ttl = 5}}",
            "`ttl` of region `shop` in `REGION_CACHE_REGIONS` is `5`",
        ),
        ("REGIONS", "{shop = {ttl = {x = 1}}}", "is a table: a time is"),
    ] {
        let error = wrong(&format!("REGION_CACHE_{name}"), value);
        assert!(error.contains(&format!("REGION_CACHE_{name}")), "{error}");
        assert!(error.contains(says), "{name}={value}: {error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_says_where_it_was_looked_for() {
    let error = CacheBuilder::from_file("no/such/cache.toml").unwrap_err();
    let here = std::env::current_dir().unwrap().display().to_string();
    let says = error.to_string();
    assert!(
        error.is_config() && says.contains("`no/such/cache.toml`") && says.contains(&here),
        "{says}"
    );
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn broken_toml_is_named_by_its_line_and_shows_no_secret() {
    for text in [
        "namespace = 'shop'\nurl = \"redis://:hunter2@host",
        "namespace = 'shop'\nredis://:hunter2@host",
        "namespace = 'shop'\nurl = redis://:hunter2@host",
        "namespace = 'shop'\nurl = 'hunter2' hunter2",
        "url = 'hunter2'\nurl = 'hunter2'",
    ] {
        let error = wrong_file(text);
        assert!(error.to_string().contains("line 2, column "), "{error}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    }
    let error = wrong_file("max_value_bytes = 99999999999999999999");
    assert!(error.to_string().contains("is no TOML: a number is too large"), "{error}");
}

#[tokio::test]
async fn a_url_that_makes_no_sense_names_its_variable_and_is_not_shown() {
    for url in ["hunter2", "http://:hunter2@host", "redis://alice:hunter2@host:port"] {
        let builder = with(&[("REGION_CACHE_URL", url)]).unwrap();
        assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
        let error = builder.build().await.unwrap_err();
        assert!(error.to_string().starts_with("`REGION_CACHE_URL`: "), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    assert!(!wrong_file("url = 4711").to_string().contains("4711"));
    for text in ["url = ['hunter2']", "[url]\nhunter2 = 1"] {
        let error = wrong_file(text);
        assert!(error.to_string().contains("`url` in "), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for name in ["REGION_CACHE_NAMESPACE", "REGION_CACHE_CODEC", "REGION_CACHE_TTL"] {
        let error = wrong(name, "redis://:hunter2@host");
        assert_eq!(error, format!("`{name}` is a URL, which only `REGION_CACHE_URL` can be"));
    }
    let by_code = with(&[("REGION_CACHE_URL", "null:")]).unwrap().url("nowhere");
    assert!(!by_code.build().await.unwrap_err().to_string().contains("REGION_CACHE_URL"));
}

#[test]
fn the_guide_has_a_row_for_every_setting() {
    let guide = include_str!("../../guide/configuration.md");
    let mut rows = 0;
    for name in set::names() {
        let row = format!("| `{name}` | `REGION_CACHE_{}` |", name.to_uppercase());
        assert!(guide.contains(&row), "{row}");
        rows += 1;
    }
    assert_eq!(
        guide.matches("| `REGION_CACHE_").count(),
        rows,
        "the guide names settings that do not exist"
    );
}
