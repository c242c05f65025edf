//! Regions, values, and an invalidation that takes a whole subtree.
//!
//! Run with: `cargo run --example quickstart`

use region_cache::{Cache, Result};
use serde::{Deserialize, Serialize};

/// Any type that serde can write and read is a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    // In this process, no server needed. `Cache::connect(url).await?` takes any backend.
    let cache = Cache::in_memory();

    // Regions nest. A handle is cheap, and making one sends nothing.
    let catalog = cache.region("shop.catalog");
    let tools = catalog.region("tools");
    let orders = cache.region("shop.orders");

    let anvil = Item { name: "anvil".to_owned(), price: 1999 };
    tools.set("anvil", &anvil).await?;
    catalog.set("title", "Everything").await?;
    orders.set(7, "paid").await?;

    let found: Option<Item> = tools.get("anvil").await?;
    println!("{tools} has {found:?}");
    assert_eq!(found, Some(anvil));

    // A number and its text are the same key.
    assert_eq!(orders.get::<String>("7").await?.as_deref(), Some("paid"));

    let several: Vec<Option<String>> = catalog.get_many(["title", "subtitle"]).await?;
    assert_eq!(several, [Some("Everything".to_owned()), None]);

    let children: Vec<String> =
        cache.region("shop").children().await?.iter().map(ToString::to_string).collect();
    println!("shop has {children:?}");
    assert_eq!(children, ["shop.catalog", "shop.orders"]);

    // The region and all beneath it are gone at once, whatever their number; the others stay.
    let invalidated = catalog.invalidate().await?;
    assert_eq!(tools.get::<Item>("anvil").await?, None);
    assert_eq!(catalog.get::<String>("title").await?, None);
    assert!(orders.contains(7).await?);

    // Freeing the memory comes behind; it can be waited for.
    println!("{catalog} is invalidated: {} regions freed", invalidated.freed().await?);

    cache.shutdown().await;
    Ok(())
}
