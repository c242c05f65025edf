//! Why a cache should not be filled by `get`, compute, `set`, and what to do in its place.
//!
//! Run with: `cargo run --example lookup_and_fill`

use region_cache::{Cache, Error, Lookup, Miss, Region, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();
    let names = cache.region("users.names");

    // What the cache spares us to ask; a database, say.
    let mut source = "Ada".to_owned();

    // A miss comes with the right to fill it.
    let miss = look_up(&names).await?;
    assert!(miss.fill(&source).await?);
    assert!(matches!(names.lookup::<String>("7").await?, Lookup::Hit(name) if name == "Ada"));
    println!("filled, and found again");

    // The trouble: the value is read, then it is changed and the cache invalidated, and only then
    // is the old one stored. Nothing will ever put this right.
    names.invalidate().await?;
    let old = source.clone();
    source = "Countess of Lovelace".to_owned();
    names.invalidate().await?;
    names.set("7", &old).await?;
    println!("get, compute, set: the cache says {:?}", names.get::<String>("7").await?);
    assert_eq!(names.get::<String>("7").await?, Some(old));

    // The same with lookup and fill: the lookup noted how things stood, and the fill is refused.
    names.invalidate().await?;
    let miss = look_up(&names).await?;
    let old = source.clone();
    source = "Ada".to_owned();
    names.invalidate().await?;
    assert!(!miss.fill(&old).await?);
    println!("lookup, compute, fill: the cache says {:?}", names.get::<String>("7").await?);
    assert_eq!(names.get::<String>("7").await?, None);

    // A change of the key alone has the same effect: what was set is not overwritten by what was
    // computed before.
    let miss = look_up(&names).await?;
    names.set("7", &source).await?;
    assert!(!miss.fill(&old).await?);
    assert_eq!(names.get::<String>("7").await?, Some(source.clone()));

    // Nobody waits: of several who miss at once, each may compute, and one fills.
    names.remove("7").await?;
    let (one, other) = (look_up(&names).await?, look_up(&names).await?);
    let filled = [one.fill(&source).await?, other.fill(&source).await?];
    println!("two who missed at once: {filled:?}");
    assert_eq!(filled, [true, false]);

    cache.shutdown().await;
    Ok(())
}

async fn look_up(names: &Region) -> Result<Miss<String>> {
    match names.lookup("7").await? {
        Lookup::Hit(name) => Err(Error::other(format!("{name} is still there"))),
        Lookup::Miss(miss) => Ok(miss),
    }
}
