//! A page of which one part is dear: it is rendered once, and again when what is in it has changed.
//!
//! Run with: `cargo run --example fragments`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::try_join_all;
use minijinja::{Environment, context};
use region_cache::fragments::{Fragments, fragment_key};
use region_cache::{Cache, Error, Result};

const PAGE: &str = r#"<h1>Hello {{ name }}</h1>
{%- call cache("prices", vary=[currency], ttl="1h", region="shop.catalog") %}
<ul>
  {%- for item in catalog(currency) %}
  <li>{{ item }}</li>
  {%- endfor %}
</ul>
{%- endcall %}"#;

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();
    let fragments = Fragments::new(cache.region("site.fragments"));
    let queries = Arc::new(AtomicUsize::new(0));

    let mut env = Environment::new();
    fragments.add_to(&mut env);
    let asked = Arc::clone(&queries);
    env.add_function("catalog", move |currency: &str| {
        asked.fetch_add(1, Ordering::SeqCst); // the database
        vec![format!("anvil, 20 {currency}"), format!("hammer & tongs, 30 {currency}")]
    });
    env.add_template("page.html", PAGE).map_err(Error::other)?;
    let env = Arc::new(env);
    let page = |name: String, currency: &str| {
        fragments.render(&env, "page.html", context! { name, currency })
    };

    // A hundred visitors at once: each is greeted, and the prices are asked for once.
    let visitors = (0..100).map(|number| page(format!("visitor <{number}>"), "EUR"));
    let pages = try_join_all(visitors).await?;
    println!("{}\n", pages[7]);
    assert!(pages[7].contains("Hello visitor &lt;7&gt;"));
    assert!(pages[7].contains("<li>hammer &amp; tongs, 30 EUR</li>"), "escaped once");
    println!("{} pages, {} query", pages.len(), queries.load(Ordering::SeqCst));
    assert_eq!(queries.load(Ordering::SeqCst), 1);

    // Other prices are another fragment.
    page("Ada".into(), "USD").await?;
    assert_eq!(queries.load(Ordering::SeqCst), 2);

    // One of them is removed by its key ..
    let catalog = cache.region("shop.catalog");
    assert!(catalog.remove(fragment_key("prices", &["USD"])).await?);
    page("Ada".into(), "EUR").await?;
    assert_eq!(queries.load(Ordering::SeqCst), 2, "the other is still there");

    // .. and all of them fall with their region, or one above it.
    cache.region("shop").invalidate().await?;
    for currency in ["EUR", "USD", "EUR", "USD"] {
        page("Ada".into(), currency).await?;
    }
    println!("{} queries after an invalidation", queries.load(Ordering::SeqCst));
    assert_eq!(queries.load(Ordering::SeqCst), 4);

    // What is wrong in a template is told, with what would be right.
    let wrong = "{% call cache('prices', timeout=300) %}{% endcall %}";
    let env = Arc::clone(&env);
    let error =
        fragments.run(move || env.render_str(wrong, ())).await.expect_err("a wrong argument");
    println!("{error}");

    cache.shutdown().await;
    Ok(())
}
