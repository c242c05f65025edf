//! The protocol as the contract has it, in configurations that take minutes.

use super::protocol::{
    COMPUTE, FAILOVER, LIVES, RESTART, RESTART_APART, SURVIVE, TRANSACT, WALK_DEEP,
};
use super::roles::{
    ALL_WITH_BOTH, ALL_WITH_X, BOTH, COMPUTES_AND_WRITES, COMPUTES_X, DEEP_REGIONS, EVERY_REGION,
    EVERYTHING_WITH_X, SINGLE_REGIONS, TRANSACTS,
};
use crate::faults::{Faults, Limit};
use crate::setup::{Role, Setup};
use crate::tree::Tree;

/// All of them.
pub const LARGE: &[&Setup] = &[
    &RESTART_DEEP,
    &RESTART_OFTEN,
    &RESTART_APART_OFTEN,
    &FAILOVER_OFTEN,
    &SURVIVE_OFTEN,
    &WALK_TWO,
    &WALK_CHAIN,
    &CROWN,
    &TRANSACT_DEEP,
    &TRANSACT_BOTH,
    &COMPUTE_DEEPER,
    &LIVES_AND_FAULTS,
    &EVERYTHING,
    &EVERYTHING_IN_THREE,
    &EVERYTHING_AND_RESTART,
    &EVERYTHING_WITH_TWO,
];

/// A restart, three fences below the namespace.
pub const RESTART_DEEP: Setup = Setup {
    name: "one restart, three fences below the namespace",
    tree: Tree::DEEP,
    roles: &[EVERYTHING_WITH_X; 2],
    invalidates: DEEP_REGIONS,
    faults: Faults { restarts: Limit::ONCE, ..Faults::USUAL },
    ..RESTART
};

/// Restarts without limit.
pub const RESTART_OFTEN: Setup = Setup {
    name: "any number of restarts",
    roles: &[EVERYTHING_WITH_X; 2],
    faults: Faults { restarts: Limit::OFTEN, ..Faults::USUAL },
    ..RESTART
};

/// Restarts of either of two servers, without limit.
pub const RESTART_APART_OFTEN: Setup = Setup {
    name: "the namespace's fence on another server; any number of restarts",
    faults: Faults { restarts: Limit::OFTEN, ..Faults::USUAL },
    ..RESTART_APART
};

/// Failovers without limit.
pub const FAILOVER_OFTEN: Setup = Setup {
    name: "any number of failovers",
    tree: Tree::SINGLE,
    invalidates: SINGLE_REGIONS,
    faults: Faults { failovers: Limit::OFTEN, ..Faults::USUAL },
    ..FAILOVER
};

/// Failovers without limit, and connections that live on.
pub const SURVIVE_OFTEN: Setup = Setup {
    name: "any number of failovers, connections survive, reign always asked",
    faults: Faults { failovers: Limit::OFTEN, ..Faults::USUAL },
    ..SURVIVE
};

/// Walks as they are, with two clients and `clear`.
pub const WALK_TWO: Setup = Setup {
    name: "walks leave nothing behind: two clients, clear",
    roles: &[COMPUTES_X; 2],
    invalidates: DEEP_REGIONS,
    ..WALK_DEEP
};

/// Walks as they are, where a region may live above one that does not.
pub const WALK_CHAIN: Setup = Setup {
    name: "walks leave nothing behind: two keys, one beneath the other",
    tree: Tree::CHAIN,
    roles: &[Role { computes: BOTH, ..Role::IDLE }],
    ..WALK_TWO
};

/// Two sub-regions of one region of one root, with computations and writes of both.
pub const CROWN: Setup = Setup {
    name: "two sub-regions, computations and writes of both",
    tree: Tree::CROWN,
    roles: &[COMPUTES_AND_WRITES; 2],
    removes: BOTH,
    invalidates: EVERY_REGION,
    ..COMPUTE
};

/// Transactions on regions of which one lies beneath the other.
pub const TRANSACT_DEEP: Setup =
    Setup { name: "transactions, one region beneath the other", tree: Tree::CHAIN, ..TRANSACT };

/// Two clients with transactions.
pub const TRANSACT_BOTH: Setup =
    Setup { name: "transactions of two clients", roles: &[TRANSACTS; 2], ..TRANSACT_DEEP };

/// Five fences in a row.
pub const COMPUTE_DEEPER: Setup = Setup {
    name: "compute, set, remove, invalidate, clear; four fences below the namespace",
    tree: Tree::DEEPER,
    invalidates: EVERY_REGION,
    ..COMPUTE
};

/// Short and long lives, while everything else goes wrong too.
pub const LIVES_AND_FAULTS: Setup = Setup {
    name: "short and long lives, and the usual faults",
    faults: Faults { ages: Limit::OFTEN, child_sets: Limit::OFTEN, ..Faults::USUAL },
    ..LIVES
};

/// Two clients that do everything with one key: three fences below the namespace.
pub const EVERYTHING: Setup = Setup {
    name: "everything with one key; three fences below the namespace",
    roles: &[ALL_WITH_X; 2],
    ..COMPUTE
};

/// The same with three clients.
pub const EVERYTHING_IN_THREE: Setup =
    Setup { name: "everything with one key, three clients", roles: &[ALL_WITH_X; 3], ..EVERYTHING };

/// The same with a restart.
pub const EVERYTHING_AND_RESTART: Setup = Setup {
    name: "everything with one key, one restart",
    faults: Faults { restarts: Limit::ONCE, child_sets: Limit::OFTEN, ..Faults::USUAL },
    ..EVERYTHING
};

/// Two clients that do everything with two keys.
pub const EVERYTHING_WITH_TWO: Setup = Setup {
    name: "everything with two keys",
    tree: Tree::CHAIN,
    roles: &[ALL_WITH_BOTH; 2],
    removes: BOTH,
    ..COMPUTE
};
