//! A crate that allows nothing: no warning may come from what the attributes write.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unused,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    rust_2018_idioms,
    let_underscore,
    clippy::all,
    clippy::pedantic
)]

use std::sync::Arc;

use region_cache::{Cache, Error, cached, invalidates};

/// A user.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

/// Loads one.
#[cached(region = "users.{tenant}", key = "{id}", ttl = "10m", stale_for = "1h")]
async fn load(tenant: &str, id: u64) -> Result<User, Error> {
    std::future::ready(()).await;
    Ok(User { id: id + tenant.len() as u64 })
}

/// Is used nowhere.
#[allow(dead_code)]
#[cached]
async fn unused(mut id: u64) -> Option<u64> {
    id += 1;
    std::future::ready(Some(id)).await
}

/// Has many arguments.
#[expect(clippy::too_many_arguments, reason = "it is about them")]
#[cached(cache = "cache", skip(_d))]
async fn many(cache: &Cache, a: u8, b: u8, c: u8, _d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    std::future::ready(a + b + c + e + f + g + h).await
}

/// Changes one.
#[invalidates(region = "users.{tenant}", key = "{id}")]
#[invalidates(signal = "user.{id}")]
async fn change(tenant: &str, mut id: u64) -> Result<u64, Error> {
    std::future::ready(()).await;
    id += 1;
    Ok(id)
}

/// A shop.
#[derive(Debug)]
struct Shop {
    cache: Cache,
    tenant: String,
}

impl Shop {
    /// By reference.
    #[cached(cache = "self.cache", region = "shop.{self.tenant}")]
    async fn get(&self, id: u64) -> Result<u64, Error> {
        std::future::ready(Ok(id)).await
    }

    /// By value.
    #[cached(cache = "self.cache")]
    async fn take(mut self, id: u64) -> u64 {
        self.tenant.clear();
        std::future::ready(id).await
    }

    /// Shared.
    #[cached(cache = "self.cache")]
    async fn share(mut self: Arc<Self>, id: u64) -> u64 {
        self = Arc::clone(&self);
        std::future::ready(id).await
    }

    /// To be changed.
    #[cached(cache = "self.cache")]
    async fn change(&mut self, id: u64) -> u64 {
        self.tenant.clear();
        std::future::ready(id).await
    }

    /// Without an instance.
    #[cached]
    async fn class<T: Clone + Send + Sync + serde::Serialize>(value: &T, r#type: u64) -> u64 {
        let _value = value.clone();
        std::future::ready(r#type).await
    }
}

/// Loads something.
trait Load {
    /// By a number.
    async fn load(&self, id: u64) -> u64;
}

impl Load for Shop {
    #[cached(cache = "self.cache")]
    async fn load(&self, mut id: u64) -> u64 {
        id += 1;
        std::future::ready(id).await
    }
}

/// Has companions that are shown as it is.
pub mod shown {
    /// Loads.
    #[region_cache::cached]
    pub async fn r#move(id: u64) -> u64 {
        std::future::ready(id).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    load("acme", 7).await?;
    load::invalidate("acme", 7).await?;
    change("acme", 7).await?;
    many(&region_cache::global(), 1, 2, 3, 4, 5, 6, 7, 8).await;
    let shop = || Shop { cache: Cache::in_memory(), tenant: "acme".to_owned() };
    shop().get(7).await?;
    shop().take(7).await;
    shop().change(7).await;
    Arc::new(shop()).share(7).await;
    Shop::class(&7, 7).await;
    shop().load(7).await;
    shown::r#move(7).await;
    Ok(())
}
