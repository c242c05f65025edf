//! What may go wrong.

/// What may go wrong, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Faults {
    /// Changes: writes, removals, invalidations. No fault, but counted like one.
    pub changes: Limit,
    /// A fence is evicted or expires.
    pub fences: Limit,
    /// A region's hash is evicted or expires.
    pub hashes: Limit,
    /// A lease is evicted, or its record expires.
    pub leases: Limit,
    /// A child set is evicted.
    pub child_sets: Limit,
    /// A lease passes its deadline, and another takes it over.
    pub takeovers: Limit,
    /// A reply is lost: the script ran, and its caller does not know.
    pub replies: Limit,
    /// A process dies and is started again: what it was doing and what it knew is gone.
    pub deaths: Limit,
    /// The server's memory is full, or is so no longer.
    pub full: Limit,
    /// The short lives run out, and with that setups have short lives.
    pub ages: Limit,
    /// The server restarts from its last snapshot.
    pub restarts: Limit,
    /// The replica is promoted, and the master becomes its replica.
    pub failovers: Limit,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit(u8);

impl Faults {
    /// Whatever may befall keys, requests and clients does, without limit.
    pub const USUAL: Self = Self {
        fences: Limit::OFTEN,
        hashes: Limit::OFTEN,
        leases: Limit::OFTEN,
        takeovers: Limit::OFTEN,
        replies: Limit::OFTEN,
        deaths: Limit::OFTEN,
        ..Self::NONE
    };

    /// Nothing goes wrong, and changes are without limit.
    pub const NONE: Self = Self {
        changes: Limit::OFTEN,
        fences: Limit::NEVER,
        hashes: Limit::NEVER,
        leases: Limit::NEVER,
        child_sets: Limit::NEVER,
        takeovers: Limit::NEVER,
        replies: Limit::NEVER,
        deaths: Limit::NEVER,
        full: Limit::NEVER,
        ages: Limit::NEVER,
        restarts: Limit::NEVER,
        failovers: Limit::NEVER,
    };
}

impl Limit {
    /// Not at all.
    pub const NEVER: Self = Self(0);
    /// Once.
    pub const ONCE: Self = Self(1);
    /// Twice.
    pub const TWICE: Self = Self(2);
    /// Three times.
    pub const THRICE: Self = Self(3);
    /// Without limit.
    pub const OFTEN: Self = Self(u8::MAX);

    /// Whether it may happen once more.
    pub fn is_left(self) -> bool {
        self.0 > 0
    }

    /// Whether it may happen without end.
    pub fn is_endless(self) -> bool {
        self == Self::OFTEN
    }

    /// It happens.
    pub fn spend(&mut self) {
        if !self.is_endless() {
            self.0 -= 1;
        }
    }
}
