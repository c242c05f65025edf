//! The pages over HTTP.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::blocking::blocking;
use crate::layout::escape;
use crate::page;
use crate::path::{FolderPath, PagePath};
use crate::resolve::Target;
use crate::site::{Origin, Served, Site};
use crate::url::{Asked, encode};
use crate::watch::Watch;

/// Serves until `stop`, or until the folder can be watched no longer. That `watch` exists already
/// is the point: no page is rendered unseen.
pub(crate) async fn serve(
    listener: TcpListener,
    site: Site,
    watch: Watch,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    let router = Router::new()
        .route("/", get(answer))
        .route("/{*path}", get(answer))
        .with_state(site.clone());
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        let _ = stopping.send(());
    });
    // A client that never finishes its request may not keep the server from ending.
    let out_of_patience = async {
        let _ = stopped.await;
        patience().await;
    };
    tokio::select! {
        ended = server => ended.map_err(|error| format!("The server has failed: {error}.")),
        ended = watch.run(&site) => ended.map(|never| match never {}),
        () = out_of_patience => Ok(()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is the clients' time that runs out, not the cache's"
)]
async fn patience() {
    tokio::time::sleep(GRACE).await;
}

enum Found {
    Page(PagePath),
    Listing(FolderPath),
    AskAgain(FolderPath),
}

async fn answer(State(site): State<Site>, uri: Uri) -> Response {
    let Some(asked) = Asked::parse(uri.path()) else {
        return not_found();
    };
    let root = Arc::clone(site.root());
    let find = move || {
        Some(match root.resolve(&asked)? {
            Target::Page(page) => Found::Page(page),
            Target::Folder(folder) => {
                page::index(&root, &folder).map_or(Found::Listing(folder), Found::Page)
            }
            Target::FolderWithoutSlash(folder) => Found::AskAgain(folder),
        })
    };
    let served = match blocking(find).await.flatten() {
        Some(Found::Page(page)) => site.page(&page).await,
        Some(Found::Listing(folder)) => site.listing(&folder).await,
        Some(Found::AskAgain(folder)) => return ask_again(&folder),
        None => return not_found(),
    };
    match served {
        Ok(served) => shown(served),
        Err(sentence) => plain(StatusCode::INTERNAL_SERVER_ERROR, &sentence),
    }
}

fn shown(served: Served) -> Response {
    let x_cache = match served.origin {
        Origin::Cache => "hit",
        Origin::Rendered | Origin::NotStored(_) => "miss",
    };
    // `no-cache`: the browser asks each time, so that a saved page shows.
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-cache"), x_cache),
    ];
    (headers, served.html).into_response()
}

/// The address is made of the folder's own names: one that was copied from the request could lead
/// to another host.
fn ask_again(folder: &FolderPath) -> Response {
    let mut address = String::from("/");
    for name in folder.names() {
        address.push_str(&encode(name));
        address.push('/');
    }
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, address)]).into_response()
}

fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "There is no such page.")
}

fn plain(status: StatusCode, sentence: &str) -> Response {
    let html = format!("<!doctype html>\n<title>{status}</title>\n<p>{}</p>\n", escape(sentence));
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

const GRACE: Duration = Duration::from_secs(1);
