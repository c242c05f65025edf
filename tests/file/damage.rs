//! Files that are not what was written.

use std::fs;

use region_cache::{Cache, Result};

use super::Place;

/// A cache whose file takes many pages.
async fn filled() -> (Place, Vec<u8>) {
    let place = Place::new();
    let cache = place.open().await;
    for region in 0..20 {
        let region = cache.region("shop").region(&format!("r{region}"));
        let values: Vec<(u64, Vec<u64>)> =
            (0..50).map(|number| (number, (0..number).collect())).collect();
        region.set_many(values.iter().map(|(key, value)| (*key, value))).await.unwrap();
    }
    cache.shutdown().await;
    let content = fs::read(place.path()).unwrap();
    (place, content)
}

/// Uses whatever can be used. What is found is what was stored.
async fn use_all(cache: &Cache) -> Result<()> {
    for region in 0..20 {
        let region = cache.region("shop").region(&format!("r{region}"));
        for key in 0..50_u64 {
            if let Some(value) = region.get::<Vec<u64>>(key).await? {
                assert_eq!(value, (0..key).collect::<Vec<_>>());
            }
        }
        region.set("new", &1).await?;
        region.remove(7).await?;
        region.len().await?;
    }
    cache.region("shop").invalidate().await?.freed().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_cut_is_an_error() {
    let (place, content) = filled().await;
    for length in [10, 100, 4_096, content.len() / 2, content.len() - 1] {
        fs::write(place.path(), &content[..length]).unwrap();
        let opened = Cache::connect(&place.url()).await;
        let result = match &opened {
            Ok(cache) => use_all(cache).await,
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = result {
            assert!(error.is_unavailable() || error.is_unconfirmed(), "{length}: {error:?}");
            assert!(error.to_string().contains("delete"), "{length}: {error}");
        }
    }
}

#[tokio::test]
async fn a_file_that_was_changed_is_an_error_at_worst() {
    let (place, content) = filled().await;
    let (mut errors, mut sound) = (0, 0);
    for at in (0..content.len()).step_by(content.len() / 60) {
        let mut changed = content.clone();
        for byte in changed.iter_mut().skip(at).take(64) {
            *byte ^= 0x5a;
        }
        fs::write(place.path(), &changed).unwrap();
        let result = match Cache::connect(&place.url()).await {
            Ok(cache) => use_all(&cache).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => sound += 1,
            Err(_) => errors += 1,
        }
    }
    println!("{errors} errors, {sound} times nothing was amiss");
    assert!(errors > 0 && sound > 0);
}

#[tokio::test]
async fn a_file_that_was_never_finished_says_so() {
    let place = Place::new();
    fs::write(place.path(), vec![0; 10_000]).unwrap();
    let error = Cache::connect(&place.url()).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("delete"), "{error}");
}
