#![allow(unused)]

use region_cache::cached;

#[cached(within = "a class")]
async fn one(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[cached(within = "module")]
    async fn two(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
