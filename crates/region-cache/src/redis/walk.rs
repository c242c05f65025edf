//! Invalidating, and freeing what that leaves behind.

use redis::{FromRedisValue, Value};

use super::Redis;
use super::error::Asked;
use super::layout;
use super::read::garbled;
use super::script::{CHILDREN, Call, INVALIDATE, STEP};
use super::write::first_number;
use crate::backend::{Address, Id, Step, Walk};
use crate::error::Result;

impl Redis {
    pub(super) async fn cut_off(&self, target: &Address) -> Result<Walk> {
        let line = self.lines.shared().await?;
        let id = Id::random();
        let call = self
            .begin(&INVALIDATE, &line, target)
            .arg(layout::text(id))
            .arg(FREED_AT_ONCE.to_string())
            .arg(self.who.as_str())
            .arg(first_number().to_string())
            .arg(KEPT_FOR.to_string());
        let reply = call.run(&line, &layout::fence(target), Asked::Change).await?;
        let progress = self.progress(id, reply)?;
        Ok(Walk { id, target: target.clone(), progress })
    }

    pub(super) async fn take_step(&self, walk: &Walk) -> Result<Step> {
        let Some(frames) = self.walks.lock().get(&walk.id).cloned() else {
            return Ok(Step { freed: 0, is_done: true });
        };
        let line = self.lines.shared().await?;
        let call = self.begin(&STEP, &line, &walk.target);
        let call = call.arg(layout::text(walk.id)).arg(FREED_IN_A_STEP.to_string());
        let call = frames.into_iter().fold(call, Call::arg);
        let reply = call.run(&line, &layout::fence(&walk.target), Asked::Change).await?;
        self.progress(walk.id, reply)
    }

    pub(super) async fn living_children(&self, region: &Address) -> Result<Vec<String>> {
        let line = self.lines.shared().await?;
        let call = self.begin(&CHILDREN, &line, region);
        let names = call.run(&line, &layout::fence(region), Asked::Read).await?;
        let names = names.into_iter().map(String::from_redis_value).collect::<Result<Vec<_>, _>>();
        let mut names = names.map_err(|_| garbled())?;
        names.sort_unstable();
        Ok(names)
    }

    /// Keeps where the walk is now.
    fn progress(&self, id: Id, reply: Vec<Value>) -> Result<Step> {
        let mut reply = reply.into_iter();
        let freed = reply.next().and_then(|freed| u64::from_redis_value(freed).ok());
        let freed = freed.ok_or_else(garbled)?;
        let frames = reply.map(Vec::<u8>::from_redis_value).collect::<Result<Vec<_>, _>>();
        let frames = frames.map_err(|_| garbled())?;
        let is_done = frames.is_empty();
        let mut walks = self.walks.lock();
        if is_done {
            walks.remove(&id);
        } else {
            walks.insert(id, frames);
        }
        Ok(Step { freed, is_done })
    }
}

/// How many regions an invalidation frees by itself: a small tree whole.
const FREED_AT_ONCE: u32 = 250;

/// How many regions one step frees: longer, and other clients would wait.
const FREED_IN_A_STEP: u32 = 100;

/// How long it is remembered that a walk is not finished, in milliseconds.
const KEPT_FOR: u32 = 24 * 3_600 * 1_000;
