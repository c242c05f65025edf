#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached]
async unsafe fn one(id: u64) -> u64 {
    id
}

#[cached]
async extern "C" fn two(id: u64) -> u64 {
    id
}

#[invalidates(region = "users")]
async unsafe fn three(id: u64) {}

fn main() {}
