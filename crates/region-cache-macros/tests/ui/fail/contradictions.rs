#![allow(unused)]

use region_cache::cached;

#[cached(key = "{id}", key_with = id)]
async fn one(id: u64) -> u64 {
    id
}

#[cached(version = "v1", fingerprint)]
async fn two(id: u64) -> u64 {
    id
}

#[cached(key = "{id}", skip(name))]
async fn three(id: u64, name: &str) -> u64 {
    id
}

#[cached(cache_none)]
async fn four(id: u64) -> u64 {
    id
}

#[cached(negative_ttl = "5s")]
async fn five(id: u64) -> u64 {
    id
}

#[cached(compute_timeout = "5s")]
async fn six(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
