//! When a value is computed anew before it expires.

use std::time::Duration;

/// When a value is computed anew before it expires: see
/// [`RegionOptions::refresh_ahead`](super::RegionOptions::refresh_ahead).
///
/// A number is a share of the value's time to live: `0.8` refreshes it when four fifths of that are
/// over, by whoever asks for it then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefreshAhead(When);

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    At(f64),
    ByCost(f64),
}

impl RefreshAhead {
    /// After this share of the time to live: above 0 and below 1.
    pub fn at(share: f64) -> Self {
        Self(When::At(share))
    }

    /// By chance, the sooner before the end the more the value cost to compute, so that an expensive
    /// one is nearly always refreshed in time and a cheap one hardly before.
    ///
    /// This is XFetch, of "Optimal Probabilistic Cache Stampede Prevention" (Vattani, Chierichetti,
    /// Lowenstein, VLDB 2015), with their beta of 1. The cost is measured with each computation and
    /// kept with the value.
    pub fn by_cost() -> Self {
        Self::by_cost_times(1.0)
    }

    /// The same with another beta: above 1 refreshes earlier, below 1 later. Above 0.
    pub fn by_cost_times(beta: f64) -> Self {
        Self(When::ByCost(beta))
    }

    /// Whether a value is due that was stored to live for `ttl`, has `left` of it and took `cost` to
    /// compute; `chance` is a random number above 0 and up to 1. What is not known is zero.
    pub(crate) fn is_due(self, ttl: Duration, left: Duration, cost: Duration, chance: f64) -> bool {
        match self.0 {
            When::At(share) => !ttl.is_zero() && left <= ttl.mul_f64(1.0 - share),
            When::ByCost(beta) => left.as_secs_f64() <= cost.as_secs_f64() * beta * -chance.ln(),
        }
    }

    pub(super) fn what_is_wrong(self) -> Option<String> {
        match self.0 {
            When::At(share) if share <= 0.0 || share >= 1.0 || share.is_nan() => Some(format!(
                "`refresh_ahead` is {share}; a share of the time to live is above 0 and below 1"
            )),
            When::ByCost(beta) if beta <= 0.0 || !beta.is_finite() => {
                Some(format!("`refresh_ahead` by {beta} times the cost makes no sense; use 1"))
            }
            When::At(_) | When::ByCost(_) => None,
        }
    }
}

impl From<f64> for RefreshAhead {
    fn from(share: f64) -> Self {
        Self::at(share)
    }
}
