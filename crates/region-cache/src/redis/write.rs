//! Writing: compare-then-write, in one script.

use std::time::Duration;

use redis::{FromRedisValue, Value};

use super::Redis;
use super::beliefs::Belief;
use super::error::Asked;
use super::layout;
use super::line::Line;
use super::read::garbled;
use super::script::{Call, WRITE};
use crate::backend::{
    Act, Address, Change, Commit, Draft, Envelope, Expiry, Id, Lease, Outcome, When,
};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// How long a region shall live, and with it the fences that it hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lives {
    /// Of the region's hash, in milliseconds; negative for no end.
    pub(super) region: i64,
    /// 'e': that follows the entries. 'r': it is the region's own, refreshed. 'f': begun if new.
    pub(super) mode: &'static str,
}

impl Redis {
    pub(super) async fn write_all(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        let Some(region) = changes.first().map(|change| change.region.clone()) else {
            return Ok(Vec::new());
        };
        if changes.len() > MOST_IN_A_SCRIPT && changes.iter().all(is_blind) {
            return self.write_large(&region, changes).await;
        }
        let line = self.lines.shared().await?;
        for _ in 0..ATTEMPTS {
            let belief = self.beliefs.get(&region);
            let proposal = Proposal::new(&region, belief.as_ref());
            let lives = Lives::of(&changes, line.now());
            let call = self.call(&line, &region, &proposal, lives, belief);
            let call = changes.iter().fold(call.arg("").arg(""), |call, change| {
                with_change(call, change, proposal.stamp, &line)
            });
            let reply = call.run(&line, &layout::fence(&region), Asked::Change).await?;
            match Reply::of(reply, &changes)? {
                Reply::Done(outcomes) => {
                    self.learn(&region, &proposal, lives, belief, &line, &outcomes);
                    return Ok(outcomes);
                }
                Reply::Stands(Some(id)) => self.beliefs.saw_anew(&region, id),
                Reply::Stands(None) => self.beliefs.forget(&region),
                Reply::Refused => return Err(garbled(Asked::Change)),
            }
        }
        Err(contended(&region))
    }

    pub(super) async fn fill_all(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        let line = self.lines.shared().await?;
        let region = &lease.region;
        let lives = Lives::of(&changes, line.now());
        let proposal = Proposal { stamp: lease.token.stamp(), is_new: false, ids: Vec::new() };
        let token: String = lease.token.fences().iter().map(|id| layout::text(*id)).collect();
        let held = format!("{}|{}", layout::text(lease.id), lease.time.as_millis());
        let call = self.call(&line, region, &proposal, lives, None).arg(held).arg(token);
        let call = changes
            .iter()
            .fold(call, |call, change| with_change(call, change, proposal.stamp, &line));
        let reply = call.run(&line, &layout::fence(region), Asked::Change).await?;
        match Reply::of(reply, &changes)? {
            Reply::Done(outcomes) => Ok(outcomes.iter().all(|outcome| *outcome == Outcome::Stored)),
            Reply::Stands(_) | Reply::Refused => Ok(false),
        }
    }

    /// What every write says before its changes.
    fn call(
        &self,
        line: &Line,
        region: &Address,
        proposal: &Proposal,
        lives: Lives,
        belief: Option<Belief>,
    ) -> Call<'static> {
        let needed = lives.needed_until(line.now());
        let lengthens = belief.is_none_or(|belief| belief.lives_until < needed);
        self.begin(&WRITE, line, region)
            .arg(layout::text(proposal.stamp))
            .arg(if proposal.is_new { "1" } else { "0" })
            .arg(proposal.ids.iter().map(|id| layout::text(*id)).collect::<String>())
            .arg(lives.fences().to_string())
            .arg(if lengthens { "1" } else { "0" })
            .arg(lives.region.to_string())
            .arg(lives.mode)
            .arg(&*self.who)
            .arg(first_number().to_string())
            .arg(if line.expires_fields() { "1" } else { "0" })
    }

    fn learn(
        &self,
        region: &Address,
        proposal: &Proposal,
        lives: Lives,
        belief: Option<Belief>,
        line: &Line,
        outcomes: &[Outcome],
    ) {
        // Where nothing was stored no fence was made or lengthened.
        if !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Stored | Outcome::Sum(_))) {
            return;
        }
        let now = line.now();
        let known = belief.map_or(Timestamp::from_millis(0), |belief| belief.lives_until);
        let lives_until =
            if known < lives.needed_until(now) { lives.fences_until(now) } else { known };
        self.beliefs.made(region, Belief { stamp: proposal.stamp, lives_until });
    }

    /// Many values at once: a `MULTI`, whose commands cost the server less than a script's.
    async fn write_large(&self, region: &Address, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        match self.transaction(region).commit_all(changes).await? {
            Commit::Applied(outcomes) => Ok(outcomes),
            Commit::Conflict => Err(contended(region)),
        }
    }
}

