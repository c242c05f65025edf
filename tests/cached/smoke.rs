use region_cache::{Cache, Error, cached, invalidates};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

#[derive(Debug)]
enum DbError {
    Cache(Error),
    Gone,
}
impl From<Error> for DbError {
    fn from(e: Error) -> Self {
        Self::Cache(e)
    }
}

static LOADS: AtomicU32 = AtomicU32::new(0);

/// Loads.
#[cached(region = "users.{tenant}", key = "{id}", ttl = "10m")]
async fn load_user(tenant: &str, id: u64) -> Result<User, DbError> {
    LOADS.fetch_add(1, Ordering::SeqCst);
    if id == 0 {
        return Err(DbError::Gone);
    }
    Ok(User { id, name: format!("{tenant}/{id}") })
}

#[invalidates(region = "users.{tenant}", key = "{id}")]
async fn rename_user(tenant: &str, id: u64, _name: &str) -> Result<(), DbError> {
    Ok(())
}

struct Shop {
    cache: Cache,
    tenant: String,
}

impl Shop {
    #[cached(cache = "self.cache", region = "shop.{self.tenant}", key = "{id}")]
    pub async fn load(&self, id: u64) -> Result<User, DbError> {
        Ok(User { id, name: self.tenant.clone() })
    }
    #[cached(cache = "self.cache", cache_none)]
    async fn plain(&self, id: u64) -> Option<u64> {
        Some(id)
    }
    #[cached]
    async fn class(id: u64) -> u64 {
        id
    }
}

trait Load {
    async fn fetch(&self, id: u64) -> Result<u64, DbError>;
}
impl Load for Shop {
    #[cached(cache = "self.cache")]
    async fn fetch(&self, id: u64) -> Result<u64, DbError> {
        if id == 3 {
            return Ok(4);
        }
        Ok(id)
    }
}

#[cached(store_if = |list| !list.is_empty(), stale_if = |list: &Vec<T>| list.len() > 3, unless = n == 0, refresh_if = n == 1, version = "v1")]
async fn generic<
    T: serde::Serialize + Clone + serde::de::DeserializeOwned + Send + Sync + 'static,
    const N: usize,
>(
    value: T,
    n: usize,
) -> Vec<T> {
    vec![value; n + N]
}

#[tokio::test]
async fn it_works() {
    let a = load_user("acme", 7).await.unwrap();
    assert_eq!(a, load_user("acme", 7).await.unwrap());
    assert_eq!(LOADS.load(Ordering::SeqCst), 1);
    assert!(load_user::invalidate("acme", 7).await.unwrap());
    load_user("acme", 7).await.unwrap();
    assert_eq!(LOADS.load(Ordering::SeqCst), 2);
    load_user::invalidate_all("acme").await.unwrap();
    load_user::refresh("acme", 7).await.unwrap();
    load_user::uncached("acme", 7).await.unwrap();
    assert_eq!(load_user::key("acme", 7), region_cache::Key::from(7));
    rename_user("acme", 7, "x").await.unwrap();
    assert!(load_user::region("acme").get::<User>(7).await.unwrap().is_none());
    assert!(matches!(load_user("acme", 0).await, Err(DbError::Gone)));
    let shop = Shop { cache: Cache::in_memory(), tenant: "t".into() };
    shop.load(1).await.unwrap();
    assert!(shop.load_invalidate(1).await.unwrap());
    shop.load_invalidate_all().await.unwrap();
    shop.plain(1).await;
    shop.fetch(1).await.unwrap();
    Shop::class(1).await;
    assert_eq!(Shop::class_region().path(), "fn~all.cached.smoke.Shop.class");
    assert_eq!(generic::<_, 1>(1u8, 1).await.len(), 2);
    generic::invalidate_all().await.unwrap();
    generic::invalidate::<u8, 1>(1u8, 1).await.unwrap();
}
