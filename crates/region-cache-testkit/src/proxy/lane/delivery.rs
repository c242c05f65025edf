//! From the queue to the other socket.

use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;
use tokio::time::Instant;

use super::{CHUNK, Ending, Lane, unless_blocked};
use crate::proxy::fault::{Direction, Kind};
use crate::proxy::faults::LaneFaults;
use crate::proxy::link::Link;
use crate::proxy::tally::Tally;

impl Lane<'_> {
    /// Lets the first piece get lost, by a black hole or after a half-close.
    pub(super) fn lose(&mut self, faults: &LaneFaults) {
        self.queue.pop();
        self.lossy |= faults.black_hole;
        if self.lossy {
            self.tally.count(Kind::BlackHole);
        }
    }

    /// Passes on as much of the first piece as may pass, and says whether that was the end.
    pub(super) async fn pass(&mut self, faults: &LaneFaults) -> Result<bool, Ending> {
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
/// [`Proxy::round_trips`](crate::proxy::Proxy::round_trips).
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
