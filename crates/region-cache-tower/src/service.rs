//! The service.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body as HttpBody;
use tower::Service;

use crate::body::Body;
use crate::config::Config;
use crate::exchange::Exchange;
use crate::future::ResponseFuture;

/// A service whose responses are cached: what a [`RegionCacheLayer`](crate::RegionCacheLayer) makes of the
/// one within.
///
/// It is always ready. The service within is asked whether it is only when a request goes there, so that
/// hits are served however busy it is.
#[derive(Clone, Debug)]
pub struct RegionCache<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> RegionCache<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// The service within.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service within.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service within.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, Q, B> Service<Request<Q>> for RegionCache<S>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    Q: HttpBody + Send + 'static,
    B: HttpBody + Send + 'static,
    B::Error: Send,
{
    type Response = Response<Body<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<B, S::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let exchange = Exchange::new(Arc::clone(&self.config), self.inner.clone(), request);
        ResponseFuture::new(exchange.run())
    }
}
