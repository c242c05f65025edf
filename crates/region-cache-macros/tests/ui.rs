//! What the attributes refuse, in which words and where, and what compiles without a word.
//!
//! `TRYBUILD=overwrite cargo test -p region-cache-macros --test ui` writes the `.stderr` files anew; read what
//! has changed. Most of what they hold are our own messages, which no compiler changes.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
