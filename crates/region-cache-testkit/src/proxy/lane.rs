//! One direction of a connection.

mod delivery;
mod intake;
mod queue;

use std::io;
use std::io::ErrorKind::WouldBlock;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::Instant;

use self::queue::{Piece, Queue};
use super::fault::{Direction, Kind};
use super::faults::LaneFaults;
use super::link::Link;
use super::messages::Messages;
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
}

/// A peer that is gone resets the other one.
fn unless_blocked(error: &io::Error) -> Result<(), Ending> {
    if error.kind() == WouldBlock { Ok(()) } else { Err(Ending::Lost) }
}

const CHUNK: usize = 64 * 1024;
