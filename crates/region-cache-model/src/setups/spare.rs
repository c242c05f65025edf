//! Rules that can be taken out alone, because another does the same work. Both together cannot; see
//! the table of [`mutants`](super::mutants).

use super::Spare;
use super::protocol::{COMPUTE, FAILOVER, JOIN, RESTART, TRANSACT_OR_COMPUTE};
use crate::promises::Promise;

/// The rules, and what stands in for them.
pub const SPARE: &[Spare] = &[
    Spare {
        without: &["leases_carry_stamp"],
        setup: &COMPUTE,
        keeps: Promise::ALL,
        because: "whoever replaces a fence frees its leases, so none has another stamp",
    },
    Spare {
        without: &["replacing_frees_leases"],
        setup: &COMPUTE,
        keeps: Promise::ALL,
        because: "a lease with another stamp is taken over",
    },
    Spare {
        without: &["join_needs_same_token"],
        setup: &JOIN,
        keeps: Promise::ALL,
        because: "the same lease is still there only while its token stands",
    },
    Spare {
        without: &["reign_in_root_fence"],
        setup: &RESTART,
        keeps: Promise::ALL,
        because: "on one server the namespace's fence has the same reign",
    },
    Spare {
        without: &["reign_in_namespace_fence"],
        setup: &RESTART,
        keeps: Promise::ALL,
        because: "on one server each root's fence has the same reign",
    },
    Spare {
        without: &["run_id_in_reign"],
        setup: &RESTART,
        keeps: Promise::ALL,
        because: "each start makes a new master_replid too",
    },
    Spare {
        without: &["run_id_in_reign"],
        setup: &FAILOVER,
        keeps: Promise::ALL,
        because: "so does each promotion",
    },
    Spare {
        without: &["scripts_ask_the_server"],
        setup: &FAILOVER,
        keeps: Promise::ALL,
        because: "a connection that is cut at each change of reign knows the present one",
    },
    Spare {
        without: &["token_at_fill"],
        setup: &TRANSACT_OR_COMPUTE,
        keeps: WHAT_READERS_SEE,
        because: "the lease is gone as soon as a fence is made anew, and a dead stamp is not read",
    },
];

// What is stored under a fence that fell is memory lost, and a fill that says so in vain.
const WHAT_READERS_SEE: &[Promise] = &[
    Promise::Stale,
    Promise::Torn,
    Promise::Destroyed,
    Promise::Overtaken,
    Promise::Undead,
    Promise::Unlinked,
    Promise::Littered,
    Promise::Blocked,
    Promise::Futile,
];
