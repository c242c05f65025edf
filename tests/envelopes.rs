//! The fuzz target's corpus, replayed; and bytes that are nearly right.

use std::path::Path;

use proptest::prelude::*;
use region_cache_testkit::envelopes::check;

#[test]
fn the_corpus_of_the_fuzz_target_is_read_the_same_in_both_ways() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/envelope");
    let mut files = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        check(&std::fs::read(file.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 10, "the corpus in {} has {files} files", folder.display());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sound_envelopes_with_a_few_bytes_changed_are_read_the_same_in_both_ways(
        which in 0..SEEDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in 0usize..4,
    ) {
        let mut bytes = SEEDS[which].to_vec();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        bytes.truncate(bytes.len() - cut);
        check(&bytes);
    }
}

const SEEDS: [&[u8]; 6] = [
    include_bytes!("../crates/region-cache/fixtures/envelope-1/bincode.bin"),
    include_bytes!("../crates/region-cache/fixtures/envelope-1/integer.bin"),
    include_bytes!("../crates/region-cache/fixtures/envelope-1/json.bin"),
    include_bytes!("../crates/region-cache/fixtures/envelope-1/lz4.bin"),
    include_bytes!("../crates/region-cache/fixtures/envelope-1/message-pack.bin"),
    include_bytes!("../crates/region-cache/fixtures/envelope-1/schema.bin"),
];
