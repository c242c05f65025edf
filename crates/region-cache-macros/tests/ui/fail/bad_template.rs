#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached(key = "{id")]
async fn one(id: u64) -> u64 {
    id
}

#[cached(key = "{id}{name}")]
async fn two(id: u64, name: &str) -> u64 {
    id
}

#[cached(key = "{id + 1}")]
async fn three(id: u64) -> u64 {
    id
}

#[cached(region = "users..{id}")]
async fn four(id: u64) -> u64 {
    id
}

#[cached(region = "my users")]
async fn five(id: u64) -> u64 {
    id
}

#[cached(key = "")]
async fn six(id: u64) -> u64 {
    id
}

#[cached(region = 7)]
async fn seven(id: u64) -> u64 {
    id
}

#[invalidates(signal = "user:{id}")]
async fn eight(id: u64) {}

#[cached(key = "{}")]
async fn nine(id: u64) -> u64 {
    id
}

fn main() {}
