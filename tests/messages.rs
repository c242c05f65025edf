//! The corpus of the fuzz target, replayed; and messages that are nearly right.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use region_cache_testkit::messages::check;

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/message");
    let files = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn the_corpus_of_the_fuzz_target_only_causes_misses() {
    let corpus = corpus();
    assert!(corpus.len() >= 20, "the corpus has {} files", corpus.len());
    for message in &corpus {
        check(message);
    }
}

/// In the way that is worst for whoever unpacks it: each level of an array in an array takes room on
/// the stack.
#[test]
fn a_message_may_be_as_deep_as_it_likes() {
    for piece in [&b"\x91"[..], b"\x81\xa1a", b"[", b"{\"a\":"] {
        for many in [100, 1_000, 1_023, 1_024, 1_025, 20_000] {
            check(&piece.repeat(many));
        }
    }
    check(&[&br#"{"region-cache":1,"payload":"#[..], &b"[".repeat(20_000)].concat());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_with_a_few_bytes_changed_only_cause_misses(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in 0usize..4,
        is_signed in any::<bool>(),
    ) {
        let mut message = which.get(&corpus()).clone();
        for (at, byte) in changes {
            if !message.is_empty() {
                *at.get_mut(&mut message) = byte;
            }
        }
        message.truncate(message.len().saturating_sub(cut));
        if is_signed {
            message.splice(..0, b"{\"region-cache\":1,".iter().copied());
        }
        check(&message);
    }
}
