use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// What an audit has seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Keys that were read.
    pub reads: u64,
    /// Those among them that were found in the cache.
    pub hits: u64,
    /// Those among them that were computed by `get_or_compute` and its kin, and handed out whether they
    /// were stored or not.
    pub computed: u64,
    /// Values that were computed after a `lookup`, and stored.
    pub fills: u64,
    /// Values that were computed after a `lookup`, under a lease, and refused, because something came between.
    pub overtaken: u64,
    /// Invalidations and removals that were confirmed.
    pub changes: u64,
    /// Operations that failed.
    pub errors: u64,
    /// How long each kind of operation took at most.
    pub slowest: BTreeMap<String, Duration>,
    /// Reads that found what cannot be: at most a few, then the audit ends.
    pub findings: Vec<Finding>,
}

/// A read that found what cannot be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Finding {
    /// A version older than one that was confirmed before the read began.
    Stale {
        /// The region.
        path: String,
        /// The key.
        key: usize,
        /// The version that was found.
        found: u64,
        /// The oldest that it could have been.
        confirmed: u64,
    },
    /// A value that nobody stored there: another key's, or of a version that does not exist yet.
    Invented {
        /// The region.
        path: String,
        /// The key.
        key: usize,
        /// What was found.
        found: String,
    },
}

impl Report {
    /// Whether nothing was found that cannot be, and nothing failed.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.errors == 0
    }

    /// The sum of this and another process's.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.reads += other.reads;
        self.hits += other.hits;
        self.computed += other.computed;
        self.fills += other.fills;
        self.overtaken += other.overtaken;
        self.changes += other.changes;
        self.errors += other.errors;
        for (operation, time) in other.slowest {
            let slowest = self.slowest.entry(operation).or_default();
            *slowest = time.max(*slowest);
        }
        self.findings.extend(other.findings);
        self
    }

    /// How many of a hundred reads were hits.
    pub fn hit_percent(&self) -> u64 {
        self.hits * 100 / self.reads.max(1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} reads ({} % hits), {} computed, {} fills, {} overtaken, {} changes, {} errors, {} findings",
            self.reads,
            self.hit_percent(),
            self.computed,
            self.fills,
            self.overtaken,
            self.changes,
            self.errors,
            self.findings.len(),
        )?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n{finding:?}"))
    }
}

/// The numbers of a [`Report`] while it is being made.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) reads: Count,
    pub(super) hits: Count,
    pub(super) computed: Count,
    pub(super) fills: Count,
    pub(super) overtaken: Count,
    pub(super) changes: Count,
    pub(super) errors: Count,
    slowest: Mutex<BTreeMap<&'static str, Duration>>,
    findings: Mutex<Vec<Finding>>,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// Adds one; the sum.
    pub(super) fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    /// Keeps a finding; how many there are by now.
    pub(super) fn find(&self, finding: Finding) -> usize {
        let mut findings = self.findings.lock();
        findings.push(finding);
        findings.len()
    }

    pub(super) fn took(&self, operation: &'static str, time: Duration) {
        let mut all = self.slowest.lock();
        let slowest = all.entry(operation).or_default();
        *slowest = time.max(*slowest);
    }

    pub(super) fn report(&self) -> Report {
        let slowest = self.slowest.lock().clone();
        Report {
            reads: self.reads.get(),
            hits: self.hits.get(),
            computed: self.computed.get(),
            fills: self.fills.get(),
            overtaken: self.overtaken.get(),
            changes: self.changes.get(),
            errors: self.errors.get(),
            slowest: slowest.into_iter().map(|(name, time)| (name.to_owned(), time)).collect(),
            findings: self.findings.lock().clone(),
        }
    }
}
