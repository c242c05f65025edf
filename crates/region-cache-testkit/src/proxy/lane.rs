//! One direction of a connection.

mod queue;

use std::io;
use std::io::ErrorKind::WouldBlock;
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::Instant;

use self::queue::{Piece, Queue};
use super::fault::{Direction, Kind};
use super::faults::{Faults, LaneFaults};
use super::link::Link;
use super::messages::{self, Messages};
use super::random::Random;
use super::tally::Tally;
use crate::server::pause;

/// Passes bytes on from one socket to another, with what is to happen to them in between.
pub(super) struct Lane<'a> {
    direction: Direction,
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    link: &'a Link,
    tally: &'a Tally,
    buffer: Box<[u8]>,
    queue: Queue,
    messages: Messages,
    random: Random,
    /// Before this moment a throttle lets nothing pass.
    free: Instant,
    /// Nothing more is read.
    read_all: bool,
    /// Bytes got lost: none that come later may pass.
    lossy: bool,
    /// The other side has been told that nothing more comes.
    closed: bool,
}

/// What ends a connection in both directions before both streams have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// [`Kind::Cut`].
    Cut,
    /// [`Kind::Reset`].
    Reset,
    /// A peer is gone, or will never get an answer.
    Lost,
}

/// What is to be done with the first piece of the queue.
enum Next {
    /// Nothing, until something changes.
    Wait,
    /// It gets lost.
    Lose,
    /// It is passed on, at this moment or later.
    Pass(Instant),
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        direction: Direction,
        from: ReadHalf<'a>,
        to: WriteHalf<'a>,
        link: &'a Link,
        tally: &'a Tally,
    ) -> Self {
        let seed = link.seed.wrapping_mul(2).wrapping_add(u64::from(direction == Direction::Up));
        Self {
            direction,
            from,
            to,
            link,
            tally,
            buffer: vec![0; CHUNK].into(),
            queue: Queue::default(),
            messages: Messages::default(),
            random: Random::new(seed),
            free: Instant::now(),
            read_all: false,
            lossy: false,
            closed: false,
        }
    }

    /// Runs until the stream has ended and its end was passed on. What the client has sent is read
    /// before anything is passed on to it, so that round trips are told apart from pipelines.
    pub(super) async fn run(mut self) -> Result<(), Ending> {
        let mut changes = self.link.faults.subscribe();
        loop {
            let faults = changes.borrow_and_update().lane(self.direction).clone();
            let reset = changes.borrow().reset;
            self.strike(reset, &faults).await?;
            let next = self.next(&faults);
            tokio::select! {
                biased;
                changed = changes.changed() => changed.map_err(|_| Ending::Lost)?,
                readable = self.from.readable(), if !self.read_all && self.queue.has_room() => {
                    readable.map_err(|_| Ending::Lost)?;
                    self.read(&faults)?;
                }
                () = self.ready(&next) => match next {
                    Next::Lose => self.lose(&faults),
                    Next::Pass(_) | Next::Wait => if self.pass(&faults).await? {
                        return Ok(());
                    },
                },
            }
        }
    }

    /// Does what happens at once.
    async fn strike(&mut self, reset: bool, faults: &LaneFaults) -> Result<(), Ending> {
        if reset {
            return Err(Ending::Reset);
        }
        if faults.bytes_to_cut == Some(0) {
            return Err(Ending::Cut);
        }
        if faults.half_close && !self.closed {
            self.closed = true;
            self.tally.count(Kind::HalfClose);
            self.to.shutdown().await.map_err(|_| Ending::Lost)?;
        }
        Ok(())
    }

    fn next(&mut self, faults: &LaneFaults) -> Next {
        match self.queue.first() {
            None => Next::Wait,
            Some(Piece::Bytes { .. }) if faults.black_hole || self.lossy || self.closed => {
                Next::Lose
            }
            Some(Piece::End) if faults.black_hole => Next::Wait,
            Some(piece) if faults.stall => {
                if piece.stands_still() {
                    self.tally.count(Kind::Stall);
                }
                Next::Wait
            }
            Some(piece) => {
                let mut moment = Instant::now();
                if let (Some(due), true) = (piece.due(), faults.delay.is_some()) {
                    moment = moment.max(due);
                }
                if faults.bytes_per_second.is_some() {
                    moment = moment.max(self.free);
                }
                Next::Pass(moment)
            }
        }
    }

    async fn ready(&self, next: &Next) {
        match next {
            Next::Wait => std::future::pending().await,
            Next::Lose => {}
            Next::Pass(moment) => {
                let time = moment.saturating_duration_since(Instant::now());
                // Even an empty pause would last to the timer's next millisecond.
                if !time.is_zero() {
                    pause(time).await;
                }
                // An error is met again by the write.
                let _ = self.to.writable().await;
            }
        }
    }

    fn read(&mut self, faults: &LaneFaults) -> Result<(), Ending> {
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

    fn enqueue_piece(&mut self, piece: &messages::Piece, faults: &LaneFaults) {
        match piece {
            messages::Piece::Other(bytes) => self.enqueue(bytes.clone(), faults),
            messages::Piece::Message(bytes) => {
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

    /// Lets the first piece get lost, by a black hole or after a half-close.
    fn lose(&mut self, faults: &LaneFaults) {
        self.queue.pop();
        self.lossy |= faults.black_hole;
        if self.lossy {
            self.tally.count(Kind::BlackHole);
        }
    }

    /// Passes on as much of the first piece as may pass, and says whether that was the end.
    async fn pass(&mut self, faults: &LaneFaults) -> Result<bool, Ending> {
        let Some(rest) = self.queue.bytes() else {
            // Whoever has ended while bytes were lost will never get an answer.
            if self.lossy {
                return Err(Ending::Lost);
            }
            if !self.closed {
                self.to.shutdown().await.map_err(|_| Ending::Lost)?;
            }
            return Ok(true);
        };
        let slice = faults.bytes_per_second.map_or(CHUNK as u64, |rate| (rate / 50).max(1));
        let limit = slice.min(faults.bytes_to_cut.unwrap_or(u64::MAX));
        let length = rest.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        if self.direction == Direction::Down {
            count_round_trip(self.link, self.tally, &self.to);
        }
        match self.to.try_write(&rest[..length]) {
            Ok(count) => self.passed(count, faults),
            Err(error) => unless_blocked(&error)?,
        }
        Ok(false)
    }

    fn passed(&mut self, count: usize, faults: &LaneFaults) {
        self.queue.advance(count);
        let count = count as u64;
        if let Some(rate) = faults.bytes_per_second {
            let time = Duration::from_nanos(count.saturating_mul(1_000_000_000) / rate);
            self.free = self.free.max(Instant::now()) + time;
            self.tally.count(Kind::Throttle);
        }
        if faults.bytes_to_cut.is_some() {
            let direction = self.direction;
            self.link.faults.send_if_modified(|faults| {
                faults.on(direction, |lane| {
                    lane.bytes_to_cut = lane.bytes_to_cut.map(|bytes| bytes.saturating_sub(count));
                });
                false
            });
        }
    }
}

/// Counts one if the client has sent something and waits now; see
/// [`Proxy::round_trips`](super::Proxy::round_trips).
fn count_round_trip(link: &Link, tally: &Tally, client: &WriteHalf<'_>) {
    if !link.client_had_spoken() {
        return;
    }
    // The runtime may not have noticed yet what the kernel has.
    let more = recv(client.as_ref(), &mut [0], RecvFlags::PEEK);
    if !matches!(more, Ok((1.., _))) {
        link.client_was_answered();
        tally.count_round_trip();
    }
}

/// A peer that is gone resets the other one.
fn unless_blocked(error: &io::Error) -> Result<(), Ending> {
    if error.kind() == WouldBlock { Ok(()) } else { Err(Ending::Lost) }
}

const CHUNK: usize = 64 * 1024;
