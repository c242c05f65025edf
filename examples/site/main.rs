//! A folder of Markdown as a site, rendered through the cache: one region per folder.
//!
//! Run with:
//!
//! ```text
//! cargo run --example site                          the project's own docs
//! cargo run --example site -- FOLDER                any folder of Markdown
//! cargo run --example site -- FOLDER --serve 127.0.0.1:8080
//! ```
//!
//! What to look at: `site.rs` is the cache at work, with the reason why a page that is saved while
//! it is being rendered never stays stale; `passes.rs` shows what an invalidated folder costs, and
//! checks it; `watch.rs` turns what happens on the disk into invalidations.

mod blocking;
mod change;
mod folder;
mod layout;
mod markdown;
mod page;
mod passes;
mod path;
mod report;
mod resolve;
mod serve;
mod site;
#[cfg(test)]
mod tests;
mod url;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use region_cache::Cache;
use tokio::net::TcpListener;

use crate::folder::{Found, Root};
use crate::passes::{Pass, folder_to_invalidate};
use crate::path::{FolderPath, PagePath, printable};
use crate::report::{complain, count, say};
use crate::site::Site;
use crate::watch::Watch;

/// Renders a folder of Markdown through the cache, one region per folder, and shows what the cache
/// spares.
///
/// Pages are the files called *.md. Passed over are names that begin with a dot, and folders called
/// `target` or `node_modules`. Links are not followed.
///
/// A folder may have a `_layout.html`, with {{ content }} and perhaps {{ title }} in it, for all
/// pages beneath it; the nearest one upwards counts. HTML within the Markdown is passed through:
/// the folder is taken to be your own.
#[derive(Debug, Parser)]
#[command(name = "site")]
struct Args {
    /// The folder; without it, the project's own docs.
    folder: Option<PathBuf>,

    /// The cache's backend. An external one keeps the pages after this program has ended, in the
    /// region `site`: give each folder a database of its own.
    #[arg(long, default_value = "memory:")]
    url: String,

    /// Serve the pages at this address, for example 127.0.0.1:8080, and watch the folder: what is
    /// saved shows at the next request. The header `x-cache` tells a hit from a miss.
    #[arg(long, value_name = "ADDR")]
    serve: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            complain(sentence);
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), String> {
    let folder = args.folder.unwrap_or_else(own_docs);
    let root = Arc::new(Root::open(&folder)?);
    let found = root.walk();
    if found.pages.is_empty() {
        report::skipped(&found.skipped.into_iter().collect());
        return Err(format!("There is no Markdown in {}.", printable(&folder.to_string_lossy())));
    }
    let cache = Cache::connect(&args.url).await.map_err(|error| error.to_string())?;
    let site = Site::new(root, cache.clone());
    let ended = match args.serve {
        Some(address) => serve(site, found, &address).await,
        None => show(&site, found).await,
    };
    cache.shutdown().await;
    ended
}

/// Three passes: cold, warm, and one after a folder's region was invalidated.
async fn show(site: &Site, found: Found) -> Result<(), String> {
    let pages = found.pages;
    let cold = Pass::over(site, &pages).await;
    let warm = Pass::over(site, &pages).await;
    if cold.shown().next().is_none() {
        report::skipped(&cold.reasons);
        return Err("None of the pages could be rendered.".to_owned());
    }

    let folder = folder_to_invalidate(cold.shown());
    let region = site.region(&folder);
    let freed = async { region.invalidate().await?.freed().await }
        .await
        .map_err(|error| error.to_string())?;
    let third = Pass::over(site, &pages).await;

    let skipped = cold.skipped + found.skipped.len();
    report::skipped(&cold.reasons.iter().cloned().chain(found.skipped).collect());
    let shown = count(cold.shown().count(), "page");
    let folders = count(folders(cold.shown()), "folder");
    say(format_args!("{shown} in {folders}, {skipped} skipped"));
    say(report::table(&[("cold", &cold), ("warm", &warm), ("after the invalidation", &third)]));
    say(format_args!("invalidated {region}: {} dropped", count(freed, "region")));
    if !warm.computed.is_empty() {
        let (kept, given) = (warm.cached.len(), count(warm.shown().count(), "page"));
        return Err(format!("The cache kept {kept} of {given}: the third pass shows nothing."));
    }
    say(third.check(&folder)?);
    Ok(())
}

async fn serve(site: Site, found: Found, address: &str) -> Result<(), String> {
    report::skipped(&found.skipped.into_iter().collect());
    let cannot = |error| format!("Cannot listen at {}: {error}.", printable(address));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    let watch = Watch::begin(site.root())?;
    // An external backend may hold pages of an earlier run, and nobody watched since.
    let everything = site.region(&FolderPath::default());
    everything.invalidate().await.map_err(|error| error.to_string())?;
    say(format_args!("{} at http://{bound}/ (Ctrl-C ends it)", count(found.pages.len(), "page")));
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without the signal there is no clean end; the server goes on until it is killed.
            std::future::pending::<()>().await;
        }
    };
    serve::serve(listener, site, watch, stop).await
}

fn folders<'a>(pages: impl Iterator<Item = &'a PagePath>) -> usize {
    pages.map(|page| &page.folder).collect::<BTreeSet<_>>().len()
}

/// The folder above this package's.
fn own_docs() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
