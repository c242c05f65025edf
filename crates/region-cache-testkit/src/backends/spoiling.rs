use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use region_cache::backend::{
    Act, Address, Ask, Backend, Bus, Change, Commit, Cursor, Envelope, Found, Id, Lease, Leased,
    Outcome, Page, Session, Step, Usage, Walk, When, Wish,
};
use region_cache::{Key, Result, Timestamp};

/// Shows chosen values damaged, as if their bytes had been changed in storage.
#[derive(Debug)]
pub struct Spoiling {
    inner: Arc<dyn Backend>,
    spoilt: Arc<Spoilt>,
}

/// Where an envelope is damaged: one bit is turned at the beginning of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the places in an envelope")]
pub enum Damage {
    Flags,
    Codec,
    Compression,
    Schema,
    Length,
    Checksum,
    Payload,
}

#[derive(Debug)]
struct Spoilt {
    damage: Damage,
    /// The sound envelopes that are shown damaged, each with the expiry left out.
    sound: Mutex<HashSet<Vec<u8>>>,
}

impl Spoiling {
    /// Shows everything as it is, until [`spoil`](Self::spoil) chooses something.
    pub fn new(inner: Arc<dyn Backend>, damage: Damage) -> Arc<Self> {
        Arc::new(Self { inner, spoilt: Arc::new(Spoilt { damage, sound: Mutex::default() }) })
    }

    /// Damages what is stored under these keys now. What is stored there later is sound.
    ///
    /// # Errors
    ///
    /// Those of reading the keys.
    pub async fn spoil(&self, region: &Address, keys: &[Key]) -> Result<()> {
        let found = self.inner.read(region, keys, Ask::Values).await?;
        let sound = found.into_iter().flatten().map(|found| identity(&found.envelope));
        self.spoilt.sound.lock().extend(sound);
        Ok(())
    }
}

impl Damage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Flags,
        Self::Codec,
        Self::Compression,
        Self::Schema,
        Self::Length,
        Self::Checksum,
        Self::Payload,
    ];

    /// Where in an envelope of version 1.
    fn offset(self) -> usize {
        match self {
            Self::Flags => 1,
            Self::Codec => 26,
            Self::Compression => 27,
            Self::Schema => 28,
            Self::Length => 40,
            Self::Checksum => 44,
            Self::Payload => 52,
        }
    }

    /// Damages a sound envelope, and mends a damaged one.
    fn turn(self, envelope: &Envelope) -> Envelope {
        let mut bytes = envelope.as_bytes().to_vec();
        if let Some(byte) = bytes.get_mut(self.offset()) {
            *byte ^= 0x80;
        }
        Envelope::parse(bytes.into()).unwrap_or_else(|| envelope.clone())
    }
}

impl Spoilt {
    fn is_damaged(&self, sound: &Envelope) -> bool {
        self.sound.lock().contains(&identity(sound))
    }

    /// An envelope on its way out of storage.
    fn show(&self, envelope: Envelope) -> Envelope {
        if self.is_damaged(&envelope) { self.damage.turn(&envelope) } else { envelope }
    }

    /// An envelope on its way back, by which a caller says what it has seen.
    fn mend(&self, envelope: &Envelope) -> Envelope {
        let mended = self.damage.turn(envelope);
        if self.sound.lock().contains(&identity(&mended)) { mended } else { envelope.clone() }
    }

    fn show_found(&self, found: Found) -> Found {
        Found { envelope: self.show(found.envelope), ..found }
    }

    fn show_all(&self, found: Vec<Option<Found>>) -> Vec<Option<Found>> {
        found.into_iter().map(|found| found.map(|found| self.show_found(found))).collect()
    }

    fn show_outcome(&self, outcome: Outcome) -> Outcome {
        let show = |there: Option<Envelope>| there.map(|there| self.show(there));
        match outcome {
            Outcome::Kept(there) => Outcome::Kept(show(there)),
            Outcome::Removed(there) => Outcome::Removed(show(there)),
            Outcome::Expired(there) => Outcome::Expired(show(there)),
            Outcome::NotAnInteger(there) => Outcome::NotAnInteger(self.show(there)),
            Outcome::Stored | Outcome::Sum(_) | Outcome::Overflow | Outcome::Absent => outcome,
        }
    }

    fn mend_change(&self, mut change: Change) -> Change {
        if let Act::Put { when: When::Holds(envelope), .. } = &mut change.act {
            *envelope = self.mend(envelope);
        }
        change
    }
}

/// What stays the same when only the expiry changes.
fn identity(envelope: &Envelope) -> Vec<u8> {
    envelope.expiring_at(Timestamp::from_millis(0)).as_bytes().to_vec()
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Spoiling {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        Ok(self.spoilt.show_all(self.inner.read(region, keys, ask).await?))
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        let despite = wish.despite.map(|envelope| self.spoilt.mend(envelope));
        let leased = self.inner.lease(Wish { despite: despite.as_ref(), ..wish }).await?;
        Ok(match leased {
            Leased::Present(found) => Leased::Present(self.spoilt.show_found(found)),
            Leased::Held(_) | Leased::Taken(..) | Leased::Closed => leased,
        })
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.inner.fill(lease, changes).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.inner.renew(lease).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        self.inner.wait(region, key, id).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.inner.release(region, key, id).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        // What adds looks at what is stored, which is sound: so the looking is done here.
        if let [Change { region, key, act: Act::Add { .. }, .. }] = &changes[..] {
            let found = self.inner.read(region, std::slice::from_ref(key), Ask::Values).await?;
            let there = found.into_iter().flatten().find(Found::is_fresh);
            if let Some(there) = there.filter(|there| self.spoilt.is_damaged(&there.envelope)) {
                return Ok(vec![Outcome::NotAnInteger(self.spoilt.show(there.envelope))]);
            }
        }
        let changes = changes.into_iter().map(|change| self.spoilt.mend_change(change)).collect();
        let outcomes = self.inner.write(changes).await?;
        Ok(outcomes.into_iter().map(|outcome| self.spoilt.show_outcome(outcome)).collect())
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        let inner = self.inner.begin(region).await?;
        Ok(Box::new(Shown { inner, spoilt: Arc::clone(&self.spoilt) }))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.inner.invalidate(target).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.inner.guard(region, id, time, again).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.inner.unguard(region, id).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.inner.walk(walk).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        let Page { entries, next } = self.inner.scan(region, from, limit).await?;
        let show = |(key, found)| (key, self.spoilt.show_found(found));
        Ok(Page { entries: entries.into_iter().map(show).collect(), next })
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.inner.children(region).await
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.inner.bus()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct Shown {
    inner: Box<dyn Session>,
    spoilt: Arc<Spoilt>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Session for Shown {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        Ok(self.spoilt.show_all(self.inner.read(region, keys).await?))
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        let changes = changes.into_iter().map(|change| self.spoilt.mend_change(change)).collect();
        Ok(match self.inner.commit(changes).await? {
            Commit::Applied(outcomes) => {
                let show = |outcome| self.spoilt.show_outcome(outcome);
                Commit::Applied(outcomes.into_iter().map(show).collect())
            }
            Commit::Conflict => Commit::Conflict,
        })
    }
}
