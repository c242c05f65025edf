//! The future of a response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::Response;
use http_body::Body as HttpBody;

use crate::body::Body;

/// The response of a [`RegionCache`](crate::RegionCache), when it comes.
#[must_use = "futures do nothing unless they are polled"]
pub struct ResponseFuture<B: HttpBody, E>(BoxFuture<'static, Result<Response<Body<B>>, E>>);

impl<B: HttpBody, E> ResponseFuture<B, E> {
    pub(crate) fn new(
        future: impl Future<Output = Result<Response<Body<B>>, E>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(future))
    }
}

impl<B: HttpBody, E> Future for ResponseFuture<B, E> {
    type Output = Result<Response<Body<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<B: HttpBody, E> fmt::Debug for ResponseFuture<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
