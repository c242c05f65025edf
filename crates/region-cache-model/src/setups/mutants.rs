//! One rule after the other is taken out, and a promise is broken each time.
//!
//! A rule that does the work of another as well is taken out together with that; [`spare`] says of
//! these what they are spare for.
//!
//! [`spare`]: super::spare

use super::Breach;
use super::protocol::{
    CHILD_SETS, COMPUTE, FAILOVER, FOREIGN, FULL, GET_MANY, JOIN, LIVES, RESTART, RESTART_APART,
    SURVIVE, TRANSACT, TRANSACT_OR_COMPUTE, WALK, WALK_DEEP, WRITE,
};
use crate::promises::Promise::{
    self, Blocked, Destroyed, Futile, Leaked, Littered, Overtaken, Refused, Stale, StaleFill, Torn,
    Undead, Unlinked, Vanished,
};
use crate::setup::Setup;

/// The rules, and what is broken without them.
pub const MUTANTS: &[Breach] = &[
    // What a read believes.
    one(&["stamp_checked_on_read"], &[4], &CHILD_SETS, Stale),
    one(&["fences_name_their_parent"], &[], &COMPUTE, Stale),
    one(&["namespace_fence_asked"], &[14], &COMPUTE, Stale),
    one(&["values_before_fences"], &[], &GET_MANY, Torn),
    one(&["one_connection_per_batch"], &[6], &RESTART, Stale),
    one(&["batch_joined_before_sent"], &[], &COMPUTE, Stale),
    // Ids.
    one(&["absence_never_validates"], &[2], &COMPUTE, StaleFill),
    one(&["absence_never_validates"], &[2], &COMPUTE, Stale),
    one(&["random_ids"], &[3], &COMPUTE, Undead),
    one(&["random_ids"], &[3], &COMPUTE, Stale),
    one(&["one_request_per_id"], &[3], &COMPUTE, Undead),
    one(&["one_request_per_id"], &[3], &COMPUTE, Stale),
    one(&["nothing_resent"], &[3], &COMPUTE, Undead),
    one(&["nothing_resent"], &[3], &COMPUTE, Stale),
    // The server's reign.
    one(&["reign_in_root_fence"], &[6], &RESTART_APART, Stale),
    one(&["reign_in_namespace_fence"], &[6], &RESTART_APART, Stale),
    one(&["reign_in_root_fence", "reign_in_namespace_fence"], &[6], &RESTART, Stale),
    one(&["replid_in_reign"], &[6], &FAILOVER, Stale),
    one(&["run_id_in_reign", "replid_in_reign"], &[6], &RESTART, Stale),
    one(&["scripts_ask_the_server"], &[6], &SURVIVE, Vanished),
    // Leases and fills.
    one(&["token_at_fill"], &[1], &COMPUTE, StaleFill),
    one(&["lease_at_fill"], &[1], &COMPUTE, StaleFill),
    one(&["lease_at_fill"], &[1], &COMPUTE, Stale),
    one(&["absent_lease_refuses"], &[1, 2], &COMPUTE, Stale),
    one(&["write_drops_lease"], &[1], &COMPUTE, Vanished),
    one(&["transaction_drops_lease"], &[1], &TRANSACT_OR_COMPUTE, Vanished),
    one(&["remove_drops_lease"], &[1], &COMPUTE, Stale),
    one(&["join_needs_same_lease"], &[10], &JOIN, Stale),
    one(&["join_needs_same_token", "join_needs_same_lease"], &[10], &JOIN, Stale),
    one(&["leases_carry_stamp", "replacing_frees_leases"], &[15], &COMPUTE, Blocked),
    // Making fences.
    one(&["leftovers_replaced"], &[], &COMPUTE, Futile),
    one(&["replacing_frees_entries"], &[], &COMPUTE, Littered),
    one(&["made_fences_linked"], &[], &COMPUTE, Unlinked),
    // Writes and transactions.
    one(&["write_compares_stamps"], &[11], &WRITE, Torn),
    one(&["write_compares_stamps"], &[11], &WRITE, Destroyed),
    one(&["types_checked_first"], &[12], &FOREIGN, Torn),
    one(&["transaction_asks_types"], &[12], &FOREIGN, Torn),
    one(&["watch_before_multi"], &[11], &TRANSACT, Torn),
    one(&["watch_before_multi"], &[11], &TRANSACT, Destroyed),
    one(&["watch_before_reading"], &[11], &TRANSACT, Torn),
    one(&["whole_path_watched"], &[11], &TRANSACT, Vanished),
    one(&["reads_watched"], &[], &TRANSACT, Overtaken),
    one(&["read_fences_made"], &[], &TRANSACT, Overtaken),
    // Invalidating, and freeing behind it.
    one(&["invalidation_takes_the_fence"], &[4], &CHILD_SETS, Stale),
    one(&["fence_deleted_not_written"], &[5], &FULL, Refused),
    one(&["walk_frees_leftovers_only"], &[13], &COMPUTE, Vanished),
    one(&["walk_looks_as_it_frees"], &[13], &COMPUTE, Vanished),
    one(&["walk_keeps_parents"], &[13], &WALK_DEEP, Unlinked),
    one(&["walk_visits_beneath_the_living"], &[], &WALK, Leaked),
    one(&["walks_have_ids"], &[], &WALK, Leaked),
    // Lives.
    one(&["fences_outlive_entries"], &[], &LIVES, Vanished),
    one(&["lives_only_grow"], &[], &LIVES, Vanished),
    one(&["lives_remembered_by_fence"], &[], &LIVES, Vanished),
];

const fn one(
    without: &'static [&'static str],
    races: &'static [u8],
    setup: &'static Setup,
    breaks: Promise,
) -> Breach {
    Breach { title: "", without, races, setup, breaks }
}
