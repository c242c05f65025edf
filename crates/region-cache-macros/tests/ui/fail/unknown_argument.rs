#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached(region = "users.{tenant}")]
async fn one(id: u64, name: &str) -> u64 {
    id
}

#[cached(key = "{user.id}")]
async fn two() -> u64 {
    7
}

#[cached(skip(db))]
async fn three(id: u64) -> u64 {
    id
}

#[invalidates(region = "users", key = "{user}")]
async fn four(id: u64) {}

#[invalidates(signal = "user.{user}")]
async fn five(id: u64) {}

fn main() {}
