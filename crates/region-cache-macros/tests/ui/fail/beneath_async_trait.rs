#![allow(unused)]

use region_cache::cached;

#[async_trait::async_trait]
trait Load {
    async fn load(&self, id: u64) -> u64;
}

struct Shop;

#[async_trait::async_trait]
impl Load for Shop {
    #[cached]
    async fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
