//! The handlers.

use std::sync::atomic::Ordering;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Redirect};
use minijinja::value::Serde;
use minijinja::{Value, context};
use region_cache::segment;
use region_cache_tower::Region;
use serde::Deserialize;

use crate::error::ShopError;
use crate::shop::Shop;

/// A form of the admin page.
#[derive(Deserialize)]
pub(crate) struct Price {
    id: u64,
    price: u64,
}

/// All categories, each with what it has: their parts of the page are fragments, which fall one by one.
pub(crate) async fn home(State(shop): State<Shop>) -> Result<Html<String>, ShopError> {
    let mut categories = Vec::new();
    for name in shop.catalog.categories().await? {
        let products = shop.catalog.products(&name).await?;
        let (region, products) = (region_of(&name), Serde(products));
        categories.push(context! { name, region, products });
    }
    shop.render("home.html", context! { categories }).await
}

pub(crate) async fn category(
    State(shop): State<Shop>,
    Path(category): Path<String>,
) -> Result<Html<String>, ShopError> {
    let products = Serde(shop.catalog.products(&category).await?);
    shop.render("category.html", context! { category, products }).await
}

/// Never cached, because it says so.
pub(crate) async fn admin(State(shop): State<Shop>) -> Result<impl IntoResponse, ShopError> {
    let mut categories = Vec::new();
    for name in shop.catalog.categories().await? {
        let products = Serde(shop.catalog.products(&name).await?);
        categories.push(context! { name, products });
    }
    let page = shop.render("admin.html", context! { categories }).await?;
    Ok(([(CACHE_CONTROL, "no-store")], page))
}

/// Changes a price; what shows it falls by the signal that the catalog emits.
pub(crate) async fn set_price(
    State(shop): State<Shop>,
    Path(category): Path<String>,
    Form(form): Form<Price>,
) -> Result<Redirect, ShopError> {
    shop.catalog.set_price(&category, form.id, form.price).await?;
    Ok(Redirect::to("/admin"))
}

/// Lets a category fall by hand: its data with the fragments that show it, and its page.
pub(crate) async fn invalidate(Path(category): Path<String>) -> impl IntoResponse {
    let page = format!("http.shop.{}", segment(&category));
    (Region(region_of(&category)), Region(page), Region("http.index"), Redirect::to("/admin"))
}

impl Shop {
    async fn render(&self, template: &str, context: Value) -> Result<Html<String>, ShopError> {
        let rendered = self.rendered.fetch_add(1, Ordering::Relaxed) + 1;
        let context = context! { instance => &*self.name, rendered, ..context };
        Ok(Html(self.fragments.render(&self.templates, template, context).await?))
    }
}

fn region_of(category: &str) -> String {
    format!("catalog.{}", segment(category))
}
