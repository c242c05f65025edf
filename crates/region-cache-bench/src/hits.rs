//! The hit path: what a caller pays for a value that is there.

mod declared;
mod in_memory;
mod on_redis;
mod readers;

pub(crate) use declared::declared;
pub(crate) use in_memory::in_memory;
pub(crate) use on_redis::on_redis;

/// The one that is read.
const KEY: &str = "7";
