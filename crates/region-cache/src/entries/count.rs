//! Adding to integers.

use super::{ATTEMPTS, contended};
use crate::backend::{Act, Change, Envelope, Expiry, Outcome, When};
use crate::engine::{Engine, change, unexpected};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::place::Place;
use crate::wire;

impl Engine {
    pub(crate) async fn increment(&self, place: &Place, key: &Key, delta: i64) -> Result<i64> {
        let sum = self.count(place, key, delta, None).await?;
        sum.ok_or_else(|| unexpected(Some(&Outcome::Absent)))
    }

    /// Adds only where there is something; else nobody may store what was computed until now.
    pub(crate) async fn increment_present(
        &self,
        place: &Place,
        key: &Key,
        delta: i64,
    ) -> Result<Option<i64>> {
        self.count(place, key, delta, Some(key)).await
    }

    async fn count(
        &self,
        place: &Place,
        key: &Key,
        delta: i64,
        requires: Option<&Key>,
    ) -> Result<Option<i64>> {
        let settings = &place.settings;
        for _ in 0..ATTEMPTS {
            let act = Act::Add {
                delta,
                draft: wire::counter(delta, settings),
                expiry: settings.ttl(false, fastrand::f64()).into(),
                keep: settings.stale_for,
            };
            let add = Change { requires: requires.cloned(), ..change(place, key.clone(), act) };
            let there = match self.write_one(add).await? {
                Outcome::Sum(sum) => return Ok(Some(sum)),
                Outcome::Absent => return Ok(None),
                Outcome::Overflow => return Err(overflow(place, key, delta)),
                Outcome::NotAnInteger(there) => there,
                other => return Err(unexpected(Some(&other))),
            };
            if requires.is_some() && !self.coder.is_readable(&there, settings) {
                // Unreadable is absent; and there is something to be computed anew.
                self.write_one(change(place, key.clone(), Act::Remove)).await?;
                return Ok(None);
            }
            if let Some(sum) = self.replace(place, key, delta, there).await? {
                return Ok(Some(sum));
            }
        }
        Err(contended(place, key))
    }

    /// Adds to what the backend cannot add to: an integer that a codec of the user's own encoded, or
    /// something unreadable, which counts as absent. `None` if another was quicker.
    async fn replace(
        &self,
        place: &Place,
        key: &Key,
        delta: i64,
        there: Envelope,
    ) -> Result<Option<i64>> {
        let settings = &place.settings;
        let (sum, expiry) = if self.coder.is_readable(&there, settings) {
            (self.sum(place, key, &there, delta)?, Expiry::of(&there))
        } else {
            (delta, settings.ttl(false, fastrand::f64()).into())
        };
        let draft = wire::counter(sum, settings);
        let act = Act::Put { draft, expiry, keep: settings.stale_for, when: When::Holds(there) };
        match self.write_one(change(place, key.clone(), act)).await? {
            Outcome::Stored => Ok(Some(sum)),
            Outcome::Kept(_) => Ok(None),
            other => Err(unexpected(Some(&other))),
        }
    }

    /// The sum of a stored integer and `delta`.
    pub(crate) fn sum(
        &self,
        place: &Place,
        key: &Key,
        there: &Envelope,
        delta: i64,
    ) -> Result<i64> {
        let number = self.coder.integer(there, &place.settings);
        let number = number.ok_or_else(|| not_an_integer(place, key))?;
        number.checked_add(delta).ok_or_else(|| overflow(place, key, delta))
    }
}

fn overflow(place: &Place, key: &Key, delta: i64) -> Error {
    Error::new(
        ErrorKind::Overflow,
        format!(
            "adding {delta} to key `{key}` of region `{}` would leave the range of a 64-bit integer; \
             its value is unchanged",
            place.address,
        ),
    )
}

fn not_an_integer(place: &Place, key: &Key) -> Error {
    Error::new(
        ErrorKind::WrongType,
        format!(
            "key `{key}` of region `{}` holds no 64-bit integer, so nothing can be added to it; remove \
             it or choose another key",
            place.address,
        ),
    )
}
