//! How long an operation of an audit may take while its line is bad.

use std::time::Duration;

use region_cache_testkit::auditor::Report;

use super::hiccups::Hiccups;

/// That none took longer than it may: the operation timeout and a second, and what the machine took.
/// Whoever computes may have to wait for the lease of one whose line was cut, and may compute then; in a
/// nested computation each of the three may.
pub(super) fn assert_in_time(report: &Report, timeout: Duration, hiccups: &Hiccups) {
    let usual = timeout + SECOND + hiccups.longest();
    let computing = usual * 2 + LEASE_TIME;
    for (operation, time) in &report.slowest {
        let most = match operation.as_str() {
            "get_or_compute, nested" => computing * 3,
            name if name.starts_with("get_or_compute") => computing,
            _ => usual,
        };
        assert!(*time < most, "`{operation}` took {time:?}");
    }
}

/// How long a lease lasts that nobody renews.
const LEASE_TIME: Duration = Duration::from_secs(5);

const SECOND: Duration = Duration::from_secs(1);
