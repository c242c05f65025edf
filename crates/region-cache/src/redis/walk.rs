//! Invalidating, and freeing what that leaves behind.

use std::time::Duration;

use redis::{FromRedisValue, Value};

use super::Redis;
use super::error::Asked;
use super::layout;
use super::line::local_now;
use super::read::garbled;
use super::script::{CHILDREN, CLAIM, Call, INVALIDATE, STEP};
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
            .arg(KEPT_FOR.to_string())
            .arg(&*self.who)
            .arg(first_number().to_string());
        let reply = call.run(&line, &layout::fence(target), Asked::Change).await?;
        let (progress, frames) = progress(reply)?;
        self.keep_frames(id, frames);
        self.adopt_abandoned(target);
        Ok(Walk { id, target: target.clone(), progress })
    }

    pub(super) async fn take_step(&self, walk: &Walk) -> Result<Step> {
        let Some(frames) = self.walks.lock().get(&walk.id).cloned() else {
            return Ok(Step { freed: 0, is_done: true });
        };
        let (step, frames) = self.step(walk.id, &walk.target, frames).await?;
        self.keep_frames(walk.id, frames);
        Ok(step)
    }

    pub(super) async fn living_children(&self, region: &Address) -> Result<Vec<String>> {
        let line = self.lines.shared().await?;
        let call = self.begin(&CHILDREN, &line, region);
        let names = call.run(&line, &layout::fence(region), Asked::Read).await?;
        let names = names.into_iter().map(String::from_redis_value).collect::<Result<Vec<_>, _>>();
        let mut names = names.map_err(|_| garbled(Asked::Read))?;
        names.sort_unstable();
        Ok(names)
    }

    /// Goes on, behind the caller, with walks on the same root that others have left.
    fn adopt_abandoned(&self, target: &Address) {
        let root = layout::prefix(target);
        let now = local_now();
        let mut looked = self.looked_for_walks.lock();
        if looked.get(&root).is_some_and(|at| now.since(*at) < ABANDONED) {
            return;
        }
        if looked.len() >= MOST_ROOTS {
            looked.clear();
        }
        looked.insert(root, now);
        drop(looked);
        let (this, target) = (self.clone(), target.clone());
        self.tasks.run(async move {
            // What fails is left for the next who looks.
            while let Ok(true) = this.adopt_one(&target).await {}
        });
    }

    /// Takes up one abandoned walk and ends it; whether there was one.
    async fn adopt_one(&self, target: &Address) -> Result<bool> {
        let line = self.lines.shared().await?;
        let call = self.begin(&CLAIM, &line, target);
        let call = call.arg(ABANDONED.as_millis().to_string()).arg(KEPT_FOR.to_string());
        let reply = call.run(&line, &layout::fence(target), Asked::Change).await?;
        let mut reply = reply.into_iter().map(String::from_redis_value);
        let (Some(Ok(id)), Some(Ok(path))) = (reply.next(), reply.next()) else { return Ok(false) };
        let Some(id) = layout::id(&id) else { return Err(garbled(Asked::Change)) };
        let target = Address::parse(target.namespace(), &path)?;
        let mut frames = vec![format!("s {path}").into_bytes()];
        while !frames.is_empty() {
            (_, frames) = self.step(id, &target, frames).await?;
        }
        Ok(true)
    }

    async fn step(
        &self,
        id: Id,
        target: &Address,
        frames: Vec<Vec<u8>>,
    ) -> Result<(Step, Vec<Vec<u8>>)> {
        let line = self.lines.shared().await?;
        let call = self
            .begin(&STEP, &line, target)
            .arg(layout::text(id))
            .arg(FREED_IN_A_STEP.to_string())
            .arg(KEPT_FOR.to_string());
        let call = frames.into_iter().fold(call, Call::arg);
        progress(call.run(&line, &layout::fence(target), Asked::Change).await?)
    }

    fn keep_frames(&self, id: Id, frames: Vec<Vec<u8>>) {
        let mut walks = self.walks.lock();
        if frames.is_empty() {
            walks.remove(&id);
        } else {
            walks.insert(id, frames);
        }
    }
}

/// What a script has freed, and where the walk is now.
fn progress(reply: Vec<Value>) -> Result<(Step, Vec<Vec<u8>>)> {
    let mut reply = reply.into_iter();
    let freed = reply.next().and_then(|freed| u64::from_redis_value(freed).ok());
    let freed = freed.ok_or_else(|| garbled(Asked::Change))?;
    let frames = reply.map(Vec::<u8>::from_redis_value).collect::<Result<Vec<_>, _>>();
    let frames = frames.map_err(|_| garbled(Asked::Change))?;
    Ok((Step { freed, is_done: frames.is_empty() }, frames))
}

/// How many regions an invalidation frees by itself: a small tree whole.
const FREED_AT_ONCE: u32 = 250;

/// How many regions one step frees: longer, and other clients would wait.
const FREED_IN_A_STEP: u32 = 100;

/// How long it is remembered that a walk is not finished, in milliseconds.
const KEPT_FOR: u32 = 24 * 3_600 * 1_000;

/// A walk on which nobody was at work for that long may be taken up by anyone.
const ABANDONED: Duration = Duration::from_secs(5);

/// Of how many roots it is known when they were last looked at for such walks.
const MOST_ROOTS: usize = 10_000;
