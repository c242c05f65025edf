//! Why a cache should not be filled by `get`, compute, `set`, and what to do in its place.
//!
//! Run with: `cargo run --example lookup_and_fill`

use std::sync::Mutex;

use region_cache::{Cache, Lookup, Miss, Region, Result};

/// Something that is dear to ask: a database, say.
struct Source(Mutex<String>);

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();
    let names = cache.region("users.names");
    let source = Source(Mutex::new("Ada".to_owned()));

    // A miss comes with the right to fill it.
    let miss = miss(&names).await?;
    let name = source.read();
    assert!(miss.fill(&name).await?);
    assert!(matches!(names.lookup("7").await?, Lookup::Hit::<String>(name) if name == "Ada"));
    println!("filled, and found again");

    // The trouble: the value is read, then changed and invalidated, and then the old one is stored.
    names.invalidate().await?;
    let old = source.read();
    source.write("Countess of Lovelace");
    names.invalidate().await?;
    names.set("7", &old).await?;
    println!("get, compute, set: the cache says {:?}", names.get::<String>("7").await?);
    assert_ne!(names.get::<String>("7").await?, Some(source.read()));

    // The same with lookup and fill: the lookup noted how things stood, and the fill is refused.
    names.invalidate().await?;
    source.write("Ada");
    let miss = self::miss(&names).await?;
    let old = source.read();
    source.write("Countess of Lovelace");
    names.invalidate().await?;
    assert!(!miss.fill(&old).await?);
    println!(
        "lookup, compute, fill: refused, the cache says {:?}",
        names.get::<String>("7").await?
    );
    assert_eq!(names.get::<String>("7").await?, None);

    // A change of the key alone has the same effect: what was set is not overwritten by what was
    // computed before.
    let miss = self::miss(&names).await?;
    let old = "computed before".to_owned();
    names.set("7", &source.read()).await?;
    assert!(!miss.fill(&old).await?);
    assert_eq!(names.get::<String>("7").await?, Some(source.read()));

    // Nobody waits: of several who miss at once, each may compute, and one fills.
    names.remove("7").await?;
    let (one, other) = (self::miss(&names).await?, self::miss(&names).await?);
    let filled = [one.fill(&source.read()).await?, other.fill(&source.read()).await?];
    println!("two who missed at once: {filled:?} were stored");
    assert_eq!(filled.iter().filter(|stored| **stored).count(), 1);

    cache.shutdown().await;
    Ok(())
}

async fn miss(names: &Region) -> Result<Miss<String>> {
    match names.lookup("7").await? {
        Lookup::Hit(name) => panic!("{name} is still there"),
        Lookup::Miss(miss) => Ok(miss),
    }
}

impl Source {
    fn read(&self) -> String {
        self.0.lock().map(|name| name.clone()).unwrap_or_default()
    }

    fn write(&self, name: &str) {
        if let Ok(mut held) = self.0.lock() {
            name.clone_into(&mut held);
        }
    }
}