/// The ids that a write brings.
struct Proposal {
    /// What its values are stamped with.
    stamp: Id,
    /// Whether the stamp is a new id, for a fence that is absent.
    is_new: bool,
    /// New ids for all levels of the path, the stamp last; proposed in one request only.
    ids: Vec<Id>,
}

impl Proposal {
    fn new(region: &Address, belief: Option<&Belief>) -> Self {
        if let Some(Belief { stamp, .. }) = belief {
            return Self { stamp: *stamp, is_new: false, ids: Vec::new() };
        }
        let ids = new_ids(region);
        Self { stamp: ids.last().copied().unwrap_or_else(Id::random), is_new: true, ids }
    }
}

impl Lives {
    pub(super) fn of<'c>(
        changes: impl IntoIterator<Item = &'c Change> + Clone,
        now: Timestamp,
    ) -> Self {
        let region = changes
            .clone()
            .into_iter()
            .find_map(|change| Some((change.region_ttl?, change.refresh_region_ttl)));
        if let Some((ttl, refreshes)) = region {
            return Self { region: millis(ttl), mode: if refreshes { "r" } else { "f" } };
        }
        let lives = changes.into_iter().filter_map(|change| match &change.act {
            Act::Put { expiry, keep, .. } | Act::Add { expiry, keep, .. } => Some((*expiry, *keep)),
            Act::Remove | Act::Expire => None,
        });
        let longest = lives.map(|(expiry, keep)| match expiry.moment(now) {
            Some(moment) => millis(moment.since(now).saturating_add(keep)).max(1),
            None => FOR_EVER,
        });
        // For ever is longer than any number.
        let longest = longest.max_by_key(|life| if *life < 0 { i64::MAX } else { *life });
        Self { region: longest.unwrap_or(1), mode: "e" }
    }

    /// How long fences shall live: longer than what hangs on them, and in big steps, so that it need
    /// not be asked for with every write.
    pub(super) fn fences(self) -> i64 {
        if self.region < 0 {
            return FOR_EVER;
        }
        let longer = self.region.saturating_add(self.region / 2);
        longer.saturating_add(2 * millis(MARGIN)).min(LONGEST)
    }

    fn needed_until(self, now: Timestamp) -> Timestamp {
        match u64::try_from(self.region) {
            Ok(life) => now.saturating_add(Duration::from_millis(life).saturating_add(MARGIN)),
            Err(_) => Timestamp::from_millis(u64::MAX),
        }
    }

    /// Until when they live at least: scripts leave a fence as it is that lives for four fifths of that.
    fn fences_until(self, now: Timestamp) -> Timestamp {
        match u64::try_from(self.fences()).map(|life| life / 5 * 4) {
            Ok(life) => now.saturating_add(Duration::from_millis(life)),
            Err(_) => Timestamp::from_millis(u64::MAX),
        }
    }
}

/// What the script answered.
enum Reply {
    Done(Vec<Outcome>),
    /// Nothing is written: this fence stands, or none.
    Stands(Option<Id>),
    /// Nothing is written: the lease does not hold.
    Refused,
}

impl Reply {
    fn of(reply: Vec<Value>, changes: &[Change]) -> Result<Self> {
        let mut reply = reply.into_iter();
        match reply.next() {
            Some(Value::Int(1)) => reply
                .zip(changes)
                .map(|(outcome, change)| {
                    outcome_of(outcome, change).ok_or_else(|| garbled(Asked::Change))
                })
                .collect::<Result<_>>()
                .map(Self::Done),
            Some(Value::Int(0)) => {
                let id = reply.next().map(String::from_redis_value);
                let Some(Ok(id)) = id else { return Err(garbled(Asked::Change)) };
                Ok(Self::Stands(layout::id(&id)))
            }
            Some(Value::Int(-1)) => Ok(Self::Refused),
            _ => Err(garbled(Asked::Change)),
        }
    }
}

