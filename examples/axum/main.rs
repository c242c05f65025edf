//! A small shop on axum: pages, fragments of pages and data are cached, and one change lets all of it fall, in
//! every instance.
//!
//! Run with:
//!
//! ```text
//! cargo run --example axum                                        two instances, and what each request costs
//! cargo run --example axum -- --listen 127.0.0.1:8000             one to look at, in memory
//! cargo run --example axum -- --listen 127.0.0.1:8000 --url redis://127.0.0.1:6379
//! cargo run --example axum -- --listen 127.0.0.1:8001 --url redis://127.0.0.1:6379
//! ```
//!
//! With the last two, open both in the browser: each page says which instance has rendered it. Change a
//! price under `/admin` of one, and reload the other.
//!
//! What to look at: `catalog.rs` has the cached data, and the signal that every change emits; `shop.rs` what falls
//! by it, and the layer around the pages; `pages.rs` the handlers, which know nothing of all that.

mod catalog;
mod database;
mod demo;
mod error;
mod pages;
mod shop;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use region_cache::{BoxError, Cache};
use tokio::net::TcpListener;

use crate::database::Database;
use crate::shop::Shop;

/// A small shop whose pages are cached, and fall with what they show.
#[derive(Debug, Parser)]
#[command(name = "axum")]
struct Args {
    /// Where to serve; without it, two instances show what they do.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where the cache lives.
    #[arg(long, default_value = "memory:")]
    url: String,
    /// The shop's database, a JSON file that all instances share.
    #[arg(long)]
    database: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    let file = args.database.unwrap_or_else(|| std::env::temp_dir().join("region-cache-shop.json"));
    let Some(address) = args.listen else { return demo::run(&args.url, &file).await };
    let cache = Cache::builder().url(args.url).namespace("shop-example").build().await?;
    let listener = TcpListener::bind(address).await?;
    let name = listener.local_addr()?.port().to_string();
    let shop = Shop::open(&name, cache.clone(), Database::open(&file).await?).await?;
    println!("http://{address}/ and http://{address}/admin");
    let stop = async {
        // Without a signal to wait for it serves until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, shop.router()).with_graceful_shutdown(stop).await?;
    cache.shutdown().await;
    Ok(())
}
