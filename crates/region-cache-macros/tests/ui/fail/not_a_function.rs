#![allow(unused)]

use region_cache::{cached, invalidates};

#[cached]
struct User;

trait Load {
    #[cached]
    async fn load(&self, id: u64) -> u64;
}

#[invalidates(region = "users")]
mod users {}

fn main() {
    let _ = User;
}
