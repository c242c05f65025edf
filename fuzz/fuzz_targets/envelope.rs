//! The library's reading of an envelope against a plain one.
//!
//! Run with: `cargo +nightly fuzz run envelope`. The corpus is replayed by `cargo xtask test`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| region_cache_testkit::envelopes::check(bytes));
