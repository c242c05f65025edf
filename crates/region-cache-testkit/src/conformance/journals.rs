//! The journal of signals, by which is found what was missed.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use region_cache::Result;
use region_cache::backend::{Bus, Id, Journal, Position};

use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! journals {
    ($fixture:ty) => {
        $crate::cases! { $fixture, journals:
            a_journal_without_entries_is_whole
            without_a_position_only_the_end_is_told
            entries_come_in_order_from_after_the_position
            everybodys_entries_are_in_it
            other_namespaces_have_their_own
            many_entries_come_in_parts_without_a_gap
            a_journal_that_was_cut_off_says_so
            a_position_that_nobody_has_written_is_not_whole
        }
    };
}

pub const SOURCE: &str = include_str!("journals.rs");

async fn write(bus: &Arc<dyn Bus>, world: &World, text: &str) -> Result<Position> {
    Ok(bus.open(world.namespace(), Id::random(), text).await?.position)
}

/// Many entries, in any order.
async fn write_many(bus: &Arc<dyn Bus>, world: &World, many: usize) -> Result<Vec<Position>> {
    let writes =
        (0..many).map(|number| async move { write(bus, world, &number.to_string()).await });
    let mut all: Vec<Position> = stream::iter(writes).buffered(100).try_collect().await?;
    all.sort_unstable();
    Ok(all)
}

pub async fn a_journal_without_entries_is_whole(world: &World) -> Case {
    let bus = world.backend().bus();
    let start = bus.journal(world.namespace(), None).await?;
    assert!(start.entries.is_empty() && start.is_whole && !start.has_more);
    let again = bus.journal(world.namespace(), Some(start.end)).await?;
    assert_eq!(again, start);
    let first = write(&bus, world, "first").await?;
    let journal = bus.journal(world.namespace(), Some(start.end)).await?;
    assert_eq!(journal.entries, [(first, "first".to_owned())]);
    assert!(journal.is_whole);
    Ok(())
}

pub async fn without_a_position_only_the_end_is_told(world: &World) -> Case {
    let bus = world.backend().bus();
    write(&bus, world, "first").await?;
    let end = write(&bus, world, "second").await?;
    let journal = bus.journal(world.namespace(), None).await?;
    assert_eq!(journal.undone.len(), 2);
    let told = Journal { undone: Vec::new(), ..journal };
    assert_eq!(told, Journal { end, is_whole: true, ..Journal::default() });
    Ok(())
}

pub async fn entries_come_in_order_from_after_the_position(world: &World) -> Case {
    let bus = world.backend().bus();
    let texts = ["a", "", "{\"c\":1}", "\u{1f980}\r\n\0"];
    let mut positions = Vec::new();
    for text in texts {
        positions.push(write(&bus, world, text).await?);
    }
    assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
    for (at, since) in positions.iter().enumerate() {
        let journal = bus.journal(world.namespace(), Some(*since)).await?;
        let found: Vec<&str> = journal.entries.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(found, texts[at + 1..]);
        assert_eq!(journal.end, positions[3]);
        assert!(journal.is_whole && !journal.has_more);
    }
    Ok(())
}

pub async fn everybodys_entries_are_in_it(world: &World) -> Case {
    let (here, there) = (world.backend().bus(), world.connect().await.bus());
    let start = write(&here, world, "start").await?;
    write(&there, world, "there").await?;
    write(&here, world, "here").await?;
    for bus in [&here, &there] {
        let journal = bus.journal(world.namespace(), Some(start)).await?;
        let found: Vec<&str> = journal.entries.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(found, ["there", "here"]);
    }
    Ok(())
}

pub async fn other_namespaces_have_their_own(world: &World) -> Case {
    let bus = world.backend().bus();
    let elsewhere = format!("{}-2", world.namespace());
    bus.open(&elsewhere, Id::random(), "elsewhere").await?;
    let start = bus.journal(world.namespace(), None).await?.end;
    assert_eq!(start, Position::default());
    assert_eq!(bus.journal(world.namespace(), Some(start)).await?.entries, []);
    Ok(())
}

pub async fn many_entries_come_in_parts_without_a_gap(world: &World) -> Case {
    let bus = world.backend().bus();
    let written = write_many(&bus, world, 2_001).await?;
    let (mut since, mut found) = (written[0], Vec::new());
    loop {
        let journal = bus.journal(world.namespace(), Some(since)).await?;
        assert!(journal.is_whole);
        assert!(!journal.has_more || !journal.entries.is_empty(), "it goes on");
        found.extend(journal.entries.iter().map(|(position, _)| *position));
        since = journal.end;
        if !journal.has_more {
            break;
        }
    }
    assert_eq!(found, written[1..]);
    assert_eq!(since, written[2_000]);
    Ok(())
}

/// Ten thousand entries are kept, and perhaps a few more.
pub async fn a_journal_that_was_cut_off_says_so(world: &World) -> Case {
    let bus = world.backend().bus();
    let empty = bus.journal(world.namespace(), None).await?.end;
    let written = write_many(&bus, world, 10_300).await?;
    for early in [empty, written[0], written[50]] {
        let journal = bus.journal(world.namespace(), Some(early)).await?;
        assert!(!journal.is_whole, "{early}");
        assert!(!journal.entries.is_empty());
    }
    for late in [written[300], written[10_000], written[10_299]] {
        assert!(bus.journal(world.namespace(), Some(late)).await?.is_whole, "{late}");
    }
    Ok(())
}

/// As after a failover to a replica that did not have the last entries: what was written there since
/// may stand before the position.
pub async fn a_position_that_nobody_has_written_is_not_whole(world: &World) -> Case {
    let bus = world.backend().bus();
    let last = write(&bus, world, "last").await?;
    let later = Position { major: last.major + 1_000_000, minor: last.minor };
    let journal = bus.journal(world.namespace(), Some(later)).await?;
    assert!(!journal.is_whole);
    assert_eq!(journal.end, last);
    Ok(())
}