/// One change as the script takes it.
fn with_change<'a>(call: Call<'a>, change: &Change, stamp: Id, line: &Line) -> Call<'a> {
    let now = line.now();
    let key = change.key.as_bytes();
    let call = match &change.requires {
        Some(required) => call.arg("n").arg(required.as_bytes()),
        None => call,
    };
    match &change.act {
        Act::Put { draft, expiry, keep, when } => {
            let (condition, wanted) = match when {
                When::Always => ("", &[][..]),
                When::Absent => ("a", &[][..]),
                When::Holds(envelope) => ("h", &envelope.as_bytes()[..]),
            };
            let (envelope, gone) = sealed(draft, *expiry, *keep, stamp, now);
            call.arg("p").arg(key).arg(envelope).arg(condition).arg(wanted).arg(gone)
        }
        Act::Remove => call.arg("d").arg(key),
        Act::Expire => call.arg("x").arg(key),
        Act::Add { delta, draft, expiry, keep } => {
            let (envelope, gone) = sealed(draft, *expiry, *keep, stamp, now);
            call.arg("i").arg(key).arg(delta.to_string()).arg(envelope).arg(gone)
        }
    }
}

/// The envelope as it is stored, and when it may be forgotten, in milliseconds, or nothing for never.
pub(super) fn sealed(
    draft: &Draft,
    expiry: Expiry,
    keep: Duration,
    stamp: Id,
    now: Timestamp,
) -> (Vec<u8>, String) {
    let moment = expiry.moment(now);
    let gone =
        moment.map(|moment| moment.saturating_add(keep).as_millis().min(LAST_MOMENT).to_string());
    (draft.clone().seal(stamp, moment).into_bytes().into(), gone.unwrap_or_default())
}

fn outcome_of(outcome: Value, change: &Change) -> Option<Outcome> {
    let mut parts = Vec::<Value>::from_redis_value(outcome).ok()?.into_iter();
    let kind = String::from_redis_value(parts.next()?).ok()?;
    let there = parts.next();
    let text = || String::from_redis_value(there.clone()?).ok();
    let envelope = || {
        let bytes = Option::<Vec<u8>>::from_redis_value(there.clone()?).ok()??;
        Envelope::parse(bytes.into())
    };
    Some(match (kind.as_str(), &change.act) {
        ("S", _) => Outcome::Stored,
        ("K", _) => Outcome::Kept(envelope()),
        ("R", _) => Outcome::Removed(envelope()),
        ("E", _) => Outcome::Expired(envelope()),
        ("O", _) => Outcome::Overflow,
        ("N", _) => Outcome::NotAnInteger(envelope()?),
        ("A", _) => Outcome::Absent,
        ("I", _) => Outcome::Sum(text()?.parse().ok()?),
        _ => return None,
    })
}

/// New ids for all levels of a path.
pub(super) fn new_ids(region: &Address) -> Vec<Id> {
    layout::levels(region).iter().map(|_| Id::random()).collect()
}

/// Where the numbers of announcements begin when none is there: anywhere, so that two beginnings are
/// never taken for one; below 2^52, so that a script can count on.
pub(super) fn first_number() -> u64 {
    let (number, _) = uuid::Uuid::new_v4().as_u64_pair();
    number >> 12
}

pub(super) fn stores(change: &Change) -> bool {
    matches!(change.act, Act::Put { .. } | Act::Add { .. })
}

fn is_blind(change: &Change) -> bool {
    change.requires.is_none() && matches!(change.act, Act::Put { when: When::Always, .. })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(LONGEST).min(LONGEST)
}

fn contended(region: &Address) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "region `{region}` was invalidated {ATTEMPTS} times while it was written to; nothing was \
             written"
        ),
    )
}

/// How often a write is stamped anew. Each needs somebody to invalidate or to make the region.
pub(super) const ATTEMPTS: usize = 16;

/// Above that, values go by `MULTI`.
const MOST_IN_A_SCRIPT: usize = 500;

/// How much longer than a region its fences live.
const MARGIN: Duration = Duration::from_secs(60);

const FOR_EVER: i64 = -1;

/// A server refuses lives that end after its end of time: a thousand years are enough.
const LONGEST: i64 = 1_000 * 366 * 24 * 3_600 * 1_000;

const LAST_MOMENT: u64 = 1 << 46;
