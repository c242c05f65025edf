//! Numbers out of rounds.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// What several rounds gave for one contestant, in the rounds' order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Vec<f64>);

/// The middle of some numbers, with the least and the most of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Rounds {
    /// Takes down how long `count` operations took together.
    pub(crate) fn add(&mut self, took: Duration, count: usize) {
        self.0.push(took.as_secs_f64() / count as f64);
    }

    /// The same without the first round, in which everything was still cold.
    pub(crate) fn warm(mut self) -> Self {
        self.0.remove(0);
        self
    }

    /// Seconds for one operation.
    pub(crate) fn spread(&self) -> Option<Spread> {
        Spread::of(&self.0)
    }

    /// How many times as long as the base: each round by itself, because the machine's load changes
    /// from round to round.
    pub(crate) fn over(&self, base: &Self) -> Option<Spread> {
        let ratios: Vec<f64> = self.0.iter().zip(&base.0).map(|(own, base)| own / base).collect();
        Spread::of(&ratios)
    }
}

impl Spread {
    /// None where there are no numbers.
    fn of(numbers: &[f64]) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let half = sorted.len() / 2;
        let upper = *sorted.get(half)?;
        let lower = if sorted.len().is_multiple_of(2) { *sorted.get(half - 1)? } else { upper };
        Some(Self { median: f64::midpoint(lower, upper), least, most })
    }

    /// The same of the inverse numbers: throughput where these were times.
    pub(crate) fn inverse(self) -> Self {
        Self { median: 1.0 / self.median, least: 1.0 / self.most, most: 1.0 / self.least }
    }
}
