//! Finds published messages in what a server sends, without keeping anything else.

#[cfg(test)]
mod tests;

/// A piece of the stream. All pieces in order are the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// One whole message: a RESP3 push or a RESP2 array that begins with one of [`NAMES`].
    Message(Vec<u8>),
    /// Anything else.
    Other(Vec<u8>),
}

/// Follows the frames of one connection, from its first byte.
///
/// It holds back what may become a message, and no more than [`LIMIT`] bytes: a longer message goes
/// for something else.
#[derive(Debug, Default)]
pub(super) struct Messages {
    state: State,
    /// How many values the frame still lacks. At 0 the next byte begins a frame.
    lacking: u64,
    /// How many values of the frame there were.
    seen: u64,
    /// In RESP3 an array is always a reply.
    resp3: bool,
    suspicion: Suspicion,
    held: Vec<u8>,
}

/// Where in a value the next byte is.
#[derive(Debug, Default)]
enum State {
    /// At its first byte.
    #[default]
    Kind,
    /// In the line after that.
    Line { kind: u8, number: i64, negative: bool },
    /// In the bytes of a string or the line end behind them.
    Body { left: u64, name: Option<Vec<u8>> },
    /// No longer in the protocol: everything passes.
    Lost,
}

/// Whether the frame is a message.
#[derive(Debug, Default, PartialEq, Eq)]
enum Suspicion {
    #[default]
    No,
    Maybe,
    Yes,
}

impl Messages {
    /// Takes the next bytes, and gives what is settled by them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let was_suspicious = self.suspicion != Suspicion::No;
            let taken = self.step(first, rest);
            let (now, later) = rest.split_at(taken);
            rest = later;
            if self.suspicion != Suspicion::No || was_suspicious {
                self.held.extend_from_slice(now);
                self.settle(&mut pieces);
            } else {
                pass(&mut pieces, now);
            }
        }
        pieces
    }

    /// What is still held back when the stream ends.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Releases what is held if the frame has ended, is none of ours, or is too long.
    fn settle(&mut self, pieces: &mut Vec<Piece>) {
        let complete = self.lacking == 0 && matches!(self.state, State::Kind);
        if complete && self.suspicion == Suspicion::Yes {
            pieces.push(Piece::Message(std::mem::take(&mut self.held)));
        } else if complete || self.suspicion == Suspicion::No || self.held.len() > LIMIT {
            pass(pieces, &std::mem::take(&mut self.held));
        } else {
            return;
        }
        self.suspicion = Suspicion::No;
    }

    /// Reads on by at least a byte, and says by how many.
    fn step(&mut self, first: u8, rest: &[u8]) -> usize {
        match &mut self.state {
            State::Kind => self.begin(first),
            State::Line { kind, .. } if first == b'\n' => {
                let kind = *kind;
                self.line_ends(kind);
            }
            State::Line { number, negative, .. } => match first {
                b'-' => *negative = true,
                b'0'..=b'9' => {
                    *number = number.saturating_mul(10).saturating_add(i64::from(first - b'0'));
                }
                _ => {}
            },
            State::Body { left, name } => {
                let taken = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                if let Some(name) = name {
                    name.extend_from_slice(&rest[..taken]);
                }
                *left -= taken as u64;
                if *left == 0 {
                    let name = name.take();
                    self.value_ends(name.as_deref());
                }
                return taken;
            }
            State::Lost => return rest.len(),
        }
        1
    }

    fn begin(&mut self, kind: u8) {
        if !KINDS.contains(&kind) {
            self.state = State::Lost;
            self.suspicion = Suspicion::No;
            return;
        }
        if self.lacking == 0 {
            self.lacking = 1;
            self.seen = 0;
            self.resp3 |= ONLY_RESP3.contains(&kind);
            if kind == b'>' || (kind == b'*' && !self.resp3) {
                self.suspicion = Suspicion::Maybe;
            }
        }
        self.state = State::Line { kind, number: 0, negative: false };
    }

    fn line_ends(&mut self, kind: u8) {
        let State::Line { number, negative, .. } = self.state else { return };
        let count = if negative { None } else { u64::try_from(number).ok() };
        match (kind, count) {
            (b'$' | b'=' | b'!', Some(length)) => {
                let name = (self.seen == 1 && length <= LONGEST_NAME).then(Vec::new);
                self.state = State::Body { left: length.saturating_add(2), name };
                return;
            }
            (b'*' | b'~' | b'>', Some(count)) => self.lacking = self.lacking.saturating_add(count),
            (b'%', Some(count)) => {
                self.lacking = self.lacking.saturating_add(count.saturating_mul(2));
            }
            // An attribute stands before the value that it belongs to, and is none itself.
            (b'|', Some(count)) => {
                self.lacking = self.lacking.saturating_add(count.saturating_mul(2) + 1);
            }
            _ => {}
        }
        self.value_ends(None);
    }

    /// The second value of a frame, the first in the array, tells what it is.
    fn value_ends(&mut self, name: Option<&[u8]>) {
        self.state = State::Kind;
        self.lacking -= 1;
        self.seen += 1;
        if self.suspicion == Suspicion::Maybe && self.seen == 2 {
            let name = name.and_then(|name| name.strip_suffix(b"\r\n"));
            let ours = name.is_some_and(|name| NAMES.contains(&name));
            self.suspicion = if ours { Suspicion::Yes } else { Suspicion::No };
        }
    }
}

/// Bytes that follow each other stay in one piece.
fn pass(pieces: &mut Vec<Piece>, bytes: &[u8]) {
    if let Some(Piece::Other(last)) = pieces.last_mut() {
        last.extend_from_slice(bytes);
    } else if !bytes.is_empty() {
        pieces.push(Piece::Other(bytes.to_vec()));
    }
}

const NAMES: [&[u8]; 3] = [b"message", b"pmessage", b"smessage"];
const LONGEST_NAME: u64 = 8;
const KINDS: &[u8] = b"+-:$*_#,(!=%~>|";
const ONLY_RESP3: &[u8] = b"_#,(!=%~>|";
const LIMIT: usize = 64 * 1024;
