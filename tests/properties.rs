//! A state machine of random operations: the cache and a plain map of paths must give the same answers.

mod model;
mod operation;

use proptest::prelude::*;
use region_cache::{Cache, Clock, RegionOptions};

use self::model::Model;
use self::operation::{Operation, operations};

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_and_a_map_of_paths_agree(operations in operations()) {
        futures::executor::block_on(agree(operations))?;
    }
}

async fn agree(operations: Vec<Operation>) -> Result<(), TestCaseError> {
    let clock = Clock::manual();
    let options = RegionOptions::new().entry_ttl(model::ENTRY_TTL).stale_for(model::STALE_FOR);
    let cache = Cache::builder()
        .clock(clock.clone())
        .options(options)
        .region(model::ENDING, RegionOptions::new().ttl(model::REGION_TTL))
        .build()
        .await
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut model = Model::default();
    for (step, operation) in operations.iter().enumerate() {
        let wanted = model.apply(operation);
        let given = operation.apply(&cache, &clock).await;
        prop_assert_eq!(given, wanted, "step {}: {:?}", step, operation);
    }
    // What is left at the end is the same too, and nothing is kept that nobody can reach.
    prop_assert_eq!(operation::contents(&cache).await, model.contents());
    cache.clear().await.map_err(|error| TestCaseError::fail(error.to_string()))?;
    let stats = cache.stats();
    prop_assert_eq!((stats.entries, stats.regions, stats.bytes), (0, 0, 0));
    Ok(())
}
