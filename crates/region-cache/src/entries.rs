//! The operations on entries, from a checked place and key to the backend and back.

mod count;
mod scan;

use std::time::Duration;

use crate::backend::{Act, Ask, Change, Envelope, Found, Life, Outcome, When};
use crate::engine::{Engine, change, unexpected};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::options::{EntryOptions, Settings};
use crate::place::Place;
use crate::wire::{self, About, Storable, Value};

pub use scan::{Entries, Keys};

impl Engine {
    pub(crate) async fn get<T: Value>(&self, place: &Place, key: &Key) -> Result<Option<T>> {
        let found = self.find(place, key).await?;
        Ok(self.decode(place, found))
    }

    pub(crate) async fn get_many<T: Value>(
        &self,
        place: &Place,
        keys: &[Key],
    ) -> Result<Vec<Option<T>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.find_many(place, keys, Ask::Values).await?;
        Ok(found.into_iter().map(|found| self.decode(place, found)).collect())
    }

    pub(crate) async fn contains(&self, place: &Place, key: &Key) -> Result<bool> {
        let found = self.find(place, key).await?;
        Ok(found.is_some_and(|found| self.is_present(place, &found)))
    }

    pub(crate) async fn ttl(&self, place: &Place, key: &Key) -> Result<Option<Duration>> {
        let found = self.find_many(place, std::slice::from_ref(key), Ask::Lives).await?;
        let found = found.into_iter().next().flatten();
        let present = found.filter(|found| self.is_present(place, found));
        Ok(present.map(|found| match found.life {
            Life::For(time) => time,
            Life::Forever | Life::Over(_) => Duration::MAX,
        }))
    }

    pub(crate) async fn set<T: Storable + ?Sized>(
        &self,
        place: &Place,
        key: Key,
        value: &T,
        options: Option<EntryOptions>,
    ) -> Result<()> {
        let put = self.put(place, key, value, options)?;
        self.write(vec![put]).await?;
        Ok(())
    }

    pub(crate) async fn set_many(&self, puts: Vec<Change>) -> Result<()> {
        if !puts.is_empty() {
            self.write(puts).await?;
        }
        Ok(())
    }

    pub(crate) async fn add<T: Storable + ?Sized>(
        &self,
        place: &Place,
        key: &Key,
        value: &T,
    ) -> Result<bool> {
        let mut when = When::Absent;
        for _ in 0..ATTEMPTS {
            let act = self.act(value, when, &place.settings, About::default())?;
            match self.write_one(change(place, key.clone(), act)).await? {
                Outcome::Stored => return Ok(true),
                // What is there counts only if it can be read: else it is to be overwritten.
                Outcome::Kept(Some(there)) => {
                    if self.coder.open::<T::Owned>(&there, &place.settings).is_some() {
                        return Ok(false);
                    }
                    when = When::Holds(there);
                }
                Outcome::Kept(None) => when = When::Absent,
                other => return Err(unexpected(Some(&other))),
            }
        }
        Err(contended(place, key))
    }

    pub(crate) async fn remove_many(&self, place: &Place, keys: Vec<Key>) -> Result<u64> {
        if keys.is_empty() {
            return Ok(0);
        }
        let changes = keys.into_iter().map(|key| change(place, key, Act::Remove)).collect();
        let outcomes = self.write(changes).await?;
        let removed = outcomes.iter().filter(|outcome| {
            matches!(outcome, Outcome::Removed(Some(there)) if self.is_readable(place, there))
        });
        Ok(removed.count() as u64)
    }

    pub(crate) async fn expire(&self, place: &Place, key: Key) -> Result<bool> {
        match self.write_one(change(place, key, Act::Expire)).await? {
            Outcome::Expired(there) => {
                Ok(there.is_some_and(|there| self.is_readable(place, &there)))
            }
            other => Err(unexpected(Some(&other))),
        }
    }

    /// The change that stores a value.
    pub(crate) fn put<T: Storable + ?Sized>(
        &self,
        place: &Place,
        key: Key,
        value: &T,
        options: Option<EntryOptions>,
    ) -> Result<Change> {
        let own;
        let settings = match options {
            Some(options) => {
                own = place.settings.with(options)?;
                &own
            }
            None => &*place.settings,
        };
        let act = self.act(value, When::Always, settings, About::default())?;
        Ok(change(place, key, act))
    }

    /// The act that stores a value. Its time to live is settled here.
    pub(crate) fn act<T: Storable + ?Sized>(
        &self,
        value: &T,
        when: When,
        settings: &Settings,
        about: About,
    ) -> Result<Act> {
        let is_none = settings.negative_ttl.is_some() && wire::is_none(value, settings);
        let ttl = settings.ttl(is_none, fastrand::f64());
        let draft = self.coder.encode(value, settings, &About { ttl, ..about })?;
        Ok(Act::Put { draft, expiry: ttl.into(), keep: settings.stale_for, when })
    }

    /// What is stored under a key, stale or unreadable as it may be.
    pub(crate) async fn find(&self, place: &Place, key: &Key) -> Result<Option<Found>> {
        let found = self.find_many(place, std::slice::from_ref(key), Ask::Values).await?;
        Ok(found.into_iter().next().flatten())
    }

    async fn find_many(&self, place: &Place, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.read(&place.address, keys, ask).await
    }

    fn decode<T: Value>(&self, place: &Place, found: Option<Found>) -> Option<T> {
        let present = found.filter(Found::is_fresh).map(|found| found.envelope);
        self.coder.decode(present.as_ref(), &place.settings)
    }

    fn is_present(&self, place: &Place, found: &Found) -> bool {
        found.is_fresh() && self.is_readable(place, &found.envelope)
    }

    fn is_readable(&self, place: &Place, envelope: &Envelope) -> bool {
        self.coder.is_readable(envelope, &place.settings)
    }
}

/// The error of an operation that others were always quicker than.
fn contended(place: &Place, key: &Key) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "key `{key}` of region `{}` was changed by others {ATTEMPTS} times in a row; try again",
            place.address,
        ),
    )
}

/// How often a compare-and-store is tried. Only values that cannot be read need a second time.
const ATTEMPTS: usize = 16;
