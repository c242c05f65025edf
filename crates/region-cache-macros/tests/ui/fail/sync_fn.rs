#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached]
fn load(id: u64) -> u64 {
    id
}

#[invalidates(region = "users")]
fn change(id: u64) -> u64 {
    id
}

fn main() {
    load(change(7));
}
