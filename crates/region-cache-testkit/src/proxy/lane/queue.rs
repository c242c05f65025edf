//! What has been read and not yet passed on.

use std::collections::VecDeque;

use tokio::time::Instant;

/// Pieces in the order in which they came, up to a size.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pieces: VecDeque<Piece>,
    size: usize,
    last_due: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum Piece {
    Bytes {
        bytes: Vec<u8>,
        /// How many of them have been passed on.
        passed: usize,
        due: Instant,
        stood_still: bool,
    },
    /// The end of the stream.
    End,
}

impl Queue {
    /// While there is none, nothing is read, and the sender has to wait: TCP's own way.
    pub(super) fn has_room(&self) -> bool {
        self.size < LIMIT && self.pieces.len() < MOST_PIECES
    }

    /// Adds bytes. They are due no sooner than those before them.
    pub(super) fn push(&mut self, bytes: Vec<u8>, due: Instant) {
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = Some(due);
        self.size += bytes.len();
        self.pieces.push_back(Piece::Bytes { bytes, passed: 0, due, stood_still: false });
    }

    pub(super) fn end(&mut self) {
        self.pieces.push_back(Piece::End);
    }

    pub(super) fn first(&mut self) -> Option<&mut Piece> {
        self.pieces.front_mut()
    }

    /// What is left of the first piece, if it is not the end.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self.pieces.front()? {
            Piece::Bytes { bytes, passed, .. } => Some(&bytes[*passed..]),
            Piece::End => None,
        }
    }

    /// Takes some bytes off the first piece.
    pub(super) fn advance(&mut self, count: usize) {
        if let Some(Piece::Bytes { bytes, passed, .. }) = self.pieces.front_mut() {
            *passed += count;
            if *passed == bytes.len() {
                self.pop();
            }
        }
    }

    pub(super) fn pop(&mut self) {
        if let Some(Piece::Bytes { bytes, .. }) = self.pieces.pop_front() {
            self.size -= bytes.len();
        }
    }
}

impl Piece {
    /// When it may be passed on while there is a delay.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Bytes { due, .. } => Some(*due),
            Self::End => None,
        }
    }

    /// Notes that it stands still, and says whether that is new.
    pub(super) fn stands_still(&mut self) -> bool {
        match self {
            Self::Bytes { stood_still, .. } => !std::mem::replace(stood_still, true),
            Self::End => false,
        }
    }
}

const LIMIT: usize = 1024 * 1024;
// A client that sends a byte at a time must not make this proxy hold a million pieces.
const MOST_PIECES: usize = 4096;
