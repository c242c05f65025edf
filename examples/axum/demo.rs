//! Two instances on one cache, and what each request costs.

use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use region_cache::{BoxError, Cache};
use tower::ServiceExt;

use crate::database::Database;
use crate::shop::Shop;

pub(crate) async fn run(url: &str, file: &Path) -> Result<(), BoxError> {
    let first = Cache::builder().url(url).namespace("shop-example").build().await?;
    first.clear().await?; // what an earlier run has left there
    // In one process two caches share a backend; two processes share a server.
    let second =
        Cache::builder().backend(first.backend()).namespace("shop-example").build().await?;
    let file = file.with_extension("demo.json");
    let database = Database::open(&file).await?;
    let a = Shop::open("A", first.clone(), database.clone()).await?.router();
    let b = Shop::open("B", second.clone(), database.clone()).await?.router();
    database.queries();

    let page = get(&a, "/shop/tools").await?;
    assert!(page.text.contains("Anvil") && page.status.contains("fwd"), "{}", page.status);
    say("A renders the page of the tools", &page, &database);

    let page = get(&b, "/shop/tools").await?;
    assert!(page.text.contains("instance A") && page.status.contains("hit"), "{}", page.status);
    say("B has the page that A has rendered", &page, &database);

    get(&a, "/").await?;
    get(&b, "/shop/garden").await?;
    database.queries();
    for path in ["/", "/shop/tools", "/shop/garden"] {
        for instance in [&a, &b] {
            assert!(get(instance, path).await?.status.contains("hit"), "{path}");
        }
    }
    println!("six requests more: {} queries", database.queries());

    let price = std::process::id();
    let form = format!("id=1&price={price}");
    post(&a, "/admin/tools/price", form).await?;
    database.queries();
    println!("the price of the anvil is changed at A");

    let page = get(&b, "/shop/tools").await?;
    let shown = f64::from(price) / 100.0;
    assert!(page.text.contains(&shown.to_string()), "{}", page.text);
    say("B renders the page of the tools anew", &page, &database);
    let page = get(&a, "/shop/garden").await?;
    assert!(page.status.contains("hit"));
    say("the page of the garden was not touched", &page, &database);
    let page = get(&a, "/").await?;
    assert!(page.text.contains(&shown.to_string()) && page.text.contains("Spade"));
    say("the front page is rendered anew, but only one of its parts", &page, &database);

    post(&b, "/admin/garden/invalidate", String::new()).await?;
    let page = get(&a, "/shop/garden").await?;
    assert!(!page.status.contains("hit"));
    say("the garden was invalidated by hand at B", &page, &database);

    tokio::fs::remove_file(&file).await?;
    second.shutdown().await;
    first.shutdown().await;
    Ok(())
}

/// What a client sees.
struct Page {
    text: String,
    /// The header `Cache-Status`.
    status: String,
    keys: String,
}

async fn get(shop: &Router, path: &str) -> Result<Page, BoxError> {
    let request = Request::get(path).header("host", "shop.example").body(Body::empty())?;
    let response = shop.clone().oneshot(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{path} gave {}", response.status()).into());
    }
    let header = |name: &str, response: &Response<Body>| {
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into())
    };
    let status = header("cache-status", &response).unwrap_or_default();
    let keys = header("surrogate-key", &response).unwrap_or_default();
    let body = to_bytes(response.into_body(), usize::MAX).await?;
    Ok(Page { text: String::from_utf8(body.to_vec())?, status, keys })
}

async fn post(shop: &Router, path: &str, form: String) -> Result<(), BoxError> {
    let request = Request::post(path)
        .header("host", "shop.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))?;
    let response = shop.clone().oneshot(request).await?;
    match response.status() {
        StatusCode::SEE_OTHER => Ok(()),
        status => Err(format!("{path} gave {status}").into()),
    }
}

fn say(what: &str, page: &Page, database: &Database) {
    println!("{what}: {} queries\n    Cache-Status: {}", database.queries(), page.status);
    println!("    Surrogate-Key: {}", page.keys);
}
