//! Files that cannot be opened, and what is said about them.

use std::fs;

use redb::{Database, ReadableDatabase, TableDefinition};
use region_cache::{Cache, Error};

use super::{Place, url};

async fn refused(url: &str) -> Error {
    Cache::connect(url).await.unwrap_err()
}

#[tokio::test]
async fn a_url_without_a_path_is_told_what_one_is() {
    for url in ["file:", "file://", "file:///", "file:/tmp/"] {
        let error = refused(url).await;
        assert!(error.is_config() && error.to_string().contains("redb"), "{url}: {error}");
    }
    let error = refused("file://cache.redb").await;
    assert!(error.is_config() && error.to_string().contains("`file:cache.redb`"), "{error}");
}

#[tokio::test]
async fn paths_are_taken_as_they_stand() {
    let place = Place::new();
    let folder = place.path().parent().unwrap().display().to_string();
    for (number, url) in [
        format!("file:{folder}/plain.redb"),
        format!("file://{folder}/with-slashes.redb"),
        format!("file:{folder}/per%20cent and blanks.redb"),
    ]
    .iter()
    .enumerate()
    {
        let cache = Cache::connect(url).await.unwrap();
        cache.region("shop").set("k", &1).await.unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), number + 1);
    }
    assert!(fs::exists(format!("{folder}/per%20cent and blanks.redb")).unwrap());
    // Relative ones begin in the working directory.
    let up = "../".repeat(std::env::current_dir().unwrap().components().count() - 1);
    let relative = format!("file:{up}{}/plain.redb", folder.trim_start_matches('/'));
    let cache = Cache::connect(&relative).await.unwrap();
    assert_eq!(cache.region("shop").get::<i64>("k").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let place = Place::new();
    let error = refused(&url(&place.path().join("below/cache.redb"))).await;
    // A file cannot be a directory either.
    assert!(error.is_config(), "{error:?}");
    assert!(error.to_string().contains("no directory"), "{error}");
}

#[tokio::test]
async fn a_directory_is_no_file() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    let error = refused(&place.url()).await;
    assert!(error.is_config() && error.to_string().contains("is a directory"), "{error}");
}

#[tokio::test]
async fn another_file_is_left_as_it_is() {
    for content in ["x", "hello, this is a letter to my aunt", &"long ".repeat(10_000)] {
        let place = Place::new();
        fs::write(place.path(), content).unwrap();
        let error = refused(&place.url()).await;
        assert!(error.is_config() && error.to_string().contains("not a cache file"), "{error}");
        assert_eq!(fs::read_to_string(place.path()).unwrap(), content);
    }
}

#[tokio::test]
async fn another_programs_database_is_left_as_it_is() {
    const MINE: TableDefinition<'_, u64, u64> = TableDefinition::new("meta");
    let place = Place::new();
    let database = Database::create(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(MINE).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refused(&place.url()).await;
    assert!(error.is_config() && error.to_string().contains("another program"), "{error}");
    let database = Database::open(place.path()).unwrap();
    let table = database.begin_read().unwrap().open_table(MINE).unwrap();
    assert_eq!(table.get(1).unwrap().unwrap().value(), 2);
}

#[tokio::test]
async fn an_empty_file_becomes_a_cache() {
    let place = Place::new();
    fs::write(place.path(), "").unwrap();
    place.open().await.region("shop").set("k", &1).await.unwrap();
    assert_eq!(place.open().await.region("shop").get::<i64>("k").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_file_of_another_format_is_refused() {
    const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
    let place = Place::new();
    drop(place.open().await);
    let database = Database::open(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refused(&place.url()).await;
    assert!(error.is_config(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("format 2") && text.contains("format 1"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_in_use_is_not_shared() {
    let place = Place::new();
    let cache = place.open().await;
    let error = refused(&place.url()).await;
    assert!(error.is_unavailable(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("in use") && text.contains("Redis"), "{text}");
    // Within a process there is a way.
    let other = Cache::builder().backend(cache.backend()).build().await.unwrap();
    other.region("shop").set("k", &1).await.unwrap();
    assert_eq!(cache.region("shop").get::<i64>("k").await.unwrap(), Some(1));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let _cache = place.open().await;
    let mode = fs::metadata(place.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Where it is tried as one who may do everything, there is nothing to see.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_written_is_denied() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    drop(place.open().await);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o400)).unwrap();
    if fs::File::options().write(true).open(place.path()).is_err() {
        let error = refused(&place.url()).await;
        assert!(error.is_denied(), "{error:?}");
    }
    let error = refused("file:/proc/cache.redb").await;
    assert!(error.is_config() || error.is_denied(), "{error:?}");
}
