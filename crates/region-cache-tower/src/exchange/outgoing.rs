//! What goes upstream, and what is done with what comes back.

use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, Method, Request, StatusCode, Uri};
use region_cache::{Region, Result};

use super::Exchange;
use crate::answer::View;
use crate::config::Config;
use crate::path;
use crate::regions::{Invalidates, Regions};

impl<S, Q> Exchange<S, Q> {
    /// The request as the handler sees it, and what is kept of it.
    pub(super) fn outgoing(self) -> (S, Request<Q>, View, Arc<Config>) {
        let Self { config, service, mut request, view } = self;
        let regions = Regions::new(&config.cache, &config.prefix, &view.region);
        request.extensions_mut().insert(regions);
        if matches!(view.method, Method::GET | Method::HEAD) && config.key.is_none() {
            request = hide_query(&config, request);
        }
        (service, request, view, config)
    }
}

/// The region in which the pages of a request's path live.
pub(super) fn region_path(config: &Config, parts: &Parts) -> String {
    match &config.region {
        Some(region) => region(parts),
        None => path::region(&config.prefix, whole_uri(parts).path()),
    }
}

/// The URI that the client asked for.
pub(super) fn whole_uri(parts: &Parts) -> &Uri {
    #[cfg(feature = "axum")]
    return crate::axum::whole_uri(parts);
    #[cfg(not(feature = "axum"))]
    return &parts.uri;
}

/// Lets fall what a response asks for, and what its request has changed; whether all of it fell.
pub(super) async fn falls(
    config: &Config,
    view: &View,
    status: StatusCode,
    extensions: &mut Extensions,
) -> bool {
    let said: Option<Invalidates> = extensions.remove();
    if status.is_client_error() || status.is_server_error() {
        return true;
    }
    let mut regions: Vec<Region> =
        said.into_iter().flat_map(|said| said.regions(&config.cache)).collect();
    if config.invalidates_on_unsafe && !view.method.is_safe() {
        regions.push(config.cache.region(&view.region));
    }
    if regions.is_empty() {
        return true;
    }
    // As after a commit: what has begun is done, whether the client waits for it or not.
    let all = async || -> Result<()> {
        for region in &regions {
            region.invalidate().await?;
        }
        Ok(())
    };
    let fallen = config.cache.after_commit(all).await;
    if let Err(error) = &fallen {
        tracing::warn!(%error, regions = ?regions, "a response's invalidation failed");
    }
    fallen.is_ok()
}

/// Takes from the query what is in no key.
fn hide_query<Q>(config: &Config, request: Request<Q>) -> Request<Q> {
    let hidden = |uri: &Uri| -> Option<Uri> {
        let query = config.query.seen(uri.query()?)?;
        let mut parts = uri.clone().into_parts();
        let path = uri.path();
        let both = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        parts.path_and_query = Some(both.parse().ok()?);
        Uri::from_parts(parts).ok()
    };
    let (mut parts, body) = request.into_parts();
    if let Some(uri) = hidden(&parts.uri) {
        parts.uri = uri;
    }
    #[cfg(feature = "axum")]
    crate::axum::hide_query(&mut parts, hidden);
    Request::from_parts(parts, body)
}

/// What is said where regions did not fall.
pub(super) const NOT_INVALIDATED: &str = "invalidation-failed";
