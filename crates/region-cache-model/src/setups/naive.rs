//! What one builds first.

use super::Breach;
use super::protocol::{CHILD_SETS, COMPUTE, WRITE};
use crate::promises::Promise::{Destroyed, Stale, StaleFill, Torn};

/// The naive variants, each with what it runs into.
pub const NAIVE: &[Breach] = &[
    Breach {
        title: "compute, then store",
        without: PLAIN,
        races: &[1],
        setup: &COMPUTE,
        breaks: StaleFill,
    },
    Breach {
        title: "compute, then store: what the next reader gets",
        without: PLAIN,
        races: &[1],
        setup: &COMPUTE,
        breaks: Stale,
    },
    Breach {
        title: "child sets are walked, there are no fences",
        without: &["invalidation_takes_the_fence"],
        races: &[4],
        setup: &CHILD_SETS,
        breaks: Stale,
    },
    Breach {
        title: "fences guard the fill only, not the read",
        without: &["stamp_checked_on_read", "replacing_frees_entries"],
        races: &[4],
        setup: &COMPUTE,
        breaks: Stale,
    },
    Breach {
        title: "a fence that was absent before and after is unchanged",
        without: &["absence_never_validates", "lease_at_fill"],
        races: &[2],
        setup: &COMPUTE,
        breaks: Stale,
    },
    Breach {
        title: "fences are counters",
        without: &["random_ids"],
        races: &[3],
        setup: &COMPUTE,
        breaks: Stale,
    },
    Breach {
        title: "a MULTI with guessed stamps: half of it is readable",
        without: &["write_compares_stamps"],
        races: &[11],
        setup: &WRITE,
        breaks: Torn,
    },
    Breach {
        title: "a MULTI with guessed stamps: what stood there is not",
        without: &["write_compares_stamps"],
        races: &[11],
        setup: &WRITE,
        breaks: Destroyed,
    },
];

const PLAIN: &[&str] = &["invalidation_takes_the_fence", "token_at_fill", "lease_at_fill"];
