//! Other attributes above and beneath. `#[tracing::instrument]` writes the function anew around its body.
#![deny(warnings)]

use region_cache::{Error, cached, invalidates};

/// The calls are seen.
#[cached]
#[tracing::instrument]
async fn beneath(id: u64) -> u64 {
    id
}

/// The computations are seen.
#[tracing::instrument(skip(id), fields(id))]
#[cached]
async fn above(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[tracing::instrument]
#[invalidates(region = "users", key = "{id}")]
#[must_use]
async fn change(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[tracing::instrument(skip(self))]
    #[cached]
    #[inline]
    async fn method(&self, id: u64) -> u64 {
        id
    }

    #[cached]
    #[tracing::instrument(skip(self))]
    #[doc(hidden)]
    pub async fn other(&self, id: u64) -> u64 {
        id
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    assert_eq!((beneath(7).await, above(7).await?, change(7).await), (7, 7, 7));
    assert!(beneath::invalidate(7).await?);
    assert!(above::invalidate(7).await?);
    assert_eq!((Shop.method(7).await, Shop.other(7).await), (7, 7));
    assert!(Shop.method_invalidate(7).await?);
    assert!(Shop.other_invalidate(7).await?);
    Ok(())
}
