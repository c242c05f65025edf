use super::*;

const LIMIT: Duration = Duration::from_secs(1);

fn outage() -> Result<()> {
    Err(Error::new(ErrorKind::Unavailable, "gone"))
}

/// A breaker that has just opened.
fn opened(clock: &Clock) -> Breaker {
    let breaker = Breaker::new();
    for _ in 0..PATIENCE {
        breaker.enter(clock, LIMIT).unwrap().settle(&outage(), clock);
    }
    breaker
}

#[test]
fn it_opens_after_failures_in_a_row_and_refuses_at_once() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    assert_eq!(breaker.state(), BreakerState::Open);
    let refusal = breaker.enter(&clock, LIMIT).unwrap_err();
    assert!(refusal.is_unavailable() && refusal.to_string().contains("gone"), "{refusal}");
}

#[test]
fn an_answer_in_between_begins_the_count_anew_also_one_that_is_an_error() {
    let clock = Clock::manual();
    let breaker = Breaker::new();
    let full = Error::new(ErrorKind::Unavailable, "full").answered();
    for answer in [Ok(()), Err(full), Err(Error::new(ErrorKind::WrongType, "a list"))] {
        for _ in 1..PATIENCE {
            breaker.enter(&clock, LIMIT).unwrap().settle(&outage(), &clock);
        }
        breaker.enter(&clock, LIMIT).unwrap().settle(&answer, &clock);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn after_a_pause_one_may_try_and_the_others_are_still_refused() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    clock.advance(LONGEST_PAUSE * 2);
    let probe = breaker.enter(&clock, LIMIT).unwrap();
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert!(breaker.enter(&clock, LIMIT).is_err());
    probe.settle(&Ok(()), &clock);
    assert_eq!(breaker.state(), BreakerState::Closed);
    assert!(breaker.enter(&clock, LIMIT).is_ok() && breaker.enter(&clock, LIMIT).is_ok());
}

#[test]
fn a_probe_that_fails_waits_longer_but_not_for_ever() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    for _ in 0..20 {
        clock.advance(LONGEST_PAUSE * 2);
        breaker.enter(&clock, LIMIT).unwrap().settle(&outage(), &clock);
        assert!(breaker.enter(&clock, LIMIT).is_err());
    }
}

#[test]
fn a_probe_that_is_dropped_leaves_the_turn_to_the_next() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    clock.advance(LONGEST_PAUSE * 2);
    drop(breaker.enter(&clock, LIMIT).unwrap());
    assert!(breaker.enter(&clock, LIMIT).is_ok());
}

#[test]
fn what_was_sent_before_it_opened_neither_opens_it_wider_nor_takes_the_turn() {
    let clock = Clock::manual();
    let breaker = Breaker::new();
    let slow: Vec<_> = (0..10).map(|_| breaker.enter(&clock, LIMIT).unwrap()).collect();
    for pass in slow {
        pass.settle(&outage(), &clock);
    }
    clock.advance(LONGEST_PAUSE * 2);
    assert!(breaker.enter(&clock, LIMIT).is_ok());
}

#[test]
fn a_probe_of_which_nothing_is_heard_is_given_up() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    clock.advance(LONGEST_PAUSE * 2);
    let lost = breaker.enter(&clock, LIMIT).unwrap();
    assert!(breaker.enter(&clock, LIMIT).is_err());
    clock.advance(LIMIT);
    assert!(breaker.enter(&clock, LIMIT).is_ok());
    drop(lost);
}

#[test]
fn an_error_for_which_nobody_was_asked_says_nothing() {
    let clock = Clock::manual();
    let breaker = opened(&clock);
    clock.advance(LONGEST_PAUSE * 2);
    let busy: Result<()> = Err(Error::new(ErrorKind::Unavailable, "all taken").unasked());
    breaker.enter(&clock, LIMIT).unwrap().settle(&busy, &clock);
    assert_eq!(breaker.state(), BreakerState::Open);
}
