use std::convert::Infallible;

use futures::executor::block_on;
use http_body_util::{BodyExt, Full, StreamBody};

use super::*;

type Inner = Full<Bytes>;

#[test]
fn what_was_read_already_stands_in_front() {
    let front: VecDeque<_> = ["a", "b"].map(|text| Frame::data(Bytes::from(text))).into();
    let body = Body::begun(front, Box::pin(Full::new(Bytes::from("c"))));
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(3), false));
    let whole = block_on(body.collect()).unwrap();
    assert_eq!(whole.to_bytes(), "abc");
}

#[test]
fn bodies_know_their_length_and_their_end() {
    let empty = Body::<Inner>::empty();
    assert_eq!((empty.size_hint().exact(), empty.is_end_stream()), (Some(0), true));
    let passing = Body::passing(Full::new(Bytes::from("abc")));
    assert_eq!((passing.size_hint().exact(), passing.is_end_stream()), (Some(3), false));
    let endless = StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let endless = Body::begun([Frame::data(Bytes::from("ab"))].into(), Box::pin(endless));
    assert_eq!((endless.size_hint().lower(), endless.size_hint().upper()), (2, None));
}

#[test]
fn one_piece_is_not_copied() {
    let bytes = Bytes::from("x".repeat(100));
    let (whole, trailers) = joined([Frame::data(bytes.clone())].into());
    assert_eq!((whole.as_ptr(), trailers.len()), (bytes.as_ptr(), 0));
}
