//! What the attributes refuse, in which words and where, and what compiles without a word.
//!
//! `TRYBUILD=overwrite cargo test -p region-cache-macros --test ui` writes the `.stderr` files anew; read what
//! has changed. They hold what the compiler says that `CONTRIBUTING.md` names.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
