//! What is cached, and where it comes from.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use region_cache::BoxError;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// A row of eight fields, of 297 bytes in MessagePack with their names: what a web page asks a database
/// for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    id: u64,
    name: String,
    email: String,
    score: f64,
    is_active: bool,
    tags: Vec<String>,
    created_at: u64,
    about: String,
}

/// A slow source that counts how often it is asked.
#[derive(Debug, Default)]
pub(crate) struct Source {
    computations: AtomicUsize,
}

impl Row {
    pub(crate) fn sample() -> Self {
        Self {
            id: 1_234_567,
            name: "Ada Lovelace".to_owned(),
            email: "ada.lovelace@example.org".to_owned(),
            score: 99.5,
            is_active: true,
            tags: ["mathematics", "engines", "poetry"].map(str::to_owned).into(),
            created_at: 1_790_000_000,
            about: "She wrote the first program for a machine that was never built. ".repeat(2)
                + "Byron was her famous father.",
        }
    }
}

impl Source {
    pub(crate) async fn load(&self) -> Row {
        self.computations.fetch_add(1, Ordering::Relaxed);
        pause().await;
        Row::sample()
    }

    /// The same for those who expect that it may fail.
    pub(crate) async fn try_load(&self) -> Result<Row, BoxError> {
        Ok(self.load().await)
    }

    /// How often it was asked since the last call of this.
    pub(crate) fn take(&self) -> usize {
        self.computations.swap(0, Ordering::Relaxed)
    }
}

#[expect(clippy::disallowed_methods, reason = "it stands for a source that takes its time")]
async fn pause() {
    tokio::time::sleep(LOADING).await;
}

/// How long the source takes.
pub(crate) const LOADING: Duration = Duration::from_millis(50);
