//! What an act does to what is there.

use std::time::Duration;

use crate::backend::{Act, Draft, Envelope, Expiry, Outcome, When};
use crate::codec::Format;
use crate::time::Timestamp;

/// What is to become of the entry. Stamp and place are the storage's business.
pub(crate) enum Effect {
    /// It stays as it is.
    Nothing,
    /// This is stored in its place.
    Store { draft: Draft, expiry: Option<Timestamp>, keep: Duration },
    /// Its envelope becomes this one, and it is kept as a stale one as long as before.
    Replace(Envelope),
    /// It expires now.
    Expire,
    /// It goes.
    Remove,
}

/// What an act comes to, where `present` is the envelope that counts.
pub(crate) fn decide(act: Act, present: Option<Envelope>, now: Timestamp) -> (Outcome, Effect) {
    match act {
        Act::Put { draft, expiry, keep, when } => {
            let holds = match &when {
                When::Always => true,
                When::Absent => present.is_none(),
                When::Holds(envelope) => present.as_ref() == Some(envelope),
            };
            if holds {
                (Outcome::Stored, store(draft, expiry, keep, now))
            } else {
                (Outcome::Kept(present), Effect::Nothing)
            }
        }
        Act::Remove => (Outcome::Removed(present), Effect::Remove),
        Act::Expire => {
            let effect = if present.is_some() { Effect::Expire } else { Effect::Nothing };
            (Outcome::Expired(present), effect)
        }
        Act::Add { delta, draft, expiry, keep } => match present {
            None => (Outcome::Sum(delta), store(draft, expiry, keep, now)),
            Some(envelope) => add(envelope, delta, &draft),
        },
    }
}

/// Whether what is there is what a change [requires](crate::backend::Change::requires) that does this.
pub(crate) fn satisfies(there: &Envelope, act: &Act) -> bool {
    match act {
        Act::Put { draft, .. } => there.head().is_like(&draft.head()),
        Act::Remove | Act::Expire | Act::Add { .. } => true,
    }
}

/// What an act that stores nothing does to an entry of a region that does not stand.
pub(crate) fn nothing_there(act: &Act) -> Outcome {
    match act {
        Act::Expire => Outcome::Expired(None),
        Act::Put { .. } | Act::Remove | Act::Add { .. } => Outcome::Removed(None),
    }
}

fn store(draft: Draft, expiry: Expiry, keep: Duration, now: Timestamp) -> Effect {
    Effect::Store { draft, expiry: expiry.moment(now), keep }
}

fn add(envelope: Envelope, delta: i64, draft: &Draft) -> (Outcome, Effect) {
    let (head, wanted) = (envelope.head(), draft.head());
    let is_known = head.codec == wanted.codec || Format::built_in(head.codec).is_some();
    let is_ours = is_known && head.schema == wanted.schema;
    let number = envelope.integer().filter(|_| is_ours && envelope.check().is_ok());
    let Some(number) = number else {
        return (Outcome::NotAnInteger(envelope), Effect::Nothing);
    };
    let Some(sum) = number.checked_add(delta) else {
        return (Outcome::Overflow, Effect::Nothing);
    };
    let added = Draft::sum(sum, head).seal(envelope.stamp(), envelope.expires_at());
    (Outcome::Sum(sum), Effect::Replace(added))
}
