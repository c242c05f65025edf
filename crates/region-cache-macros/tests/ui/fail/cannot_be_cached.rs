#![allow(unused)]

use region_cache::cached;

struct User;

#[cached]
async fn one(id: u64) -> User {
    let _ = id;
    User
}

#[cached]
async fn two(id: u64) -> Option<&'static str> {
    let _ = id;
    None
}

#[cached]
async fn three(id: u64) -> Result<User, region_cache::Error> {
    let _ = id;
    Ok(User)
}

#[cached]
async fn four(id: u64) -> impl Iterator<Item = u64> {
    0..id
}

#[cached]
async fn five(id: u64) {
    let _ = id;
}

fn main() {}
