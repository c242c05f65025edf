//! Reading a body, as long as it is not too long.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response, response};
use http_body::{Body as HttpBody, Frame};

use crate::body::{Body, joined, whole};

/// A response whose body is being read.
pub(crate) struct Buffer<B: HttpBody> {
    parts: response::Parts,
    body: Pin<Box<B>>,
    frames: VecDeque<Frame<Bytes>>,
    length: usize,
    limit: usize,
}

/// How reading ended.
pub(crate) enum Read<E> {
    Whole,
    TooLong,
    Failed(E),
}

impl<B: HttpBody> Buffer<B> {
    pub(crate) fn new(parts: response::Parts, body: B, limit: usize) -> Self {
        Self { parts, body: Box::pin(body), frames: VecDeque::new(), length: 0, limit }
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Read<B::Error>> {
        loop {
            match ready!(self.body.as_mut().poll_frame(context)) {
                None => return Poll::Ready(Read::Whole),
                Some(Err(error)) => return Poll::Ready(Read::Failed(error)),
                Some(Ok(frame)) => {
                    let frame = whole(frame);
                    self.length += frame.data_ref().map_or(0, Bytes::len);
                    self.frames.push_back(frame);
                }
            }
            if self.length > self.limit {
                return Poll::Ready(Read::TooLong);
            }
        }
    }

    /// The response as it came, with what was read of it in front of the rest.
    pub(crate) fn into_response(self) -> Response<Body<B>> {
        Response::from_parts(self.parts, Body::begun(self.frames, self.body))
    }

    /// The response as it came, up to where it failed.
    pub(crate) fn into_failed(self, error: B::Error) -> Response<Body<B>> {
        Response::from_parts(self.parts, Body::failed(self.frames, error))
    }

    /// The response, all of which was read.
    pub(crate) fn into_whole(self) -> (response::Parts, (Bytes, HeaderMap)) {
        (self.parts, joined(self.frames))
    }
}
