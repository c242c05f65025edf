//! Which region is a function's own.

use region_cache::cached;

use super::world::{DbError, World};

#[cached(cache = "world.cache")]
async fn twice(world: &World, n: u64) -> u64 {
    n * 2
}

mod inner {
    use super::World;

    #[region_cache::cached(cache = "world.cache")]
    pub(super) async fn twice(world: &World, n: u64) -> u64 {
        n * 20
    }
}

struct Type;

impl Type {
    #[cached(cache = "world.cache")]
    async fn twice(world: &World, n: u64) -> u64 {
        n * 200
    }
}

#[tokio::test]
async fn functions_of_one_name_do_not_collide() {
    #[cached(cache = "world.cache")]
    async fn twice(world: &World, n: u64) -> u64 {
        n * 2000
    }
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(super::identity::twice(&world, 1).await, 2);
        assert_eq!(inner::twice(&world, 1).await, 20);
        assert_eq!(Type::twice(&world, 1).await, 200);
        assert_eq!(twice(&world, 1).await, 2000);
    }
    let here = format!("fn~{}", module_path!().replace("::", "."));
    assert_eq!(super::identity::twice::region(&world).path(), format!("{here}.twice"));
    assert_eq!(inner::twice::region(&world).path(), format!("{here}.inner.twice"));
    assert_eq!(Type::twice_region(&world).path(), format!("{here}.Type.twice"));
    let in_body = format!("{here}.functions_of_one_name_do_not_collide.twice");
    assert!(twice::region(&world).path().starts_with(&here), "{in_body}");
}

#[tokio::test]
async fn a_module_falls_with_all_its_functions() {
    let world = World::new().await;
    inner::twice(&world, 3).await;
    let module = format!("fn~{}.inner", module_path!().replace("::", "."));
    world.cache.region(&module).invalidate().await.unwrap();
    assert!(!inner::twice::invalidate(&world, 3).await.unwrap(), "it has fallen");
}

#[tokio::test]
async fn two_of_one_name_in_one_body_are_told_apart_by_an_error() {
    let world = World::new().await;
    let first_line = line!() + 2;
    let one = {
        #[cached(cache = "world.cache")]
        async fn same(world: &World) -> Result<u64, DbError> {
            Ok(1)
        }
        (same(&world).await, same::region(&world).len().await)
    };
    let second_line = line!() + 2;
    let two = {
        #[cached(cache = "world.cache")]
        async fn same(world: &World) -> Result<u64, DbError> {
            Ok(2)
        }
        (same(&world).await, same::region(&world).len().await)
    };
    assert_eq!((one.0.unwrap(), one.1.unwrap()), (1, 1));
    for error in [two.0.unwrap_err().cache(), two.1.unwrap_err()] {
        assert!(error.is_config());
        let text = error.to_string();
        for line in [first_line, second_line] {
            assert!(text.contains(&format!("{}:{line}", file!())), "{text}");
        }
        assert!(text.contains("region = "), "{text}");
    }
}

#[tokio::test]
async fn two_of_one_name_in_one_body_are_told_apart_by_a_region() {
    let world = World::new().await;
    let one = {
        #[cached(cache = "world.cache", region = "one")]
        async fn same(world: &World) -> u64 {
            1
        }
        same(&world).await
    };
    let two = {
        #[cached(cache = "world.cache", region = "two")]
        async fn same(world: &World) -> u64 {
            2
        }
        same(&world).await
    };
    assert_eq!((one, two), (1, 2));
}

mod deep {
    pub(super) mod deeper {
        pub(in super::super) mod deepest {
            pub(in super::super::super) mod and {
                pub(in super::super::super::super) mod so {
                    pub(in super::super::super::super::super) mod on_and_on_and_on_and_on {
                        use crate::cached::world::World;

                        #[region_cache::cached(cache = "world.cache")]
                        pub(in super::super::super::super::super::super) async fn at_last(
                            world: &World,
                            n: u64,
                        ) -> u64 {
                            world.run();
                            n
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_function_may_stand_deep() {
    use deep::deeper::deepest::and::so::on_and_on_and_on_and_on::at_last;
    let world = World::new().await;
    assert_eq!((at_last(&world, 7).await, at_last(&world, 7).await), (7, 7));
    assert_eq!(world.ran(), 1);
}
