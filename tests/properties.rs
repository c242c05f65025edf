//! A state machine of random operations: the cache and a plain map of paths must give the same answers,
//! whichever backend it is on.

mod model;
mod operation;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use region_cache::{Cache, CacheBuilder, Clock, RegionOptions};
use region_cache_testkit::server::Server;
use tempfile::TempDir;

use self::model::Model;
use self::operation::{Operation, operations};
use crate::conformance::in_memory;

#[test]
fn memory_and_a_map_of_paths_agree() {
    let cases = ProptestConfig { cases: 10_000, failure_persistence: None, ..Default::default() };
    proptest!(cases, |(operations in operations())| {
        let world = World { clock: Clock::manual(), place: Place::Memory };
        futures::executor::block_on(agree(&world, &operations))?;
    });
}

#[test]
fn a_file_and_a_map_of_paths_agree() {
    let cases = ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() };
    proptest!(cases, |(operations in operations())| {
        let world = World { clock: Clock::manual(), place: Place::File(in_memory()) };
        futures::executor::block_on(agree(&world, &operations))?;
    });
}

#[test]
fn a_redis_server_and_a_map_of_paths_agree() {
    let cases = ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let world = World { clock: Clock::system(), place: Place::Server(Box::new(server)) };
    let agrees = |operations: Vec<Operation>| runtime.block_on(agree(&world, &operations));
    TestRunner::new(cases).run(&operations(), agrees).unwrap();
}

/// Where the operations happen.
struct World {
    clock: Clock,
    place: Place,
}

enum Place {
    Memory,
    /// In a folder.
    File(TempDir),
    Server(Box<Server>),
}

async fn agree(world: &World, operations: &[Operation]) -> Result<(), TestCaseError> {
    world.begin().await;
    let cache = world.cache().await;
    let mut model = Model::default();
    for (step, operation) in operations.iter().enumerate() {
        let wanted = model.apply(operation);
        if let Operation::Wait(millis) = operation {
            world.pass(Duration::from_millis(*millis)).await;
        }
        let given = operation.apply(&cache).await;
        prop_assert_eq!(given, wanted, "step {}: {:?}", step, operation);
    }
    // What is left at the end is the same too, and nothing is kept that nobody can reach.
    prop_assert_eq!(operation::contents(&cache).await, model.contents());
    cache.clear().await.unwrap().freed().await.unwrap();
    prop_assert!(world.is_empty(&cache).await);
    Ok(())
}

impl World {
    /// What a case that failed has left behind is not the next one's.
    async fn begin(&self) {
        if let Place::Server(server) = &self.place {
            server.call(&["FLUSHALL"]).await;
        }
    }

    async fn cache(&self) -> Cache {
        let options = RegionOptions::new().entry_ttl(model::ENTRY_TTL).stale_for(model::STALE_FOR);
        let builder: CacheBuilder = Cache::builder().clock(self.clock.clone()).options(options);
        let builder = builder.region(model::ENDING, RegionOptions::new().ttl(model::REGION_TTL));
        let url = match &self.place {
            Place::Memory => "memory:".to_owned(),
            Place::File(folder) => format!("file:{}", folder.path().join("cache.redb").display()),
            Place::Server(server) => server.url(),
        };
        builder.url(url).build().await.unwrap()
    }

    async fn pass(&self, time: Duration) {
        match &self.place {
            // A client takes the server's time for a little later than it is: what ends just now for
            // the model has surely ended.
            Place::Server(server) => server.age_entries(time + Duration::from_millis(10)).await,
            Place::Memory | Place::File(_) => self.clock.advance(time),
        }
    }

    async fn is_empty(&self, cache: &Cache) -> bool {
        match &self.place {
            Place::Server(server) => server.keys().await.is_empty(),
            Place::Memory | Place::File(_) => {
                let stats = cache.stats();
                (stats.entries, stats.regions, stats.bytes) == (0, 0, 0)
            }
        }
    }
}
