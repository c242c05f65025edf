//! What handlers of axum take and give.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;
use http::{StatusCode, Uri};

use crate::error::NoLayer;
use crate::regions::{Invalidates, Regions};

/// A region, between a handler and the layer.
///
/// **Taken**, it is the region in which the pages of this route live, its parameters filled in:
///
/// ```
/// # use axum::http::StatusCode;
/// use region_cache_tower::Region;
///
/// async fn rename(Region(pages): Region) -> Result<StatusCode, StatusCode> {
///     // .. change it in the database, and then:
///     pages.invalidate().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
///     Ok(StatusCode::NO_CONTENT)
/// }
/// # let _: axum::Router = axum::Router::new().route("/shop/{id}", axum::routing::put(rename));
/// ```
///
/// **Given**, as a part of the response, it is one to invalidate: by its whole path in the cache, or by a
/// handle. See [`Invalidates`] for when, and what becomes of failures.
///
/// ```
/// # use axum::http::StatusCode;
/// # use axum::response::IntoResponse;
/// # use region_cache_tower::Region;
/// async fn restock() -> impl IntoResponse {
///     (Region("shop.catalog"), StatusCode::NO_CONTENT)
/// }
/// # let _: axum::Router = axum::Router::new().route("/restock", axum::routing::post(restock));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Region<R = region_cache::Region>(pub R);

impl<S: Sync> FromRequestParts<S> for Region {
    type Rejection = NoLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoLayer> {
        Ok(Self(Regions::of(parts)?.own()))
    }
}

impl<S: Sync> FromRequestParts<S> for Regions {
    type Rejection = NoLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoLayer> {
        Self::of(parts).cloned()
    }
}

impl Regions {
    fn of(parts: &Parts) -> Result<&Self, NoLayer> {
        parts.extensions.get().ok_or(NoLayer(()))
    }
}

impl<R: Into<Invalidates>> IntoResponseParts for Region<R> {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let before: Invalidates = parts.extensions_mut().remove().unwrap_or_default();
        parts.extensions_mut().insert(before.and(self.0));
        Ok(parts)
    }
}

impl<R: Into<Invalidates>> IntoResponse for Region<R> {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

impl IntoResponse for NoLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// The URI that the client asked for: within nested routers the request's own has lost its beginning.
pub(crate) fn whole_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0)
}

/// Sees to it that no other way leads to parameters that are left out.
pub(crate) fn hide_query(parts: &mut Parts, hide: impl Fn(&Uri) -> Option<Uri>) {
    if let Some(OriginalUri(uri)) = parts.extensions.get_mut::<OriginalUri>()
        && let Some(hidden) = hide(uri)
    {
        *uri = hidden;
    }
}
