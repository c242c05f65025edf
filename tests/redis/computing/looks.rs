//! Who waits for the computation of another process looks after it now and then, and one for all.

use super::{Computation, until};
use crate::redis::{Two, two};

/// However many wait, and however long it takes.
#[tokio::test]
async fn two_hundred_who_wait_look_as_often_as_one() {
    let Two { server, here, there } = two().await;
    let slow = Computation::begin(&here.region("shop"), 1).await;
    let waiting: Vec<_> = (0..200).map(|_| Computation::ask(&there.region("shop"), 2)).collect();
    until(&there, "somebody to wait", |stats| stats.lease_waits > 0).await;
    // Between two renewals of the lease, when all have come long ago.
    let mut monitor = server.monitor().await;
    let (mut renewals, mut seen) = (Vec::new(), Vec::new());
    while renewals.len() < 2 {
        for line in monitor.lines().await {
            if line.contains("EVALSHA") && line.contains(":l:shop") {
                renewals.push(time(&line));
            }
            seen.push(line);
        }
    }
    let (start, end) = (renewals[0], renewals[1]);
    let between = |line: &&String| (start..end).contains(&time(line)) && !line.contains(" lua] ");
    let seen: Vec<_> = seen.iter().filter(between).collect();
    let looks =
        seen.iter().filter(|line| line.contains("HGET") && line.contains(":l:shop")).count();
    let asks = seen.iter().filter(|line| line.contains("EVALSHA")).count();
    println!("{looks} looks and {asks} scripts in {} s", end - start);
    // One each 50 ms, and an extra few.
    let most = 10.0 + (end - start) * 25.0;
    assert!((looks as f64) < most, "{looks} looks in {} s", end - start);
    assert!(asks <= 3, "{seen:#?}");
    assert_eq!(slow.end().await, 1);
    for waiting in waiting {
        assert_eq!(waiting.given().await, 1);
    }
}

/// When the server saw a command, in seconds.
fn time(line: &str) -> f64 {
    line.split(' ').next().unwrap().parse().unwrap()
}
