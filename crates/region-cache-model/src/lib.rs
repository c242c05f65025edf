//! The protocol of region-cache as an exhaustive model.
//!
//! Every interleaving of a few clients, a server, and whatever may befall them is gone through, and in
//! every state the promises of the contract are checked. The real protocol must keep them all; take any
//! one rule out, and the model must find a way to break one. A checker that was never seen to fail
//! proves nothing, so both are tested.
//!
//! ```text
//! cargo test -p region-cache-model                                  what is small
//! cargo run --release -p region-cache-model -- --states 20000000    everything, as a table
//! cargo run --release -p region-cache-model -- --traces token       with traces, by name
//! ```
//!
//! # What is modelled
//!
//! - **The server** ([`server`]): fences with what they hang on and the reign they were made under,
//!   hashes with stamped values, leases, child sets, unfinished walks, lives.
//! - **The clients** ([`client`]): what they believe of fences, the reign that they learnt on their
//!   connection, and what they are in the middle of.
//! - **The truth** ([`truth`]): the version of each key in its source, raised by every change that is
//!   done; nobody in the model knows it, and all are judged by it.
//! - **The acts** ([`acts`]), a file each: read, lease, fill, write, remove, transaction, invalidate
//!   (`clear` is that of the namespace), walk; and eviction, lives that run out, a full server, the death
//!   of a process, a restart from a snapshot, a failover.
//!
//! A read is two steps, and another client's script may run between them; so are a computation and a
//! transaction. A script is one step. Any reply may be lost, any process may die at any step, and a walk
//! may come at any time.
//!
//! **Most configurations have no limit.** Ids are only ever compared, and so are the versions of one key,
//! so states that differ in their numbers alone are one state ([`canon`]). What is left is finite, and is
//! exhausted: any number of changes (but where `get_many` is looked at), computations, evictions, lost
//! replies, deaths, takeovers, walks; in some also of restarts and failovers. Limited are the clients (two
//! or three), the keys (one or two), the regions (up to four fences below the namespace) and the walks
//! under way at once (two). Three configurations are too large to be exhausted, and say so.
//!
//! # What is not
//!
//! - The near cache, announcements and polls (C2, C3, C4, C7), with races 7 to 9; of race 14 only what a
//!   strict read has of it.
//! - Bytes: an entry is one atom. Of C0 only that no value appears from nowhere.
//! - Time. A deadline is a takeover that may come at any moment; the bound B is "for a while". `expire` is
//!   a removal, and `release` of a lease its eviction.
//! - `add` and `increment`, which are writes that look first, in the same script; gathering, in which each
//!   write must be all or nothing for itself.
//! - A cluster's second server only as one whose restarts are its own: scripts and reads see its fence at
//!   once, not under the vouching rule.
//! - Liveness, but for this much: nobody waits for a doomed computation (`Blocked`), and who tries again
//!   with what was taught is not refused again for the same reason (`Futile`).
//!
//! # Why some things are simpler here than on the wire
//!
//! Each of these leaves out steps that no one could see, or does more than the real thing:
//!
//! - A reply arrives with its script. Its caller does nothing in between, and whatever happens in between
//!   can as well happen after. A lost reply is an act of its own.
//! - A request that reaches the server long after its caller gave up is what another client with the same,
//!   by then outdated, beliefs sends.
//! - A loader's value is as old as its token. It may be newer; older it must not be.
//! - A refused write ends there. Sending it again is another write.
//! - Changes count from the moment when their script runs, not from the reply on: more is asked for than
//!   was promised.
//! - What a strict read would return is judged in every state, as if it were one instant; of the reads
//!   that take two steps only those are followed that could still go wrong.
//! - A token is compared by the region's own fence alone. That one names the fence above it, and so on, so
//!   if it stands and is the same, the whole path is. A client need remember no more.
//! - Regions are linked where their fences are made, and nowhere else.
//!
//! # The promises
//!
//! By the names of their breaches ([`Promise`]): Invented (C0), Stale (C1, C9), StaleFill (C6), Torn,
//! Destroyed and Overtaken (C5), Vanished (C1: no stored value goes without a reason), and what the
//! contract says in passing: Undead, Unlinked, Leaked, Littered, Blocked, Futile, Refused.
//!
//! # The rules, and what each guards
//!
//! A switch for each is in [`Rules`]. The table of [`setups::mutants`] takes them out; [`setups::spare`]
//! has those for which another stands in; [`setups::naive`] has what one builds first, and
//! [`setups::limits`] where the contract itself ends.
//!
//! | rule | broken without it | race |
//! |---|---|---|
//! | `stamp_checked_on_read` | Stale | 4 |
//! | `fences_name_their_parent` | Stale |  |
//! | `namespace_fence_asked` | Stale | 14 |
//! | `values_before_fences` | Torn |  |
//! | `one_connection_per_batch` | Stale | 6 |
//! | `batch_joined_before_sent` | Stale |  |
//! | `absence_never_validates` | StaleFill, Stale | 2 |
//! | `random_ids` | Undead, Stale | 3 |
//! | `one_request_per_id` | Undead, Stale | 3 |
//! | `nothing_resent` | Undead, Stale | 3 |
//! | `reign_in_root_fence` | Stale | 6 |
//! | `reign_in_namespace_fence` | Stale | 6 |
//! | `run_id_in_reign` | Stale, without `replid_in_reign` too | 6 |
//! | `replid_in_reign` | Stale | 6 |
//! | `scripts_ask_the_server` | Vanished | 6 |
//! | `token_at_fill` | StaleFill | 1 |
//! | `lease_at_fill` | StaleFill, Stale | 1 |
//! | `absent_lease_refuses` | Stale | 1, 2 |
//! | `write_drops_lease` | Vanished | 1 |
//! | `transaction_drops_lease` | Vanished | 1 |
//! | `remove_drops_lease` | Stale | 1 |
//! | `join_needs_same_token` | Stale, without `join_needs_same_lease` too | 10 |
//! | `join_needs_same_lease` | Stale | 10 |
//! | `leases_carry_stamp` | Blocked, without `replacing_frees_leases` too | 15 |
//! | `leftovers_replaced` | Futile |  |
//! | `replacing_frees_entries` | Littered |  |
//! | `replacing_frees_leases` | Blocked, without `leases_carry_stamp` too | 15 |
//! | `made_fences_linked` | Unlinked |  |
//! | `write_compares_stamps` | Torn, Destroyed | 11 |
//! | `types_checked_first` | Torn | 12 |
//! | `transaction_asks_types` | Torn | 12 |
//! | `watch_before_multi` | Torn, Destroyed | 11 |
//! | `watch_before_reading` | Torn | 11 |
//! | `whole_path_watched` | Vanished | 11 |
//! | `reads_watched` | Overtaken |  |
//! | `read_fences_made` | Overtaken |  |
//! | `invalidation_takes_the_fence` | Stale | 4 |
//! | `fence_deleted_not_written` | Refused | 5 |
//! | `walk_frees_leftovers_only` | Vanished | 13 |
//! | `walk_looks_as_it_frees` | Vanished | 13 |
//! | `walk_keeps_parents` | Unlinked | 13 |
//! | `walk_visits_beneath_the_living` | Leaked |  |
//! | `walks_have_ids` | Leaked |  |
//! | `fences_outlive_entries` | Vanished |  |
//! | `lives_only_grow` | Vanished |  |
//! | `lives_remembered_by_fence` | Vanished |  |
//!
//! # How to read a trace
//!
//! Clients are A, B and C; keys are x and y. A numbered line is an act, the lines below it are what it
//! changed, and the last line is the promise that was broken by the last act. `#7` is an id; `#7 on #6` a
//! fence with the one it hangs on. No trace of the same violation is shorter. Here the lease was not
//! checked at the fill:
//!
//! ```text
//!   1. A asks for the lease of x
//!        fence of namespace: #5, run #1 replid #2
//!        fence of shop: #6 on #5, run #1 replid #2
//!        fence of shop.a: #7 on #6
//!        lease of x: #8 under #7
//!        A: computes version 0 of x with token #7 and lease #8
//!   2. somebody removes x
//!        lease of x: none
//!        a read of x must not return less than: version 1
//!   3. A fills x
//!        x in the hash of shop.a: version 0, stamp #7
//!        a read of x now returns: version 0
//!      Broken: Stale (C1, C9)
//! ```
//!
//! # Why an explorer of our own
//!
//! [`explore`] is some 150 lines. The crate `stateright` would do the same work and bring some fifty crates
//! with it, a web server among them. Its breadth-first search, the only one that finds shortest traces,
//! does not reduce symmetry, and renaming by hand underneath it leaves traces in which every id changes its
//! name with every step. Here both are had: the search renames, the [`trace`] does not. With one thread
//! some hundred thousand states a second are gone through, which is all that is needed.

pub mod acts;
pub mod canon;
pub mod client;
pub mod explore;
pub mod faults;
pub mod promises;
pub mod rules;
pub mod script;
pub mod server;
pub mod setup;
pub mod setups;
pub mod small;
pub mod trace;
pub mod tree;
pub mod truth;
pub mod view;
pub mod words;
pub mod world;

pub use promises::Promise;
pub use rules::Rules;
pub use setup::Setup;
pub use tree::Tree;
pub use world::World;
