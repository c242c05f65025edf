//! The shop's database: a file that all instances share, and that counts its queries.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

use crate::error::ShopError;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// In cents.
    pub(crate) price: u64,
}

type Tables = BTreeMap<String, Vec<Product>>;

#[derive(Clone, Debug)]
pub(crate) struct Database {
    file: PathBuf,
    queries: Arc<AtomicU32>,
}

impl Database {
    /// Opens the file, or makes it.
    pub(crate) async fn open(file: &Path) -> Result<Self, ShopError> {
        let database = Self { file: file.to_owned(), queries: Arc::default() };
        if !file.exists() {
            database.write(&goods()).await?;
        }
        database.read().await?;
        Ok(database)
    }

    pub(crate) async fn categories(&self) -> Result<Vec<String>, ShopError> {
        Ok(self.query().await?.into_keys().collect())
    }

    pub(crate) async fn products(&self, category: &str) -> Result<Vec<Product>, ShopError> {
        let products = self.query().await?.remove(category);
        products.ok_or_else(|| ShopError::NotFound(category.to_owned()))
    }

    pub(crate) async fn set_price(
        &self,
        category: &str,
        id: u64,
        price: u64,
    ) -> Result<(), ShopError> {
        let mut tables = self.query().await?;
        let product = tables
            .get_mut(category)
            .and_then(|products| products.iter_mut().find(|product| product.id == id));
        let product = product.ok_or_else(|| ShopError::NotFound(format!("{category}/{id}")))?;
        product.price = price;
        self.write(&tables).await
    }

    /// How many queries there were since this was last asked.
    pub(crate) fn queries(&self) -> u32 {
        self.queries.swap(0, Ordering::Relaxed)
    }

    async fn query(&self) -> Result<Tables, ShopError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.read().await
    }

    async fn read(&self) -> Result<Tables, ShopError> {
        let text = tokio::fs::read(&self.file).await.map_err(|error| self.failed(&error))?;
        serde_json::from_slice(&text).map_err(|error| self.failed(&error))
    }

    /// Beside the file first, so that nobody ever reads half of it.
    async fn write(&self, tables: &Tables) -> Result<(), ShopError> {
        let text = serde_json::to_vec_pretty(tables).map_err(|error| self.failed(&error))?;
        let beside = self.file.with_extension(format!("{}.new", std::process::id()));
        let written = async {
            tokio::fs::write(&beside, text).await?;
            tokio::fs::rename(&beside, &self.file).await
        };
        written.await.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::error::Error) -> ShopError {
        ShopError::Database(format!("{}: {error}", self.file.display()))
    }
}

fn goods() -> Tables {
    let products = |names: &[(&str, u64)]| {
        let product = |(id, (name, price)): (u64, &(&str, u64))| Product {
            id,
            name: (*name).to_owned(),
            price: *price,
        };
        (1..).zip(names).map(product).collect()
    };
    BTreeMap::from([
        ("tools".to_owned(), products(&[("Anvil", 19_900), ("Hammer", 1_250), ("Rope", 800)])),
        ("garden".to_owned(), products(&[("Spade", 2_400), ("Bucket", 600)])),
        ("magic & more".to_owned(), products(&[("Invisible paint", 4_200)])),
    ])
}
