use super::*;

#[test]
fn a_manual_clock_moves_only_by_hand() {
    let clock = Clock::manual();
    let start = clock.now();
    assert_eq!(clock.now(), start);
    clock.clone().advance(Duration::from_micros(1));
    assert_eq!(clock.now().since(start), Duration::from_millis(1), "rounded up, never down");
}

#[test]
fn the_system_clock_never_goes_back_and_takes_no_orders() {
    let clock = Clock::system();
    let before = clock.now();
    clock.advance(Duration::from_secs(1_000_000));
    let after = clock.now();
    assert!(after >= before && after.since(before) < Duration::from_secs(1_000));
}

#[test]
fn time_ends_instead_of_wrapping() {
    let now = Clock::manual().now();
    assert_eq!(now.saturating_add(Duration::MAX).as_millis(), u64::MAX);
    assert_eq!(now.since(now.saturating_add(Duration::from_secs(1))), Duration::ZERO);
}
