//! From the socket into the queue.

use std::time::Duration;

use tokio::time::Instant;

use super::{Ending, Lane, unless_blocked};
use crate::proxy::fault::{Direction, Kind};
use crate::proxy::faults::{Faults, LaneFaults};
use crate::proxy::messages::Piece;

impl Lane<'_> {
    /// Takes what there is, with the faults that concern whole chunks and messages.
    pub(super) fn read(&mut self, faults: &LaneFaults) -> Result<(), Ending> {
        let count = match self.from.try_read(&mut self.buffer) {
            Ok(count) => count,
            Err(error) => return unless_blocked(&error),
        };
        if count == 0 {
            let rest = self.messages.rest();
            self.enqueue(rest, faults);
            self.queue.end();
            self.read_all = true;
            return Ok(());
        }
        if self.direction == Direction::Up {
            self.link.client_spoke();
            self.enqueue(self.buffer[..count].to_vec(), faults);
            return Ok(());
        }
        let pieces = self.messages.feed(&self.buffer[..count]);
        let twice = self.happens(|faults| &mut faults.duplicate_chunks, Kind::DuplicateChunk);
        for _ in 0..=u8::from(twice) {
            for piece in &pieces {
                self.enqueue_piece(piece, faults);
            }
        }
        Ok(())
    }

    fn enqueue_piece(&mut self, piece: &Piece, faults: &LaneFaults) {
        match piece {
            Piece::Other(bytes) => self.enqueue(bytes.clone(), faults),
            Piece::Message(bytes) => {
                if self.happens(|faults| &mut faults.drop_messages, Kind::DropMessage) {
                    return;
                }
                self.enqueue(bytes.clone(), faults);
                if self.happens(|faults| &mut faults.duplicate_messages, Kind::DuplicateMessage) {
                    self.enqueue(bytes.clone(), faults);
                }
            }
        }
    }

    fn enqueue(&mut self, bytes: Vec<u8>, faults: &LaneFaults) {
        let late = faults.delay.map_or(Duration::ZERO, |delay| {
            delay.fixed + self.random.time(&(Duration::ZERO..=delay.jitter))
        });
        if !bytes.is_empty() {
            if !late.is_zero() {
                self.tally.count(Kind::Delay);
            }
            self.queue.push(bytes, Instant::now() + late);
        }
    }

    fn happens(&self, counter: fn(&mut Faults) -> &mut u64, kind: Kind) -> bool {
        let happens = self.link.take_one(counter);
        if happens {
            self.tally.count(kind);
        }
        happens
    }
}
