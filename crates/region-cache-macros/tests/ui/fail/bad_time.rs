#![allow(unused)]

use region_cache::cached;

#[cached(ttl = "10 minuets")]
async fn one(id: u64) -> u64 {
    id
}

#[cached(ttl = 600)]
async fn two(id: u64) -> u64 {
    id
}

#[cached(stale_for = "0s")]
async fn three(id: u64) -> u64 {
    id
}

#[cached(ttl = "")]
async fn four(id: u64) -> u64 {
    id
}

#[cached(ttl = id)]
async fn five(id: u64) -> u64 {
    id
}

fn main() {}
