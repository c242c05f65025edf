#![allow(unused)]

use std::rc::Rc;

use region_cache::cached;

#[cached(key = "{id}")]
async fn load(id: Rc<u64>) -> u64 {
    *id
}

fn main() {}
