#![allow(unused)]

use region_cache::{cached, invalidates};

struct Shop;

impl Shop {
    #[cached(region = "shop.{self}")]
    async fn one(&self, id: u64) -> u64 {
        id
    }

    #[invalidates(region = "shop.{self}")]
    async fn two(&self) {}

    #[cached(region = "shop.{self.id}")]
    async fn three(id: u64) -> u64 {
        id
    }
}

fn main() {}
