//! region-cache beside its peers, measured in one and the same run.
//!
//! `cargo xtask bench` runs it. It starts a Redis server of its own, or measures on the one whose URL is
//! given. What it prints are mostly ratios: how long something takes says more about the machine, and
//! how busy that is, than about a library. Both sides of a ratio ran in the same round, and of several
//! rounds the median counts.

mod figures;
mod hits;
mod http;
mod report;
mod row;
mod stampede;

use std::process::ExitCode;

use region_cache::{BoxError, Cache};
#[cfg(unix)]
use region_cache_testkit::server::Server;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("region-cache-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), BoxError> {
    let runtime = Runtime::new()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [CHILD, url] => stampede::child(&runtime, url),
        [url] => runtime.block_on(measure(url)),
        [] => runtime.block_on(measure_on_own_server()),
        _ => Err("it takes the URL of a Redis server, or nothing".into()),
    }
}

#[cfg(unix)]
async fn measure_on_own_server() -> Result<(), BoxError> {
    let server = Server::start().await;
    measure(&server.url()).await
}

#[cfg(not(unix))]
async fn measure_on_own_server() -> Result<(), BoxError> {
    Err("it starts a server of its own on Unix only; give it the URL of one".into())
}

async fn measure(url: &str) -> Result<(), BoxError> {
    let cache = connect(url).await?;
    // What an earlier run has left there: a stampede wants cold keys.
    cache.clear().await?;
    let lock = include_str!("../../../Cargo.lock");
    let versions = ["region-cache", "moka", "cached", "redis"].map(|package| {
        format!("{package} {}", report::version(lock, package).unwrap_or("of an unknown version"))
    });
    let cores = std::thread::available_parallelism()?;
    println!("{cores} cores; {}; server: {}", versions.join(", "), server_version(url).await?);
    println!("{ROUNDS} rounds: the median, and in brackets the least and the most of a ratio");

    println!("\nStampede: a cold key, and a source that takes {:?}. P9: exactly 1", row::LOADING);
    println!("{}", stampede::run(url).await?);

    println!("\nHits in memory, of a row of 8 fields and 297 bytes, by one caller");
    println!("{}", hits::in_memory().await?);

    println!(
        "\nHits of `#[cached]` functions in memory, beside the `get_or_compute` that they stand for"
    );
    println!("Goal for the first: at most 1.15 x");
    println!("{}", hits::declared().await?);
    println!("\nPages over HTTP, by one client without a network, from memory");
    println!("{}", http::run().await?);

    println!("\nHits on Redis, of the same row, on one connection");
    println!(
        "P2: time at most 1.10 x the base. P3: throughput 1.15, 1.5, 1.6 x at 16, 64, 256 tasks"
    );
    println!("{}", hits::on_redis(url).await?);
    cache.clear().await?.freed().await?;
    Ok(())
}

/// A cache with a connection and a namespace of its own.
async fn connect(url: &str) -> Result<Cache, BoxError> {
    Ok(Cache::builder().url(url).namespace("region-cache-bench").build().await?)
}

async fn server_version(url: &str) -> Result<String, BoxError> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("of an unknown version").to_owned())
}

/// The first argument of a process that this one starts.
const CHILD: &str = "child";

/// How often everything is measured.
const ROUNDS: usize = 7;
