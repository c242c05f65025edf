//! Codecs: how values become bytes, chosen for a cache, a region or an entry, and one of your own.
//!
//! Run with: `cargo run --example codecs`

use std::io::Write;

use region_cache::codec::{Bincode, Codec, Decode, Encode, Json, MessagePack};
use region_cache::{BoxError, Cache, EntryOptions, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    sensor: String,
    values: Vec<f64>,
}

/// Bincode writes this, but cannot read it: which variant it is, only the shape of the data tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Broken(f64),
}

/// JSON as hexadecimal digits, for a store that is looked at by tools that break on anything else.
#[derive(Debug)]
struct Hex;

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();
    let samples = cache.region("samples");
    let sample = Sample { sensor: "roof".to_owned(), values: vec![0.5, 1.5, 2.5] };

    // MessagePack is the default; a region can have another, and so can one entry.
    samples.set("1", &sample).await?;
    samples.with(|o| o.codec(Json)).set("2", &sample).await?;
    samples.set_with("3", &sample, EntryOptions::new().codec(Bincode)).await?;
    samples.with(|o| o.codec(Hex)).set("4", &sample).await?;

    // A stored value names its codec: readers need no option.
    for key in ["1", "2", "3"] {
        assert_eq!(samples.get::<Sample>(key).await?.as_ref(), Some(&sample));
    }
    // Except for a codec of one's own, which a reader must know. To others the entry is a miss.
    assert_eq!(samples.with(|o| o.codec(Hex)).get::<Sample>("4").await?, Some(sample.clone()));
    assert_eq!(samples.get::<Sample>("4").await?, None);

    let codecs: [&dyn Codec; 4] = [&MessagePack, &Json, &Bincode, &Hex];
    for codec in codecs {
        let mut bytes = Vec::new();
        codec.encode(Encode::new(&sample), &mut bytes).map_err(region_cache::Error::other)?;
        let shown = bytes.escape_ascii().to_string().replace("\\\"", "\"");
        println!("{:<12} {:>2} bytes  {shown}", codec.name(), bytes.len());
    }

    // What a codec cannot read back is refused before it is stored, not found out by the next
    // reader.
    let numbers = cache.region("numbers");
    numbers.set("1", &Number::Whole(7)).await?;
    assert_eq!(numbers.get("1").await?, Some(Number::Whole(7)));
    let bincode = numbers.with(|o| o.codec(Bincode));
    let refused = bincode.set("2", &Number::Broken(7.5)).await.expect_err("bincode cannot");
    println!("refused: {refused}");
    assert!(refused.is_encode());
    assert!(!numbers.contains("2").await?);

    cache.shutdown().await;
    Ok(())
}

impl Codec for Hex {
    fn id(&self) -> u8 {
        128
    }

    fn name(&self) -> &'static str {
        "hex"
    }

    fn is_self_describing(&self) -> bool {
        true
    }

    fn encode(&self, value: Encode<'_>, into: &mut dyn Write) -> Result<(), BoxError> {
        let mut json = Vec::new();
        Json.encode(value, &mut json)?;
        for byte in json {
            write!(into, "{byte:02x}")?;
        }
        Ok(())
    }

    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
        let digits = std::str::from_utf8(bytes)?;
        let byte = |pair: &[u8]| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
        let json = digits.as_bytes().chunks(2).map(byte).collect::<Result<Vec<u8>, BoxError>>()?;
        Json.decode(&json, into)
    }
}
