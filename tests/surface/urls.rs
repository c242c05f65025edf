//! URLs: what is wrong with one is said without what is secret in it.

use region_cache::Cache;

#[tokio::test]
async fn no_secret_of_a_url_is_ever_shown() {
    // Nobody listens on port 1.
    for url in [
        "redis://alice:hunter2@127.0.0.1:1/0",
        "redis://:hunter2@127.0.0.1:1",
        "redis://alice:hunter2@127.0.0.1:1/hunter2",
        "redis://alice:hunter2@127.0.0.1:port",
        "redis://alice:hunter2@",
        "redis://hunter2:hunter2@/0",
        "redis+unix:///nowhere?user=alice&pass=hunter2",
        "rediss://alice:hunter2@127.0.0.1:1",
        "redis+sentinel://alice:hunter2@127.0.0.1:1,127.0.0.1:2/service",
        "redis+cluster://alice:hunter2@127.0.0.1:1",
        "http://alice:hunter2@127.0.0.1:1",
        "alice:hunter2@127.0.0.1:1",
        "hunter2@127.0.0.1:1",
        "hunter2",
        "memory:hunter2",
        "memory://hunter2",
        "null:hunter2",
        "://hunter2",
        "redis//alice:hunter2@127.0.0.1:1",
    ] {
        let builder = Cache::builder().url(url);
        assert!(!format!("{builder:?}").contains("hunter2"), "{builder:?}");
        for error in [builder.build().await.unwrap_err(), Cache::connect(url).await.unwrap_err()] {
            assert!(error.is_config() || error.is_unavailable(), "{url}: {error:?}");
            for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
                assert!(!shown.contains("hunter2"), "{url}: {shown}");
            }
        }
        let lazy = Cache::builder().url(url).connect_lazily(true).build().await;
        let shown = lazy.map_or_else(|error| format!("{error:?}"), |cache| format!("{cache:?}"));
        assert!(!shown.contains("hunter2"), "{url}: {shown}");
    }
}

#[tokio::test]
async fn what_is_no_url_is_told_what_would_be_one() {
    for url in ["", "memory", "memroy:", "null", "/nowhere", "http://localhost", "memory:x"] {
        let error = Cache::connect(url).await.unwrap_err();
        assert!(error.is_config(), "{url}: {error:?}");
        assert!(error.to_string().contains("`memory:`"), "{url}: {error}");
    }
}

#[tokio::test]
async fn the_urls_of_this_version_connect() {
    for url in ["memory:", "null:"] {
        let cache = Cache::connect(url).await.unwrap();
        cache.ping().await.unwrap();
        cache.region("shop").set("k", &1).await.unwrap();
    }
}

#[tokio::test]
async fn each_connection_to_memory_has_a_memory_of_its_own() {
    let (one, other) =
        (Cache::connect("memory:").await.unwrap(), Cache::connect("memory:").await.unwrap());
    one.region("shop").set("k", &1).await.unwrap();
    assert_eq!(other.region("shop").get::<i64>("k").await.unwrap(), None);
}
