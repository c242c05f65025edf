#[cfg(not(feature = "file"))]
#[test]
fn without_its_feature_a_file_is_refused_by_name() {
    let refused = crate::cache::Cache::connect("file:cache.redb");
    let error = futures::executor::block_on(refused).unwrap_err();
    assert!(error.is_config() && error.to_string().contains("feature `file`"), "{error}");
    assert!(!std::path::Path::new("cache.redb").exists());
}

#[cfg(feature = "file")]
#[test]
fn with_its_feature_a_file_needs_a_path() {
    let refused = crate::cache::Cache::connect("file:");
    let error = futures::executor::block_on(refused).unwrap_err();
    assert!(error.is_config() && error.to_string().contains("`file:` and a path"), "{error}");
}
