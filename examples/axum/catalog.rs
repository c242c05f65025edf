//! What the shop sells, cached: a region for each category.

use region_cache::{Cache, cached, invalidates};

use crate::database::{Database, Product};
use crate::error::ShopError;

#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    pub(crate) cache: Cache,
    pub(crate) database: Database,
}

impl Catalog {
    #[cached(cache = "self.cache", region = "catalog.index", key = "categories", ttl = "10m")]
    pub(crate) async fn categories(&self) -> Result<Vec<String>, ShopError> {
        self.database.categories().await
    }

    #[cached(cache = "self.cache", region = "catalog.{category}", key = "products", ttl = "10m")]
    pub(crate) async fn products(&self, category: &str) -> Result<Vec<Product>, ShopError> {
        self.database.products(category).await
    }

    /// Once the database has it, the signal tells everybody who shows the category.
    #[invalidates(cache = "self.cache", signal = "category.{category}.changed")]
    pub(crate) async fn set_price(
        &self,
        category: &str,
        id: u64,
        price: u64,
    ) -> Result<(), ShopError> {
        self.database.set_price(category, id, price).await
    }
}
