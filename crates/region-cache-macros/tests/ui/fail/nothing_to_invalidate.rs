#![allow(unused)]

use region_cache::invalidates;

#[invalidates]
async fn one(id: u64) {}

#[invalidates(key = "{id}")]
async fn two(id: u64) {}

#[invalidates(key = "{id}", signal = "users")]
async fn three(id: u64) {}

fn main() {}
