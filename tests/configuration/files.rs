//! A file, with the program's own settings before it and the operator's after.

use std::time::Duration;

use region_cache::{Cache, CacheBuilder, Clock, RegionOptions};
use tempfile::TempDir;

/// A folder with a `cache.toml`.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cache.toml"), text).unwrap();
    folder
}

/// How long an entry of a region is made to live.
async fn ttl(cache: &Cache, path: &str) -> Duration {
    cache.region(path).set("k", &1).await.unwrap();
    cache.region(path).ttl("k").await.unwrap().unwrap()
}

#[tokio::test]
async fn code_file_and_environment_lie_over_each_other() {
    let minute = Duration::from_secs(60);
    let folder = folder(
        "entry_ttl = '2m'\n\
         [regions.'shop.sessions']\nentry_ttl = '3m'\n\
         [regions.'shop.orders']\nentry_ttl = '4m'\n",
    );
    let cache = Cache::builder()
        .clock(Clock::manual())
        .options(RegionOptions::new().entry_ttl(minute))
        .region("blog", RegionOptions::new().entry_ttl(minute))
        .file(folder.path().join("cache.toml"))
        .unwrap()
        .vars("SHOP", [("SHOP_REGIONS", "{\"shop.orders\" = {entry_ttl = '5m'}}")])
        .unwrap()
        .build()
        .await
        .unwrap();
    assert_eq!(ttl(&cache, "other").await, minute * 2, "the file's over the code's");
    assert_eq!(ttl(&cache, "blog.today").await, minute, "a region's own over what is set for all");
    assert_eq!(ttl(&cache, "shop.sessions.alice").await, minute * 3);
    assert_eq!(ttl(&cache, "shop.orders").await, minute * 5, "the environment's over the file's");
}

#[tokio::test]
async fn a_file_that_is_missing_or_wrong_is_named() {
    let folder = folder("entry_tll = '2m'");
    let path = folder.path().join("cache.toml");
    let error = CacheBuilder::from_file(&path).unwrap_err();
    let right =
        format!("`entry_tll` in `{}` is no setting; did you mean `entry_ttl`?", path.display());
    assert_eq!((error.is_config(), error.to_string()), (true, right));

    let missing = folder.path().join("cash.toml");
    let error = CacheBuilder::from_file(&missing).unwrap_err();
    assert!(
        error.to_string().contains(&format!("`{}` cannot be read", missing.display())),
        "{error}"
    );
    let error = CacheBuilder::from_file(folder.path()).unwrap_err();
    assert!(error.is_config(), "a folder is no file: {error}");
}
