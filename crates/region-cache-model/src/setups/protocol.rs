//! The protocol as the contract has it.
//!
//! Where nothing else is said, whatever may befall keys, requests and clients does, at any step and
//! without limit: fences, hashes and leases are evicted, leases pass their deadlines, replies are
//! lost, processes die, and walks come late. Changes are without limit too.

use super::roles::{
    BOTH, COMPUTES_AND_WRITES, COMPUTES_X, DEEP_REGIONS, EVERYTHING_WITH_X, JUST_X, NS, READS,
    SINGLE_REGIONS, TRANSACTS, WITH_X, WRITE_X, WRITES,
};
use crate::faults::{Faults, Limit};
use crate::setup::{Role, Setup, Walks};
use crate::tree::{R2, R3, ROOT, Tree};
use crate::words::{Keys, Regions};

/// Those that are explored to the end in seconds, and with each test run.
pub const SMALL: &[&Setup] = &[
    &COMPUTE,
    &COMPUTE_IN_THREE,
    &JOIN,
    &GET_MANY,
    &WRITE,
    &WRITE_DEEP,
    &TRANSACT,
    &TRANSACT_OR_COMPUTE,
    &CLEAR,
    &WALK,
    &WALK_DEEP,
    &LIVES,
    &FULL,
    &FOREIGN,
    &CHILD_SETS,
    &RESTART,
    &RESTART_APART,
    &FAILOVER,
    &SURVIVE,
];

/// Two clients that read, compute and set one key; somebody who removes it, invalidates every region
/// of its path, and clears. Three fences below the namespace.
pub const COMPUTE: Setup = Setup {
    name: "compute, set, remove, invalidate, clear; three fences below the namespace",
    tree: Tree::DEEP,
    roles: &[EVERYTHING_WITH_X; 2],
    removes: JUST_X,
    invalidates: DEEP_REGIONS,
    walks: Walks::Late,
    faults: Faults::USUAL,
    ..Setup::QUIET
};

/// The same with three clients.
pub const COMPUTE_IN_THREE: Setup =
    Setup { name: "the same, three clients", roles: &[WITH_X; 3], ..COMPUTE };

/// Callers in one process that join each other's computations.
pub const JOIN: Setup = Setup {
    name: "computations are joined",
    roles: &[Role { joins: true, ..WITH_X }; 2],
    ..COMPUTE
};

/// `get_many` beside writes of both keys. The views that the reader could have had are kept, so the
/// changes are counted.
pub const GET_MANY: Setup = Setup {
    name: "get_many of two keys; three changes",
    tree: Tree::PAIR,
    roles: &[READS, Role { writes: &[BOTH, JUST_X], ..Role::IDLE }],
    removes: BOTH,
    invalidates: Regions::of(&[ROOT, R2]),
    faults: Faults { changes: Limit::THRICE, fences: Limit::OFTEN, ..Faults::NONE },
    ..COMPUTE
};

/// Writes of two regions at once, by the script.
pub const WRITE: Setup = Setup {
    name: "writes of two regions by the script",
    tree: Tree::FORK,
    roles: &[WRITES; 2],
    removes: BOTH,
    ..COMPUTE
};

/// The same where one region lies beneath the other.
pub const WRITE_DEEP: Setup =
    Setup { name: "the same, one beneath the other", tree: Tree::CHAIN, ..WRITE };

/// A client with transactions beside one that writes by the script.
pub const TRANSACT: Setup = Setup {
    name: "transactions beside writes by the script",
    roles: &[TRANSACTS, WRITES],
    ..WRITE
};

/// A client with transactions beside one that computes.
pub const TRANSACT_OR_COMPUTE: Setup =
    Setup { name: "transactions beside computations", roles: &[TRANSACTS, COMPUTES_X], ..WRITE };

/// Two roots, and `clear`.
pub const CLEAR: Setup = Setup {
    name: "two roots, clear",
    tree: Tree::ROOTS,
    roles: &[COMPUTES_AND_WRITES; 2],
    invalidates: Regions::of(&[NS, ROOT, R2]),
    ..COMPUTE
};

/// Walks as they are: begun, taken up by others, doubled, abandoned. Nothing is left behind.
pub const WALK: Setup = Setup {
    name: "walks leave nothing behind: two regions",
    tree: Tree::FORK,
    roles: &[Role { computes: BOTH, ..Role::IDLE }],
    removes: Keys::NONE,
    invalidates: Regions::of(&[ROOT, R2]),
    walks: Walks::Traversed,
    faults: Faults::NONE,
    ..COMPUTE
};

/// The same where one region lies beneath the other.
pub const WALK_DEEP: Setup = Setup {
    name: "walks leave nothing behind: one beneath the other",
    tree: Tree::DEEP,
    roles: &[Role { computes: JUST_X, ..Role::IDLE }],
    invalidates: Regions::of(&[ROOT, R2, R3]),
    ..WALK
};

/// Entries with a short life beside some without, and time that passes.
pub const LIVES: Setup = Setup {
    name: "short and long lives",
    roles: &[WITH_X; 2],
    faults: Faults { ages: Limit::OFTEN, replies: Limit::OFTEN, ..Faults::NONE },
    ..COMPUTE
};

/// A server that is full now and then.
pub const FULL: Setup = Setup {
    name: "a server that is full now and then",
    faults: Faults { full: Limit::OFTEN, ..Faults::USUAL },
    ..COMPUTE
};

/// Somebody else's key where a hash of ours should be.
pub const FOREIGN: Setup = Setup {
    name: "a foreign key in place of a hash",
    roles: &[WRITES, TRANSACTS],
    foreign: Regions::of(&[R3]),
    ..WRITE
};

/// Child sets are evicted too: walks may miss regions then, but nobody reads what they miss.
pub const CHILD_SETS: Setup = Setup {
    name: "child sets are evicted",
    faults: Faults { child_sets: Limit::OFTEN, ..Faults::USUAL },
    ..COMPUTE
};

/// A restart from a snapshot.
pub const RESTART: Setup = Setup {
    name: "one restart from a snapshot",
    tree: Tree::SINGLE,
    roles: &[EVERYTHING_WITH_X, COMPUTES_X],
    invalidates: SINGLE_REGIONS,
    faults: Faults { restarts: Limit::ONCE, fences: Limit::OFTEN, ..Faults::NONE },
    ..COMPUTE
};

/// A restart of one of two servers, of which one has the namespace's fence only.
pub const RESTART_APART: Setup = Setup {
    name: "the namespace's fence on another server; one restart",
    roles: &[EVERYTHING_WITH_X],
    namespace_apart: true,
    ..RESTART
};

/// A failover to a lagging replica, and a failback.
pub const FAILOVER: Setup = Setup {
    name: "failover and failback",
    tree: Tree::ROOT_ONLY,
    roles: &[EVERYTHING_WITH_X],
    invalidates: Regions::of(&[NS, ROOT]),
    faults: Faults { failovers: Limit::TWICE, fences: Limit::OFTEN, ..Faults::NONE },
    ..RESTART
};

/// The same with connections that live on, if the reign is always asked for.
pub const SURVIVE: Setup = Setup {
    name: "failover and failback, connections survive, reign always asked",
    roles: &[Role { transactions: WRITE_X, ..EVERYTHING_WITH_X }],
    connections_survive: true,
    reign_always_asked: true,
    ..FAILOVER
};
