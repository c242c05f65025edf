//! Bodies: stored ones, and those that pass through.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::entry::Page;

/// The body of a response that came through the layer: a stored one, or that of the service within,
/// untouched.
pub struct Body<B: HttpBody> {
    /// What comes first.
    front: VecDeque<Frame<Bytes>>,
    /// And then, if not the end.
    rest: Rest<B>,
}

enum Rest<B: HttpBody> {
    End,
    Body(Pin<Box<B>>),
    /// The body has failed, as its reader is to be told in its turn.
    Failed(B::Error),
}

impl<B: HttpBody> Body<B> {
    pub(crate) fn empty() -> Self {
        Self { front: VecDeque::new(), rest: Rest::End }
    }

    pub(crate) fn stored(page: &Page) -> Self {
        let data = Some(page.body.clone()).filter(|data| !data.is_empty()).map(Frame::data);
        let trailers = Some(page.trailers.clone()).filter(|trailers| !trailers.is_empty());
        let front = data.into_iter().chain(trailers.map(Frame::trailers)).collect();
        Self { front, rest: Rest::End }
    }

    pub(crate) fn passing(body: B) -> Self {
        Self { front: VecDeque::new(), rest: Rest::Body(Box::pin(body)) }
    }

    /// What was read already, and how it goes on.
    pub(crate) fn begun(front: VecDeque<Frame<Bytes>>, rest: Pin<Box<B>>) -> Self {
        Self { front, rest: Rest::Body(rest) }
    }

    /// What was read before it failed.
    pub(crate) fn failed(front: VecDeque<Frame<Bytes>>, error: B::Error) -> Self {
        Self { front, rest: Rest::Failed(error) }
    }
}

impl<B: HttpBody> HttpBody for Body<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        if let Some(frame) = this.front.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match std::mem::replace(&mut this.rest, Rest::End) {
            Rest::End => Poll::Ready(None),
            Rest::Failed(error) => Poll::Ready(Some(Err(error))),
            Rest::Body(mut body) => {
                let polled = body.as_mut().poll_frame(context);
                this.rest = Rest::Body(body);
                Poll::Ready(ready!(polled).map(|frame| Ok(whole(frame?))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.front.is_empty()
            && match &self.rest {
                Rest::End => true,
                Rest::Failed(_) => false,
                Rest::Body(body) => body.is_end_stream(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let front: u64 =
            self.front.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum();
        let mut hint = match &self.rest {
            Rest::Body(body) => body.size_hint(),
            Rest::End => SizeHint::with_exact(0),
            Rest::Failed(_) => SizeHint::default(),
        };
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(front));
        }
        hint.set_lower(hint.lower().saturating_add(front));
        hint
    }
}

impl<B: HttpBody> fmt::Debug for Body<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_stored = !matches!(self.rest, Rest::Body(_));
        f.debug_struct("Body").field("is_stored", &is_stored).finish_non_exhaustive()
    }
}

impl<B: HttpBody> Unpin for Body<B> {}

/// A frame with its data in one piece; where it is one already, nothing is copied.
pub(crate) fn whole<D: Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}

/// What was read of a body, in one piece.
pub(crate) fn joined(frames: VecDeque<Frame<Bytes>>) -> (Bytes, HeaderMap) {
    let (mut pieces, mut trailers) = (Vec::with_capacity(frames.len()), HeaderMap::new());
    for frame in frames {
        match frame.into_data() {
            Ok(data) => pieces.push(data),
            Err(frame) => {
                if let Ok(more) = frame.into_trailers() {
                    trailers.extend(more);
                }
            }
        }
    }
    let body = match <[Bytes; 1]>::try_from(pieces) {
        Ok([only]) => only,
        Err(pieces) => pieces.concat().into(),
    };
    (body, trailers)
}

#[cfg(test)]
mod tests;
