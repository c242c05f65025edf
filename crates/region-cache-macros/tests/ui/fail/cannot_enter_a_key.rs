#![allow(unused)]

use region_cache::cached;

struct Database;

#[cached]
async fn one(db: &Database, id: u64) -> u64 {
    let _ = db;
    id
}

#[cached(key = "{db}")]
async fn two(db: &Database) -> u64 {
    let _ = db;
    7
}

#[cached]
async fn three((id, _): (u64, u64)) -> u64 {
    id
}

fn main() {}
