//! The `MULTI` that ends a transaction.

use std::collections::HashMap;

use redis::Pipeline;

use super::layout;
use super::line::Line;
use super::script::COMMIT;
use super::write::{Lives, first_number, sealed, stores};
use crate::backend::{Act, Address, Change, Expiry, Id};
use crate::key::Key;

/// Commands that run together. What they assume of fences is watched.
pub(super) struct Multi<'a> {
    line: &'a Line,
    who: &'a str,
    pipe: Pipeline,
    /// Fences that an earlier command of this `MULTI` makes.
    made: HashMap<Address, Id>,
}

/// The changes of one region, sorted by what becomes of their keys.
#[derive(Default)]
struct Sorted<'a> {
    /// Key, envelope, and when it may be forgotten.
    stored: Vec<(&'a Key, Vec<u8>, String)>,
    expired: Vec<&'a Key>,
    removed: Vec<&'a Key>,
}

impl<'a> Multi<'a> {
    pub(super) fn begin(line: &'a Line, who: &'a str) -> Self {
        let mut pipe = redis::pipe();
        pipe.cmd("MULTI");
        Self { line, who, pipe, made: HashMap::new() }
    }

    /// Changes one region, whose fences stand as far as `standing` goes.
    pub(super) fn change(&mut self, region: &Address, changes: &[&Change], standing: &[Id]) {
        let lives = Lives::of(changes.iter().copied(), self.line.now());
        let (stamp, made) = if changes.iter().any(|change| stores(change)) {
            self.stand(region, standing, lives)
        } else {
            (Id::NONE, String::new())
        };
        let sorted = self.sort(changes, stamp);
        self.finish(region, &sorted, lives, &made);
        self.put(region, &sorted);
    }

    pub(super) fn end(mut self) -> Pipeline {
        self.pipe.cmd("EXEC");
        self.pipe
    }

    /// Makes the fences of a path stand where they do not. Gives the region's own, and for each level
    /// whether it was made. What is absent now is absent when the `MULTI` runs, because it is watched.
    fn stand(&mut self, region: &Address, standing: &[Id], lives: Lives) -> (Id, String) {
        let (mut above, mut flags) = (None, String::new());
        for (level, at) in layout::levels(region).into_iter().enumerate() {
            let known = standing.get(level).or_else(|| self.made.get(&at)).copied();
            flags.push(if known.is_some() { '0' } else { '1' });
            let own = known.unwrap_or_else(Id::random);
            if known.is_none() {
                let text = layout::fence_text(level, own, above, &self.line.reign());
                self.pipe.cmd("SET").arg(layout::fence(&at)).arg(text);
                if lives.fences() > 0 {
                    self.pipe.arg("PX").arg(lives.fences());
                }
                if level > 0 {
                    // A standing region holds nothing of what was there before.
                    self.pipe.cmd("UNLINK").arg(layout::entries(&at)).arg(layout::leases(&at));
                }
                self.made.insert(at, own);
            }
            above = Some(own);
        }
        (above.unwrap_or(Id::NONE), flags)
    }

    fn sort<'c>(&self, changes: &[&'c Change], stamp: Id) -> Sorted<'c> {
        let now = self.line.now();
        let mut sorted = Sorted::default();
        let next = changes.iter().skip(1).map(|change| Some(&change.key)).chain([None]);
        for (change, next) in changes.iter().zip(next) {
            let key = &change.key;
            match &change.act {
                Act::Put { draft, expiry, keep, .. } | Act::Add { draft, expiry, keep, .. } => {
                    // What is stored only to be expired is stored as expired.
                    let expiry =
                        if next == Some(key) { Expiry::At(self.line.earliest()) } else { *expiry };
                    let (envelope, gone) = sealed(draft, expiry, *keep, stamp, now);
                    sorted.stored.push((key, envelope, gone));
                }
                Act::Expire if sorted.stored.last().is_some_and(|(last, ..)| *last == key) => {}
                Act::Expire => sorted.expired.push(key),
                Act::Remove => sorted.removed.push(key),
            }
        }
        sorted
    }

    /// What plain commands cannot do: lives, expiry, leases, the announcement. Only a script can give a
    /// new hash its life, so it stores the first entry itself.
    fn finish(&mut self, region: &Address, sorted: &Sorted<'_>, lives: Lives, made: &str) {
        let pipe = self.pipe.cmd("EVAL").arg(COMMIT.text()).arg(1).arg(layout::entries(region));
        pipe.arg(layout::prefix(region)).arg(region.path()).arg(self.who).arg(first_number());
        pipe.arg(lives.region).arg(lives.mode).arg(lives.fences()).arg(made);
        match sorted.stored.first() {
            Some((key, envelope, _)) => pipe.arg(key.as_bytes()).arg(envelope),
            None => pipe.arg("").arg(""),
        };
        pipe.arg(sorted.expired.len());
        let stored = sorted.stored.iter().map(|(key, ..)| *key);
        for key in sorted.expired.iter().chain(&sorted.removed).copied().chain(stored) {
            pipe.arg(key.as_bytes());
        }
    }

    /// The entries: those that are stored in one `HSET`.
    fn put(&mut self, region: &Address, sorted: &Sorted<'_>) {
        let hash = layout::entries(region);
        if sorted.stored.len() > 1 {
            self.pipe.cmd("HSET").arg(&hash);
            for (key, envelope, _) in sorted.stored.iter().skip(1) {
                self.pipe.arg(key.as_bytes()).arg(envelope);
            }
        }
        if self.line.expires_fields() {
            for (key, _, gone) in sorted.stored.iter().filter(|(_, _, gone)| !gone.is_empty()) {
                self.pipe.cmd("HPEXPIREAT").arg(&hash).arg(gone).arg("FIELDS").arg(1);
                self.pipe.arg(key.as_bytes());
            }
        }
        if !sorted.removed.is_empty() {
            self.pipe.cmd("HDEL").arg(&hash);
            for key in &sorted.removed {
                self.pipe.arg(key.as_bytes());
            }
        }
    }
}
