//! What a set begins with.

use std::future::Future;

use futures::future::BoxFuture;

use crate::error::{BoxError, Result};
use crate::region::counter::Computed;

/// Where a plain [`SetOf`](crate::SetOf) begins.
#[derive(Clone, Copy, Debug)]
pub struct Empty;

/// Where a set begins: [`Empty`], or [`Computed`]. Nothing else implements it.
pub trait Begin<T>: Sealed + Send + Sync {
    /// All that is in it at first.
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>>;

    /// Whether a set that is absent is the same as one that has just begun.
    const IS_EMPTY: bool;
}

/// What only this crate can name.
pub trait Sealed {}

impl Sealed for Empty {}

impl<F> Sealed for Computed<F> {}

impl<T> Begin<T> for Empty {
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    const IS_EMPTY: bool = true;
}

impl<T, F, Fut, E> Begin<T> for Computed<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Vec<T>, E>> + Send,
    E: Into<BoxError>,
{
    fn begin(&self) -> BoxFuture<'_, Result<Vec<T>, BoxError>> {
        Box::pin(async { (self.0)().await.map_err(Into::into) })
    }

    const IS_EMPTY: bool = false;
}
