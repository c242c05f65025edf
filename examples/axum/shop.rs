//! One instance of the shop: what falls by which signal, and what is cached around the handlers.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use minijinja::Environment;
use region_cache::fragments::Fragments;
use region_cache::{BoxError, Cache, segment};
use region_cache_tower::RegionCacheLayer;

use crate::catalog::Catalog;
use crate::database::Database;
use crate::pages;

#[derive(Clone)]
pub(crate) struct Shop {
    /// What its pages say of who has rendered them.
    pub(crate) name: Arc<str>,
    pub(crate) catalog: Catalog,
    pub(crate) fragments: Fragments,
    pub(crate) templates: Arc<Environment<'static>>,
    /// How many pages it has rendered.
    pub(crate) rendered: Arc<AtomicU32>,
}

impl Shop {
    pub(crate) async fn open(
        name: &str,
        cache: Cache,
        database: Database,
    ) -> Result<Self, BoxError> {
        let catalog = Catalog { cache: cache.clone(), database };
        declare(&cache, &catalog.categories().await?).await?;
        let fragments = Fragments::new(cache.region("fragments"));
        let mut templates = Environment::new();
        fragments.add_to(&mut templates);
        templates.add_template("layout.html", include_str!("layout.html"))?;
        templates.add_template("home.html", include_str!("home.html"))?;
        templates.add_template("category.html", include_str!("category.html"))?;
        templates.add_template("admin.html", include_str!("admin.html"))?;
        Ok(Self {
            name: name.into(),
            catalog,
            fragments,
            templates: Arc::new(templates),
            rendered: Arc::default(),
        })
    }

    pub(crate) fn router(self) -> Router {
        // The page /shop/tools lives in the region http.shop.tools, and the front page in http.index.
        let pages = RegionCacheLayer::new(self.catalog.cache.clone())
            .ttl(Duration::from_secs(600))
            .stale_for(Duration::from_secs(3_600))
            // The instances are one shop on several ports, and no page depends on its host or query.
            .key_with(|parts| parts.uri.path().to_owned())
            .x_cache(true);
        Router::new()
            .route("/", get(pages::home))
            .route("/shop/{category}", get(pages::category))
            .route("/admin", get(pages::admin))
            .route("/admin/{category}/price", post(pages::set_price))
            .route("/admin/{category}/invalidate", post(pages::invalidate))
            .layer(pages)
            .with_state(self)
    }
}

/// A category's data and its page fall when it changes, and so does the front page, which shows them all.
async fn declare(cache: &Cache, categories: &[String]) -> Result<(), BoxError> {
    for category in categories {
        let category = segment(category);
        let changed = format!("category.{category}.changed");
        cache.region("catalog").region(&category).invalidate_on(&changed).await?;
        cache.region("http.shop").region(&category).invalidate_on(&changed).await?;
    }
    cache.region("http.index").invalidate_on("category.*").await?;
    Ok(())
}
