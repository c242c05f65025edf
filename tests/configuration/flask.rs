//! What each of Flask-Caching's settings does, done by ours.

use std::time::Duration;

use region_cache::{Cache, Clock, Result};

/// The cache that these variables describe.
async fn cache(vars: &[(&str, &str)]) -> Result<Cache> {
    Cache::builder().vars("REGION_CACHE", vars.iter().copied())?.build().await
}

#[tokio::test]
async fn cache_type_simple_cache() {
    let cache = cache(&[("REGION_CACHE_URL", "memory:")]).await.unwrap();
    cache.region("shop").set("price", &1999).await.unwrap();
    assert_eq!(cache.region("shop").get::<i64>("price").await.unwrap(), Some(1999));
}

#[tokio::test]
async fn cache_type_null_cache() {
    let cache = cache(&[("REGION_CACHE_URL", "null:")]).await.unwrap();
    cache.region("shop").set("price", &1999).await.unwrap();
    assert_eq!(cache.region("shop").get::<i64>("price").await.unwrap(), None);
}

#[tokio::test]
async fn cache_type_that_does_not_exist() {
    let error = cache(&[("REGION_CACHE_URL", "MemcachedCache")]).await.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("`REGION_CACHE_URL`"), "{error}");
}

#[tokio::test]
async fn cache_default_timeout() {
    let clock = Clock::manual();
    let builder = Cache::builder().clock(clock.clone());
    let vars = [("REGION_CACHE_ENTRY_TTL", "5m")];
    let cache = builder.vars("REGION_CACHE", vars).unwrap().build().await.unwrap();
    cache.region("shop").set("price", &1999).await.unwrap();
    clock.advance(Duration::from_secs(299));
    assert!(cache.region("shop").contains("price").await.unwrap());
    clock.advance(Duration::from_secs(1));
    assert!(!cache.region("shop").contains("price").await.unwrap());
}

/// Theirs is 0 for "never".
#[tokio::test]
async fn cache_default_timeout_of_zero_never_expires() {
    let clock = Clock::manual();
    let vars = [("REGION_CACHE_ENTRY_TTL", "never")];
    let builder = Cache::builder().vars("REGION_CACHE", vars).unwrap();
    let cache = builder.clock(clock.clone()).build().await.unwrap();
    cache.region("shop").set("price", &1999).await.unwrap();
    clock.advance(Duration::from_secs(1_000_000_000));
    assert!(cache.region("shop").contains("price").await.unwrap());
}

#[tokio::test]
async fn cache_key_prefix() {
    let here = Cache::in_memory();
    let vars = [("REGION_CACHE_NAMESPACE", "staging")];
    let builder = Cache::builder().vars("REGION_CACHE", vars).unwrap();
    let staging = builder.backend(here.backend()).build().await.unwrap();
    staging.region("shop").set("price", &1999).await.unwrap();
    assert_eq!(here.region("shop").get::<i64>("price").await.unwrap(), None, "another namespace");
    assert_eq!(staging.region("shop").get::<i64>("price").await.unwrap(), Some(1999));
}

#[tokio::test]
async fn cache_threshold() {
    let cache = cache(&[("REGION_CACHE_MEMORY_CAPACITY", "64KiB")]).await.unwrap();
    let long = "x".repeat(1000);
    for number in 0..1000 {
        cache
            .region("shop")
            .with(|o| o.compress_above(usize::MAX))
            .set(number, &long)
            .await
            .unwrap();
    }
    let left = cache.region("shop").len().await.unwrap();
    assert!((1..65).contains(&left), "{left} of 1000");
}

/// The names that people know are no settings, and lead to ours.
#[tokio::test]
async fn names_of_flask_caching_lead_to_ours() {
    for (theirs, ours) in [
        ("REGION_CACHE_TYPE", "REGION_CACHE_URL"),
        ("REGION_CACHE_REDIS_HOST", "REGION_CACHE_URL"),
        ("REGION_CACHE_REDIS_URL", "REGION_CACHE_URL"),
        ("REGION_CACHE_DEFAULT_TIMEOUT", "REGION_CACHE_ENTRY_TTL"),
        ("REGION_CACHE_KEY_PREFIX", "REGION_CACHE_NAMESPACE"),
        ("REGION_CACHE_THRESHOLD", "REGION_CACHE_MEMORY_CAPACITY"),
    ] {
        let error = cache(&[(theirs, "5")]).await.unwrap_err();
        assert!(error.to_string().ends_with(&format!("did you mean `{ours}`?")), "{error}");
    }
}

#[tokio::test]
async fn testing_uses_no_server() {
    let cache = cache(&[]).await.unwrap();
    cache.region("shop").set("price", &1999).await.unwrap();
    let no_server = format!("{cache:?}");
    assert!(no_server.contains("Memory"), "{no_server}");
}

#[cfg(unix)]
mod on_redis {
    use region_cache_testkit::server::Server;

    use super::*;

    #[tokio::test]
    async fn cache_redis_url() {
        let server = Server::start().await;
        let [here, there] = [(); 2].map(|()| server.url());
        let here = cache(&[("REGION_CACHE_URL", &here)]).await.unwrap();
        let there = cache(&[("REGION_CACHE_URL", &there)]).await.unwrap();
        here.region("shop").set("price", &1999).await.unwrap();
        assert_eq!(there.region("shop").get::<i64>("price").await.unwrap(), Some(1999));
    }

    #[tokio::test]
    async fn cache_redis_password() {
        let server = Server::builder().password("hunter2").start().await;
        let right = server.url();
        cache(&[("REGION_CACHE_URL", &right)]).await.unwrap();
        let wrong = right.replace("hunter2", "hunter3");
        assert_ne!(wrong, right);
        let error = cache(&[("REGION_CACHE_URL", &wrong)]).await.unwrap_err();
        assert!(error.is_auth(), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    }

    #[tokio::test]
    async fn cache_redis_db() {
        let server = Server::start().await;
        let one = format!("{}/1", server.url().trim_end_matches('/'));
        let one = cache(&[("REGION_CACHE_URL", &one)]).await.unwrap();
        let none = cache(&[("REGION_CACHE_URL", &server.url())]).await.unwrap();
        one.region("shop").set("price", &1999).await.unwrap();
        assert_eq!(none.region("shop").get::<i64>("price").await.unwrap(), None);
    }
}
