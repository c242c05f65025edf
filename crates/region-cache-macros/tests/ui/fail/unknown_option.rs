#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached(regoin = "users")]
async fn one(id: u64) -> u64 {
    id
}

#[cached(timeout = "10m", tll = "5m")]
async fn two(id: u64) -> u64 {
    id
}

#[invalidates(regions = "users")]
async fn three(id: u64) -> u64 {
    id
}

#[cached(ttl = "10m", ttl = "5m")]
async fn four(id: u64) -> u64 {
    id
}

#[cached(cache_none = 7)]
async fn five(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
