//! Any bytes as a message and as an entry of the journal.
//!
//! Run with: `cargo +nightly fuzz run message`. The corpus is replayed by `cargo xtask test`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| region_cache_testkit::messages::check(bytes));
