//! What can go wrong in the shop.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ShopError {
    #[error("there is no {0}")]
    NotFound(String),
    #[error("the database: {0}")]
    Database(String),
    #[error(transparent)]
    Cache(#[from] region_cache::Error),
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Database(_) | Self::Cache(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}
