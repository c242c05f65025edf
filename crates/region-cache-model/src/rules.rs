//! Each rule of the contract that guards a race, as a switch.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What the protocol keeps to. [`Rules::CONTRACT`] keeps to everything; the table of
        /// [`setups::mutants`](crate::setups::mutants) takes out one rule after the other, and says
        /// which promise is broken then.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct Rules {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Rules {
            /// The protocol as the contract has it.
            pub const CONTRACT: Self = Self { $($name: true,)* };

            /// The names of all rules.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// The same without one rule; `None` if there is none of that name.
            #[must_use]
            pub fn without(mut self, name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => self.$name = false,)*
                    _ => return None,
                }
                Some(self)
            }

            /// The names of the rules that are not kept.
            pub fn missing(&self) -> Vec<&'static str> {
                let kept = [$((stringify!($name), self.$name),)*];
                kept.into_iter().filter(|(_, kept)| !kept).map(|(name, _)| name).collect()
            }
        }
    };
}

rules! {
    // What a read believes.

    /// A value counts only with the stamp of its region's fence. (Race 4)
    stamp_checked_on_read,
    /// A fence counts only while it hangs on a fence that stands, up to the top.
    fences_name_their_parent,
    /// The namespace's fence is asked for like every other of the path. (Race 14)
    namespace_fence_asked,
    /// The values are read first, then the fences.
    values_before_fences,
    /// A batch is answered by one connection, whose reign counts, or not at all. (Race 6)
    one_connection_per_batch,
    /// A read joins a gathered batch only before it is sent.
    batch_joined_before_sent,

    // Ids.

    /// What is absent never validates anything: at a miss absent fences are made. (Race 2)
    absence_never_validates,
    /// Ids are random, never counted up from what is there. (Race 3)
    random_ids,
    /// An id is proposed in one request only, whatever became of that. (Race 3)
    one_request_per_id,
    /// No layer below sends a request again. (Race 3)
    nothing_resent,

    // The server's reign.

    /// A root's fence carries its server's reign. (Race 6)
    reign_in_root_fence,
    /// The namespace's fence carries its server's reign. (Race 6, where that is another server)
    reign_in_namespace_fence,
    /// The `run_id` belongs to the reign.
    run_id_in_reign,
    /// The `master_replid` belongs to it. (Race 6)
    replid_in_reign,
    /// Scripts ask the server for its reign, and do not take their caller's word for it. (Race 6)
    scripts_ask_the_server,

    // Leases and fills.

    /// A fill compares its token with the fences. (Race 1)
    token_at_fill,
    /// A fill must still hold the key's lease. (Race 1)
    lease_at_fill,
    /// A lease that is not there is not one's own. (Races 1 and 2)
    absent_lease_refuses,
    /// A write drops the leases of the keys that it writes. (Race 1)
    write_drops_lease,
    /// So does a transaction. (Race 1)
    transaction_drops_lease,
    /// A removal drops the key's lease. (Race 1)
    remove_drops_lease,
    /// A computation is joined only after one's own lease was answered with its token. (Race 10)
    join_needs_same_token,
    /// And with its lease. (Race 10)
    join_needs_same_lease,
    /// A lease names the stamp that it was taken under; one with another is taken over. (Race 15)
    leases_carry_stamp,

    // Making fences.

    /// Leftovers are replaced like absent fences, from the top down.
    leftovers_replaced,
    /// The entries of a region whose fence is replaced are freed in the same script.
    replacing_frees_entries,
    /// So are its leases. (Race 15)
    replacing_frees_leases,
    /// A fence that is made is linked into the child sets in the same script.
    made_fences_linked,

    // Writes and transactions.

    /// A write compares, and writes nothing unless the stamps are those that stand. (Race 11)
    write_compares_stamps,
    /// A script checks the types of its keys before it writes anything. (Race 12)
    types_checked_first,
    /// A transaction asks for the types of its hashes before it sends `MULTI`. (Race 12)
    transaction_asks_types,
    /// A `MULTI` is guarded by `WATCH`. (Race 11)
    watch_before_multi,
    /// `WATCH` is sent before what it guards is read. (Race 11)
    watch_before_reading,
    /// `WATCH` names every fence of a path, not the region's alone. (Race 11)
    whole_path_watched,
    /// `WATCH` names the hashes that the closure reads from.
    reads_watched,
    /// Where the closure reads the fences are made to stand first: an invalidation of what is absent
    /// touches nothing that could be watched.
    read_fences_made,

    // Invalidating, and freeing behind it.

    /// An invalidation takes the region's fence, and reads ask for fences. (Race 4)
    invalidation_takes_the_fence,
    /// It removes the fence, which needs no memory; it does not write another. (Race 5)
    fence_deleted_not_written,
    /// A walk frees a region only if its fence is absent or a leftover. (Race 13)
    walk_frees_leftovers_only,
    /// It looks and frees in one script. (Race 13)
    walk_looks_as_it_frees,
    /// It takes a region's name from the parent's set only once the region's own set is empty.
    walk_keeps_parents,
    /// It passes over living regions, but visits their children.
    walk_visits_beneath_the_living,
    /// Unfinished walks are kept by id, so that two of one path are two.
    walks_have_ids,

    // Lives.

    /// A write lengthens the fences and child sets of its path to the life of the entry.
    fences_outlive_entries,
    /// Lives only grow.
    lives_only_grow,
    /// What a client remembers of a life is about one fence, not about whatever has its name.
    lives_remembered_by_fence,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missing().as_slice() {
            [] => f.write_str("CONTRACT"),
            missing => write!(f, "CONTRACT without {}", missing.join(", ")),
        }
    }
}
