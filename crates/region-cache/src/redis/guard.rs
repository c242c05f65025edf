//! Closing a region around a commit.

use std::time::Duration;

use redis::Value;

use super::Redis;
use super::error::Asked;
use super::layout;
use super::script::{GUARD, UNGUARD};
use super::write::first_number;
use crate::backend::{Address, Id};
use crate::error::Result;

impl Redis {
    pub(super) async fn close_region(
        &self,
        region: &Address,
        id: Id,
        time: Duration,
        again: bool,
    ) -> Result<bool> {
        let line = self.lines.shared().await?;
        let call = self
            .begin(&GUARD, &line, region)
            .arg(layout::text(id))
            .arg(time.as_millis().to_string())
            .arg(if again { "1" } else { "0" })
            .arg(&*self.who)
            .arg(first_number().to_string())
            .arg(COUNTED_FOR.to_string());
        let reply = call.run(&line, &layout::fence(region), Asked::Change).await?;
        Ok(reply == [Value::Int(1)])
    }

    pub(super) async fn open_region(&self, region: &Address, id: Id) -> Result<bool> {
        let line = self.lines.shared().await?;
        let call = self.begin(&UNGUARD, &line, region).arg(layout::text(id));
        let reply = call.run(&line, &layout::fence(region), Asked::Change).await?;
        Ok(reply == [Value::Int(1)])
    }
}

/// How long the number of announcements lives, in milliseconds.
const COUNTED_FOR: u32 = 24 * 3_600 * 1_000;
