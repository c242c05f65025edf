use super::{LIMIT, Messages, Piece};

#[test]
fn messages_of_both_protocols_are_told_from_replies() {
    for (message, name) in [
        (">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "RESP3"),
        ("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "RESP2"),
        ("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$2\r\nhi\r\n", "a pattern's"),
        ("*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", "a shard's"),
    ] {
        let expected = [other("+OK\r\n"), Piece::Message(message.into()), other(":1\r\n")];
        let stream = format!("+OK\r\n{message}:1\r\n");
        assert_eq!(Messages::default().feed(stream.as_bytes()), expected, "{name}");
    }
}

#[test]
fn what_is_no_message_passes_in_one_piece() {
    for frame in [
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
        ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
        "*2\r\n*2\r\n$7\r\nmessage\r\n:1\r\n$-1\r\n",
        "*0\r\n*-1\r\n$-1\r\n$0\r\n\r\n",
        "%1\r\n$7\r\nmessage\r\n*2\r\n#t\r\n_\r\n",
        "|1\r\n+ttl\r\n:3\r\n~1\r\n,1.5\r\n",
        "-ERR *3 > $7\r\n=5\r\ntxt:a\r\n!3\r\nbad\r\n(12345678901234567890\r\n",
    ] {
        assert_eq!(Messages::default().feed(frame.as_bytes()), [other(frame)], "{frame:?}");
    }
}

#[test]
fn an_array_is_a_reply_once_resp3_is_spoken() {
    let array = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n";
    let stream = format!("%1\r\n+proto\r\n:3\r\n{array}");
    assert_eq!(Messages::default().feed(stream.as_bytes()), [other(&stream)]);
}

#[test]
fn it_does_not_matter_where_the_stream_is_divided() {
    let stream = "+OK\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\n\r\n>3\r\n*1\r\n$3\r\n-1\n\r\n\
                  >2\r\n$7\r\nmessage\r\n*1\r\n$5\r\nhello\r\n$-1\r\n";
    let whole = Messages::default().feed(stream.as_bytes());
    assert_eq!(whole.iter().filter(|piece| matches!(piece, Piece::Message(_))).count(), 2);
    for size in 1..stream.len() {
        let mut messages = Messages::default();
        let pieces = stream.as_bytes().chunks(size).flat_map(|chunk| messages.feed(chunk));
        assert_eq!(joined(pieces), whole, "in chunks of {size}");
        assert!(messages.rest().is_empty());
    }
}

#[test]
fn only_so_much_is_held_back() {
    let mut messages = Messages::default();
    let head = format!(">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n${}\r\n", 2 * LIMIT);
    assert!(messages.feed(head.as_bytes()).is_empty());
    let body = vec![b'x'; LIMIT];
    let expected = [head.as_bytes(), body.as_slice()].concat();
    assert_eq!(messages.feed(&body), [Piece::Other(expected)]);
    assert_eq!(messages.feed(&body), [Piece::Other(body)]);
    assert_eq!(messages.feed(b"\r\n+OK\r\n"), [other("\r\n+OK\r\n")]);
}

#[test]
fn the_end_of_a_stream_releases_what_was_held() {
    let mut messages = Messages::default();
    assert!(messages.feed(b">3\r\n$7\r\nmess").is_empty());
    assert_eq!(messages.rest(), b">3\r\n$7\r\nmess");
}

#[test]
fn what_is_not_the_protocol_passes_for_good() {
    let mut messages = Messages::default();
    let page = "HTTP/1.1 200 OK\r\n>3\r\n$7\r\nmessage\r\n";
    assert_eq!(messages.feed(page.as_bytes()), [other(page)]);
    let push = ">1\r\n$7\r\nmessage\r\n";
    assert_eq!(messages.feed(push.as_bytes()), [other(push)]);
}

fn other(text: &str) -> Piece {
    Piece::Other(text.into())
}

/// Neighbouring pieces that are no messages become one.
fn joined(pieces: impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Other(last)), Piece::Other(bytes)) => last.extend(bytes),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}
