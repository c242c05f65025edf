#![allow(unused)]

use region_cache::{cached, invalidates};

struct DbError;

#[cached]
async fn one(id: u64) -> Result<u64, DbError> {
    Ok(id)
}

#[invalidates(region = "users")]
async fn two(id: u64) -> Result<u64, DbError> {
    Ok(id)
}

fn main() {}
