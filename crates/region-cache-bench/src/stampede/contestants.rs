//! Who is asked: region-cache, and its peers as their own documentation has it.

use std::sync::Arc;

use cached::macros::cached;
use futures::FutureExt;
use futures::future::BoxFuture;
use region_cache::{BoxError, Cache, Region};

use crate::connect;
use crate::row::{Row, Source};

/// A cache in front of the source.
pub(super) struct Contestant {
    pub(super) name: &'static str,
    pub(super) get: Get,
}

/// The row of a key, computed where it is absent.
pub(super) type Get =
    Box<dyn Fn(String) -> BoxFuture<'static, Result<Row, BoxError>> + Send + Sync>;

/// All that run in this process.
pub(super) async fn all(url: &str, source: &Arc<Source>) -> Result<Vec<Contestant>, BoxError> {
    Ok(vec![
        Contestant {
            name: "region-cache on Redis",
            get: region_cache(&connect(url).await?.region("stampede.alone"), source),
        },
        Contestant {
            name: "region-cache in memory",
            get: region_cache(&Cache::in_memory().region("stampede"), source),
        },
        Contestant { name: "moka future, get_with", get: moka_get_with(source) },
        Contestant { name: "moka future, try_get_with", get: moka_try_get_with(source) },
        Contestant { name: "cached, sync_writes = true", get: cached_sync_writes(source) },
        Contestant { name: "cached, sync_writes = \"by_key\"", get: cached_by_key(source) },
        Contestant { name: "cached, plain", get: cached_plain(source) },
    ])
}

pub(super) fn region_cache(region: &Region, source: &Arc<Source>) -> Get {
    let (region, source) = (region.clone(), Arc::clone(source));
    Box::new(move |key| {
        let (region, source) = (region.clone(), Arc::clone(&source));
        async move { Ok(region.get_or_compute(key, || source.try_load()).await?) }.boxed()
    })
}

fn moka_get_with(source: &Arc<Source>) -> Get {
    let (cache, source) = (moka::future::Cache::new(CAPACITY), Arc::clone(source));
    Box::new(move |key| {
        let (cache, source) = (cache.clone(), Arc::clone(&source));
        async move { Ok(cache.get_with(key, async { source.load().await }).await) }.boxed()
    })
}

fn moka_try_get_with(source: &Arc<Source>) -> Get {
    let (cache, source) = (moka::future::Cache::new(CAPACITY), Arc::clone(source));
    Box::new(move |key| {
        let (cache, source) = (cache.clone(), Arc::clone(&source));
        let row = async move { cache.try_get_with(key, source.try_load()).await };
        row.map(|row| row.map_err(|error: Arc<BoxError>| error.to_string().into())).boxed()
    })
}

fn cached_plain(source: &Arc<Source>) -> Get {
    let source = Arc::clone(source);
    Box::new(move |key| {
        let source = Arc::clone(&source);
        async move { Ok(plain(&key, &source).await) }.boxed()
    })
}

fn cached_sync_writes(source: &Arc<Source>) -> Get {
    let source = Arc::clone(source);
    Box::new(move |key| {
        let source = Arc::clone(&source);
        async move { Ok(synchronized(&key, &source).await) }.boxed()
    })
}

fn cached_by_key(source: &Arc<Source>) -> Get {
    let source = Arc::clone(source);
    Box::new(move |key| {
        let source = Arc::clone(&source);
        async move { Ok(by_key(&key, &source).await) }.boxed()
    })
}

#[cached(key = "String", convert = r#"{ _name.to_owned() }"#)]
async fn plain(_name: &str, source: &Source) -> Row {
    source.load().await
}

#[cached(sync_writes = true, key = "String", convert = r#"{ _name.to_owned() }"#)]
async fn synchronized(_name: &str, source: &Source) -> Row {
    source.load().await
}

#[cached(sync_writes = "by_key", key = "String", convert = r#"{ _name.to_owned() }"#)]
async fn by_key(_name: &str, source: &Source) -> Row {
    source.load().await
}

/// More than there are keys.
const CAPACITY: u64 = 10_000;
