//! Leases: the right to compute.

use redis::{FromRedisValue, Value};

use super::Redis;
use super::error::Asked;
use super::layout::{self, Standing};
use super::line::{Line, local_now};
use super::read::{garbled, judge};
use super::script::{LEASE, RELEASE, STAND};
use super::write::new_ids;
use crate::backend::{Address, Id, Lease, Leased, Token, Wish};
use crate::error::Result;
use crate::key::Key;
use crate::time::Timestamp;

impl Redis {
    pub(super) async fn take_lease(&self, wish: Wish<'_>) -> Result<Leased> {
        let line = self.lines.shared().await?;
        let proposals: String = new_ids(wish.region).into_iter().map(layout::text).collect();
        let passed_over = wish.despite.and_then(|envelope| envelope.as_bytes().get(..HEAD));
        let life = wish.time.saturating_mul(10).as_millis().saturating_add(60_000);
        let call = self
            .begin(&LEASE, &line, wish.region)
            .arg(wish.key.as_bytes())
            .arg(layout::text(wish.id))
            .arg(wish.time.as_millis().to_string())
            .arg(proposals)
            .arg(life.to_string())
            .arg(passed_over.unwrap_or_default());
        // For its caller this is a read: a lease that nobody knows of ends by its deadline.
        let sent_at = local_now();
        let reply = call.run(&line, &layout::fence(wish.region), Asked::Read).await?;
        self.leased(wish, &line, sent_at, reply).ok_or_else(|| garbled(Asked::Read))
    }

    /// Makes the fences of a region stand, for as long as a lease would.
    pub(super) async fn stand(&self, region: &Address) -> Result<()> {
        let line = self.lines.shared().await?;
        let proposals: String = new_ids(region).into_iter().map(layout::text).collect();
        let call = self.begin(&STAND, &line, region).arg(proposals).arg(STANDS_FOR.to_string());
        call.run_for_nothing(&line, &layout::fence(region), Asked::Read).await
    }

    pub(super) async fn release_lease(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        let line = self.lines.shared().await?;
        let call = self.begin(&RELEASE, &line, region).arg(key.as_bytes()).arg(layout::text(id));
        call.run_for_nothing(&line, &layout::leases(region), Asked::Change).await
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
        let reign = String::from_redis_value(reply.next()?).ok()?;
        line.confirm_reign(&reign, sent_at);
        let holder = layout::id(&String::from_redis_value(reply.next()?).ok()?)?;
        let ids = reply.map(|id| layout::id(&String::from_redis_value(id).ok()?));
        let token = Token::new(ids.collect::<Option<Vec<Id>>>()?);
        self.beliefs.saw(wish.region, token.stamp());
        Some(if kind == "H" {
            let (region, key) = (wish.region.clone(), wish.key.clone());
            Leased::Held(Lease { region, key, id: wish.id, time: wish.time, token })
        } else {
            Leased::Taken(token, holder)
        })
    }
}

/// How long fences live on which nothing hangs yet, in milliseconds.
const STANDS_FOR: u32 = 160_000;

/// What tells two envelopes apart: all but the payload, with its checksum.
const HEAD: usize = 52;
