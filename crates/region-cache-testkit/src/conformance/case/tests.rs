use region_cache::{Cache, Result};

use super::*;

#[test]
fn a_case_that_is_missing_from_its_list_is_found() {
    let source = "
use super::Case;

async fn helper() {}

pub async fn one(world: &World) -> Case {
    pub async fn inner() {}
}

pub async fn other(
    world: &World,
) -> Case {
}
";
    assert_eq!(unlisted(source, &["one", "other"]), [""; 0]);
    assert_eq!(unlisted(source, &["one"]), ["other"]);
    assert_eq!(unlisted(source, &[]), ["one", "other"]);
}

#[tokio::test]
async fn a_failure_tells_where_it_came_from() {
    async fn case() -> Case {
        let found: Result<Option<i64>> = Cache::in_memory().region("a b").get("k").await;
        found?;
        Ok(())
    }
    let failure = format!("{:?}", case().await.unwrap_err());
    assert!(failure.contains("tests.rs:") && failure.contains("InvalidName"), "{failure}");
}
