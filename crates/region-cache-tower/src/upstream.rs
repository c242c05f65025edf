//! The call upstream, which its request can take back from whoever makes it.
//!
//! A loader makes it, in a task of its own, so that it goes on when its client has gone. Loaders have a
//! limit of time, and end with the cache. What they leave behind then is still here: the request goes on
//! with it, so that no answer is ever lost, and none is asked for twice.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use http::{Extensions, Request, Response, StatusCode, response};
use http_body::Body as HttpBody;
use parking_lot::Mutex;
use region_cache::Receipt;
use tower::{Service, ServiceExt};

use crate::body::Body;
use crate::buffer::{Buffer, Read};
use crate::entry::{Page, Reason};

/// A call upstream, and how far it has come.
pub(crate) struct Upstream<S: Service<Request<Q>>, Q, B: HttpBody>(Mutex<Stage<S, Q, B, S::Error>>);

/// How far a call has come.
pub(crate) enum Stage<S, Q, B: HttpBody, E> {
    /// It was not made.
    Waiting(S, Request<Q>),
    Calling(BoxFuture<'static, Result<Response<B>, E>>),
    Reading(Box<Buffer<B>>),
    Ended(Outcome<B, E>),
    /// Taken by the request.
    Gone,
}

/// What came of a call.
pub(crate) enum Outcome<B: HttpBody, E> {
    /// A response that is whole, and may serve others.
    Page(Box<Own>),
    /// One that may not.
    Passes(Response<Body<B>>, Why),
    Failed(E),
}

/// A page, with what is known about it by who asked for it.
pub(crate) struct Own {
    pub(crate) page: Arc<Page>,
    /// What the handler has left for layers outside of this one.
    pub(crate) extensions: Extensions,
    pub(crate) upstream_status: StatusCode,
    pub(crate) had_stale: bool,
    pub(crate) receipt: Receipt,
}

/// Why a response serves nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It may not be shared.
    Unshared(Reason),
    /// The handler failed, or its body did.
    Failed,
}

/// A response that has come, as far as its head goes.
pub(crate) enum Judged<T> {
    /// Its body is to be read, with what is known of it.
    Read(T),
    /// It needs no body: it says that what was stored is still good.
    Unchanged(T),
    Pass(Why),
}

/// What a response was judged to be, when all of it has come.
pub(crate) enum Arrived<T> {
    Whole(T, response::Parts, (bytes::Bytes, http::HeaderMap)),
    Unchanged(T, response::Parts),
    /// It waits for its request.
    Left(Why),
    /// The request has taken it back.
    Gone,
}

impl<S, Q, B> Upstream<S, Q, B>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: HttpBody + Send + 'static,
{
    pub(crate) fn new(service: S, request: Request<Q>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Stage::Waiting(service, request))))
    }

    /// Makes the call, if nobody has. `prepare` has a last word about the request.
    pub(crate) fn begin(&self, prepare: impl FnOnce(&mut Request<Q>)) {
        let mut stage = self.0.lock();
        match std::mem::replace(&mut *stage, Stage::Gone) {
            Stage::Waiting(service, mut request) => {
                prepare(&mut request);
                *stage = Stage::Calling(Box::pin(service.oneshot(request)));
            }
            other => *stage = other,
        }
    }

    /// Goes on with the call until all of the response has come that is needed.
    pub(crate) fn poll<T>(
        &self,
        context: &mut Context<'_>,
        known: &mut Option<T>,
        limit: usize,
        judge: impl FnOnce(&response::Parts, &B) -> Judged<T>,
    ) -> Poll<Arrived<T>> {
        let mut stage = self.0.lock();
        if let Stage::Calling(call) = &mut *stage {
            let (parts, body) = match ready!(call.as_mut().poll(context)) {
                Ok(response) => response.into_parts(),
                Err(error) => {
                    *stage = Stage::Ended(Outcome::Failed(error));
                    return Poll::Ready(Arrived::Left(Why::Failed));
                }
            };
            match judge(&parts, &body) {
                Judged::Read(verdict) => {
                    *known = Some(verdict);
                    *stage = Stage::Reading(Box::new(Buffer::new(parts, body, limit)));
                }
                Judged::Unchanged(verdict) => {
                    *stage = Stage::Gone;
                    return Poll::Ready(Arrived::Unchanged(verdict, parts));
                }
                Judged::Pass(why) => {
                    let response = Response::from_parts(parts, Body::passing(body));
                    return Poll::Ready(leave(&mut stage, response, why));
                }
            }
        }
        let Stage::Reading(buffer) = &mut *stage else { return Poll::Ready(Arrived::Gone) };
        let read = ready!(buffer.poll(context));
        let Stage::Reading(buffer) = std::mem::replace(&mut *stage, Stage::Gone) else {
            return Poll::Ready(Arrived::Gone);
        };
        Poll::Ready(match (read, known.take()) {
            (Read::Whole, Some(verdict)) => {
                let (parts, whole) = buffer.into_whole();
                Arrived::Whole(verdict, parts, whole)
            }
            (Read::Whole, None) => Arrived::Gone,
            (Read::TooLong, _) => {
                leave(&mut stage, buffer.into_response(), Why::Unshared(Reason::TooLarge))
            }
            (Read::Failed(error), _) => leave(&mut stage, buffer.into_failed(error), Why::Failed),
        })
    }

    /// Says what came of the call.
    pub(crate) fn end(&self, outcome: Outcome<B, S::Error>) {
        *self.0.lock() = Stage::Ended(outcome);
    }

    /// Takes the call back, as far as it has come.
    pub(crate) fn take(&self) -> Stage<S, Q, B, S::Error> {
        std::mem::replace(&mut *self.0.lock(), Stage::Gone)
    }

    /// Takes what came of the call, or the request if it was not made; not a call under way.
    pub(crate) fn take_if_idle(&self) -> Option<Stage<S, Q, B, S::Error>> {
        let mut stage = self.0.lock();
        let is_idle = matches!(*stage, Stage::Waiting(..) | Stage::Ended(_));
        is_idle.then(|| std::mem::replace(&mut *stage, Stage::Gone))
    }
}

fn leave<S, Q, B: HttpBody, E, T>(
    stage: &mut Stage<S, Q, B, E>,
    response: Response<Body<B>>,
    why: Why,
) -> Arrived<T> {
    *stage = Stage::Ended(Outcome::Passes(response, why));
    Arrived::Left(why)
}
