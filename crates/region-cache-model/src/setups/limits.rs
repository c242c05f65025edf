//! Where the protocol does break a promise: with an assumption that does not hold.
//!
//! `REPLICAOF` by hand (unlike Sentinel, which cuts them) leaves the connections to a demoted server
//! open, `WATCH` included, and it goes on answering reads. The contract has a connection confirm the
//! reign once in B, so whatever happens on it within B of the demotion is judged by a reign that is
//! over. [`SURVIVE`] shows what is enough instead: to ask for the reign with every batch of reads, in
//! the first pipeline of a transaction, and between `MULTI` and `EXEC`.

use super::Breach;
use super::protocol::SURVIVE;
use crate::promises::Promise::{Stale, Vanished};
use crate::setup::Setup;

/// The assumptions, and what is broken without them.
pub const LIMITS: &[Breach] = &[
    Breach {
        title: "a connection survives a failover by hand: reads, within B",
        without: &[],
        races: &[6],
        setup: &SURVIVE_UNASKED,
        breaks: Stale,
    },
    Breach {
        title: "a connection survives a failover and the failback: a transaction, within B",
        without: &[],
        races: &[6],
        setup: &SURVIVE_UNASKED,
        breaks: Vanished,
    },
];

/// Connections live on, and the reign that was learnt on them is believed, for up to B.
pub const SURVIVE_UNASKED: Setup = Setup { reign_always_asked: false, ..SURVIVE };
