//! Leases: the right to compute.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use redis::{FromRedisValue, Value};

use super::Redis;
use super::error::Asked;
use super::layout::{self, Standing};
use super::line::{Line, local_now};
use super::read::{garbled, judge, validated};
use super::script::{LEASE, RELEASE, RENEW, STAND};
use super::write::new_ids;
use crate::backend::{Address, Id, Lease, Leased, Token, Wish};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::tasks::{timer, within};
use crate::time::{Clock, Timestamp};

impl Redis {
    pub(super) async fn take_lease(&self, wish: Wish<'_>) -> Result<Leased> {
        let line = self.lines.shared().await?;
        let proposals: String = new_ids(wish.region).into_iter().map(layout::text).collect();
        let passed_over = wish.despite.and_then(|envelope| envelope.as_bytes().get(..HEAD));
        let call = self
            .begin(&LEASE, &line, wish.region)
            .arg(wish.key.as_bytes())
            .arg(layout::text(wish.id))
            .arg(wish.time.as_millis().to_string())
            .arg(proposals)
            .arg(life(wish.time))
            .arg(passed_over.unwrap_or_default())
            .arg(self.not_after(&line));
        // For its caller this is a read: a lease that nobody knows of ends by its deadline.
        let sent_at = local_now();
        let reply = call.run(&line, &layout::fence(wish.region), Asked::Read).await?;
        if reply == [Value::BulkString(b"L".to_vec())] {
            return Err(Error::new(
                ErrorKind::Timeout,
                "the request for a lease reached the Redis server when nobody waited for it any more",
            ));
        }
        self.leased(wish, &line, sent_at, reply).ok_or_else(|| garbled(Asked::Read))
    }

    /// Makes the fences of a region stand, for as long as a lease would.
    pub(super) async fn stand(&self, region: &Address) -> Result<()> {
        let line = self.lines.shared().await?;
        let proposals: String = new_ids(region).into_iter().map(layout::text).collect();
        let call = self.begin(&STAND, &line, region).arg(proposals).arg(STANDS_FOR.to_string());
        call.run_for_nothing(&line, &layout::fence(region), Asked::Read).await
    }

    pub(super) async fn renew_lease(&self, lease: &Lease) -> Result<bool> {
        let line = self.lines.shared().await?;
        let call = self
            .begin(&RENEW, &line, &lease.region)
            .arg(lease.key.as_bytes())
            .arg(layout::text(lease.id))
            .arg(lease.time.as_millis().to_string())
            .arg(life(lease.time))
            .arg(self.not_after(&line));
        let reply = call.run(&line, &layout::leases(&lease.region), Asked::Change).await?;
        Ok(reply == [Value::Int(1)])
    }

    /// Looks at a lease now and then, until another holds it, or nobody, or it can be taken over:
    /// because its deadline has come, or its region's fence fell.
    pub(super) async fn watch_lease(&self, region: &Address, key: &Key, id: Id) {
        for pause in LOOKS.build() {
            let Some(pause) = timer(&Clock::system(), pause) else { return };
            pause.await;
            // What cannot be seen in time, those who ask for the lease will be told of.
            let look = self.is_held(region, key, id);
            if !matches!(within(&Clock::system(), self.lines.timeout(), look).await, Some(Ok(true)))
            {
                return;
            }
        }
    }

    async fn is_held(&self, region: &Address, key: &Key, id: Id) -> Result<bool> {
        let line = self.lines.shared().await?;
        let mut look = redis::pipe();
        look.cmd("HGET").arg(layout::leases(region)).arg(key.as_bytes());
        let (mut replies, standing) = validated(&line, region, look, 1).await?;
        let held = replies.pop().and_then(|held| String::from_redis_value(held).ok());
        let mut parts = held.iter().flat_map(|held| held.split('|'));
        let (holder, stamp) =
            (parts.next().and_then(layout::id), parts.next().and_then(layout::id));
        let deadline = parts.next().and_then(|deadline| deadline.parse().ok());
        let is_over = deadline.is_none_or(|at| Timestamp::from_millis(at) <= line.now());
        Ok(holder == Some(id) && stamp.is_some() && stamp == standing.own() && !is_over)
    }

    pub(super) async fn release_lease(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        let line = self.lines.shared().await?;
        let call = self.begin(&RELEASE, &line, region).arg(key.as_bytes()).arg(layout::text(id));
        call.run_for_nothing(&line, &layout::leases(region), Asked::Change).await
    }

    /// When nobody waits for an answer any more, by the server's clock: a request that was held up and
    /// comes later must not take a lease that nobody knows of.
    fn not_after(&self, line: &Line) -> String {
        line.now().saturating_add(self.lines.timeout()).as_millis().to_string()
    }

    fn leased(
        &self,
        wish: Wish<'_>,
        line: &Line,
        sent_at: Timestamp,
        reply: Vec<Value>,
    ) -> Option<Leased> {
        let mut reply = reply.into_iter();
        let kind = String::from_redis_value(reply.next()?).ok()?;
        if kind == "P" {
            let bytes = Vec::<u8>::from_redis_value(reply.next()?).ok()?;
            let left = i64::from_redis_value(reply.next()?).ok()?;
            let stamp = crate::backend::Envelope::parse(bytes.clone().into())?.stamp();
            // The script has compared the stamp with the fences.
            let found = judge(Some(bytes), &Standing::is(stamp), line.now(), Some(left))?;
            return Some(Leased::Present(found));
        }
        if kind == "C" {
            return Some(Leased::Closed);
        }
        let reign = String::from_redis_value(reply.next()?).ok()?;
        line.confirm_reign(&reign, sent_at);
        let holder = layout::id(&String::from_redis_value(reply.next()?).ok()?)?;
        let ids = reply.map(|id| layout::id(&String::from_redis_value(id).ok()?));
        let token = Token::new(ids.collect::<Option<Vec<Id>>>()?);
        self.beliefs.saw(wish.region, token.stamp());
        Some(match kind.as_str() {
            "H" | "O" => Leased::Held(Lease {
                region: wish.region.clone(),
                key: wish.key.clone(),
                id: wish.id,
                time: wish.time,
                overtook: kind == "O",
                token,
            }),
            _ => Leased::Taken(token, holder),
        })
    }
}

/// How long fences live on which nothing hangs yet, in milliseconds.
const STANDS_FOR: u32 = 160_000;

/// How long fences live, in milliseconds, on which nothing hangs but a lease.
fn life(lease_time: Duration) -> String {
    lease_time.saturating_mul(10).as_millis().saturating_add(60_000).to_string()
}

/// The pauses between two looks at a lease: few in a slow computation, and soon after a quick one.
const LOOKS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(4))
    .with_factor(1.5)
    .with_max_delay(Duration::from_millis(50))
    .without_max_times()
    .with_jitter();

/// What tells two envelopes apart: all but the payload, with its checksum.
const HEAD: usize = 52;
