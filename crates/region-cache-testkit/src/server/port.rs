//! Ports that a server can come back to.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// A port on which nothing listens right now.
///
/// It is not asked of the kernel by binding port 0: that gives a port from the range that outgoing
/// connections are numbered from as well. While a server is down, one of the clients that keep
/// calling it could then get the server's own port, find itself connected to itself, and keep the
/// server from coming back.
///
/// # Panics
///
/// Where no port is free.
pub(super) fn free_port() -> u16 {
    let start = RandomState::new().hash_one(std::process::id());
    let ports = u64::from(END - START);
    let candidates = (0..ports).map(|step| (start.wrapping_add(step * STRIDE)) % ports);
    candidates
        .filter_map(|place| u16::try_from(place).ok())
        .map(|place| START + place)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("a port between 15000 and 32000 must be free on the loopback address")
}

// Below what Linux (from 32768), BSD and macOS (from 49152) give to outgoing connections.
const START: u16 = 15_000;
const END: u16 = 32_000;
// A prime that does not divide the number of ports: every port is tried, neighbours late.
const STRIDE: u64 = 7_919;
