//! The library is built in floors, and a module names only what stands before
//! it in [`FLOORS`]. This test reads the library's source and fails on an
//! upward import, and on the few other things that only some modules may do.
//!
//! It reads paths, not types: what reaches a module as an argument is free.
//! Tests, comments and docs are free too.

mod paths;
mod rules;
mod scan;
mod tests;
mod tokens;

use std::path::Path;

#[test]
fn no_module_of_the_library_reaches_upward() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/region-cache/src");
    let files = scan::files(&source);
    assert!(!files.is_empty(), "there is no source in {}", source.display());

    let found: Vec<String> =
        files.iter().flat_map(|file| rules::violations(&file.name, &file.text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// From the ground up. Within a floor, too, a module names only those before
/// it; the modules inside one of these are free among themselves.
const FLOORS: [&[&str]; 6] = [
    // 0 words: pure values, no I/O, no async, no clock
    &["error", "time", "name", "key"],
    // 1 wire: all that leaves the process has a version
    &["codec", "options", "place", "wire", "signal"],
    // 2 ports: small traits, and rules for those that keep data in this process
    &["tasks", "bus", "backend", "local"],
    // 3 adapters: they do not know each other
    &["file", "memory", "null", "redis"],
    // 4 machinery: runs unchanged on any adapter
    &[
        "tasks",
        "stats",
        "near",
        "breaker",
        "defer",
        "gate",
        "link",
        "replay",
        "coder",
        "flight",
        "event",
        "hub",
        "engine",
        "entries",
        "invalidate",
        "guard",
        "signals",
        "load",
        "transaction",
    ],
    // 5 door: what a user sees
    &["region", "cache", "builder", "fragments", "global", "declared", "guide", "lib"],
];

/// The floors of pure values: no async there.
const PURE: usize = 1;
/// The floor whose modules do not name each other.
const ADAPTERS: usize = 3;
/// Who may name an adapter.
const MAY_NAME_ADAPTERS: [&str; 1] = ["builder"];
/// Who may read a clock.
const MAY_READ_CLOCKS: [&str; 1] = ["time"];
/// Who may wait for time to pass.
const MAY_SLEEP: [&str; 1] = ["tasks"];
/// Who may start a task or a thread.
const MAY_SPAWN: [&str; 1] = ["tasks"];
/// Who may name the crate of the same name.
const REDIS: &str = "redis";
