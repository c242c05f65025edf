use super::tell;
use crate::explore::{Bounds, Verdict, explore};
use crate::promises::Promise;
use crate::rules::Rules;
use crate::setup::Setup;
use crate::setups::protocol::COMPUTE;

/// Race 1, as somebody reads it who has never seen the model.
#[test]
fn a_trace_can_be_read() {
    let rules = Rules { lease_at_fill: false, ..Rules::CONTRACT };
    let setup = Setup { rules, judged: &[Promise::Stale], ..COMPUTE };
    let Verdict::Broken(promise, acts) = explore(&setup, Bounds::NONE).verdict else {
        panic!("not found violating");
    };
    let lines = tell(&setup, &acts, promise);
    let acts: Vec<_> = lines.iter().filter(|line| !line.starts_with("       ")).collect();
    assert_eq!(
        acts,
        [
            "  1. A asks for the lease of x",
            "  2. somebody removes x",
            "  3. A fills x",
            "     Broken: Stale (C1, C9)",
        ]
    );
    for line in [
        "       A: computes version 0 of x with token #8 and lease #9",
        "       x in the hash of shop.a.b: version 0, stamp #8",
        "       a read of x now returns: version 0",
        "       a read of x must not return less than: version 1",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line}\n{}", lines.join("\n"));
    }
}
