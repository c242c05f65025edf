//! What an event of the watcher means for the cache.
//!
//! Whatever is unsure drops more, never less: a page that is rendered once too often costs a
//! millisecond, a stale one stays until it expires.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind};

use crate::folder::{LAYOUT, Root, is_page, is_skipped};
use crate::path::FolderPath;

/// What an event means for the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Pages of this folder, or of those beneath it, are not what they were.
    In(FolderPath),
    /// There is a folder that may not be watched yet.
    NewFolder(PathBuf),
    /// Something was missed, nobody knows what.
    Lost,
    /// The watched folder itself is no longer where it was.
    Gone,
}

/// What an event means. A new folder comes first: they may be taken up one by one, and it must be watched before
/// anything is dropped, or a page saved in between would be missed. Reading a page is an event too: without leaving those out, every page would
/// drop itself.
pub(crate) fn changes(root: &Root, event: notify::Result<Event>) -> Vec<Change> {
    let Ok(event) = event else {
        return vec![Change::Lost];
    };
    if event.need_rescan() {
        return vec![Change::Lost];
    }
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return Vec::new(),
        _ if event.paths.is_empty() => return vec![Change::Lost],
        _ => {}
    }
    event.paths.iter().flat_map(|path| change_at(root, path, event.kind)).collect()
}

/// The folders in which something changed, without those that lie beneath another one of them.
pub(crate) fn outermost(batch: &[Change]) -> Vec<FolderPath> {
    let folders: BTreeSet<_> = batch
        .iter()
        .filter_map(|change| match change {
            Change::In(folder) => Some(folder.clone()),
            Change::Lost | Change::Gone => Some(FolderPath::default()),
            Change::NewFolder(_) => None,
        })
        .collect();
    let mut outermost: Vec<FolderPath> = Vec::new();
    // Sorted, a folder comes right before everything beneath it.
    for folder in folders {
        if !outermost.last().is_some_and(|last| last.holds(&folder)) {
            outermost.push(folder);
        }
    }
    outermost
}

fn change_at(root: &Root, path: &Path, kind: EventKind) -> Vec<Change> {
    let Ok(below) = path.strip_prefix(root.path()) else {
        return vec![Change::Lost];
    };
    if below.components().any(|component| is_skipped(component.as_os_str())) {
        return Vec::new();
    }
    let renamed = matches!(kind, EventKind::Modify(ModifyKind::Name(_)));
    if below.as_os_str().is_empty() {
        let gone = renamed || matches!(kind, EventKind::Remove(_));
        return vec![if gone { Change::Gone } else { Change::In(FolderPath::default()) }];
    }
    let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let modified = matches!(kind, EventKind::Modify(_) | EventKind::Access(_)) && !renamed;
    if modified && is_folder {
        // Perhaps its permissions, and it can be watched only now.
        return vec![Change::NewFolder(path.to_owned()), Change::In(nearest(below))];
    }
    let name = below.file_name().unwrap_or_default();
    if modified && !is_page(name) && name != LAYOUT {
        return Vec::new();
    }
    // A page, a layout, or something that has come or gone and may have been a folder: the folder
    // around it is dropped, and with it everything beneath, and the list of what it holds.
    let around = Change::In(below.parent().map(nearest).unwrap_or_default());
    if is_folder { vec![Change::NewFolder(path.to_owned()), around] } else { vec![around] }
}

/// The folder, or the nearest one above it whose names can all be in a region's path.
fn nearest(below: &Path) -> FolderPath {
    FolderPath::new(below.iter().map_while(|name| name.to_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RemoveKind, RenameMode};

    use super::*;
    use crate::folder::tests::folder_with;
    use crate::path::tests::folder;

    const SAVED: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const REMOVED: EventKind = EventKind::Remove(RemoveKind::Any);
    const RENAMED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));

    /// What an event of this kind at this path means, in a folder with a page, a layout and a
    /// picture.
    fn meaning(kind: EventKind, path: &str) -> Vec<Change> {
        let temporary = folder_with(&[("a/b/x.md", ""), ("a/_layout.html", ""), ("a/p.png", "")]);
        let root = Root::open(temporary.path()).expect("a folder");
        let mut changes = changes(&root, Ok(Event::new(kind).add_path(root.path().join(path))));
        for change in &mut changes {
            if let Change::NewFolder(path) = change {
                *path = path.strip_prefix(root.path()).expect("a path inside").to_owned();
            }
        }
        changes
    }

    fn within(text: &str) -> Vec<Change> {
        vec![Change::In(folder(text))]
    }

    #[test]
    fn a_saved_page_or_layout_is_a_change_in_its_folder() {
        assert_eq!(meaning(SAVED, "a/b/x.md"), within("a/b"));
        assert_eq!(meaning(SAVED, "a/_layout.html"), within("a"));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(meaning(closed, "a/b/x.md"), within("a/b"));
        assert_eq!(meaning(EventKind::Any, "a/b/x.md"), within("a/b"));
    }

    #[test]
    fn reading_changes_nothing_and_neither_does_what_is_no_page() {
        for access in [AccessKind::Open(AccessMode::Any), AccessKind::Read, AccessKind::Any] {
            assert_eq!(meaning(EventKind::Access(access), "a/b/x.md"), []);
        }
        assert_eq!(meaning(SAVED, "a/p.png"), []);
        for hidden in [".git/x.md", "a/.x.md.swp", "target/doc/x.md"] {
            assert_eq!(meaning(REMOVED, hidden), []);
        }
    }

    #[test]
    fn what_came_or_went_may_have_been_a_folder() {
        assert_eq!(meaning(REMOVED, "a/gone"), within("a"));
        assert_eq!(meaning(RENAMED, "a/gone"), within("a"));
        assert_eq!(meaning(REMOVED, "gone.md"), within(""));
        let made = EventKind::Create(CreateKind::Folder);
        assert_eq!(
            meaning(made, "a/b"),
            [Change::NewFolder("a/b".into()), Change::In(folder("a"))]
        );
        let permitted = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
        assert_eq!(
            meaning(permitted, "a/b"),
            [Change::NewFolder("a/b".into()), Change::In(folder("a/b"))]
        );
    }

    #[test]
    fn the_end_of_the_folder_itself_is_told_apart() {
        assert_eq!(meaning(REMOVED, ""), [Change::Gone]);
        assert_eq!(meaning(RENAMED, ""), [Change::Gone]);
        assert_eq!(meaning(SAVED, ""), within(""));
    }

    #[test]
    fn what_is_missed_or_not_understood_may_be_anything() {
        let temporary = folder_with(&[]);
        let root = Root::open(temporary.path()).expect("a folder");
        let rescan = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(changes(&root, Ok(rescan)), [Change::Lost]);
        assert_eq!(changes(&root, Ok(Event::new(EventKind::Other))), [Change::Lost]);
        assert_eq!(changes(&root, Err(notify::Error::generic("?"))), [Change::Lost]);
        let elsewhere = Event::new(SAVED).add_path("/elsewhere".into());
        assert_eq!(changes(&root, Ok(elsewhere)), [Change::Lost]);
    }

    #[test]
    fn what_lies_beneath_another_is_not_invalidated_twice() {
        let batch = ["b", "a/b/c", "a", "a-b", "a/b", "b"].map(|text| Change::In(folder(text)));
        assert_eq!(outermost(&batch), [folder("a"), folder("a-b"), folder("b")]);
        assert_eq!(outermost(&[Change::In(folder("a")), Change::Lost]), [folder("")]);
    }
}
