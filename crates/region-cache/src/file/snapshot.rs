//! What readers see: the file as it was after the last change that was made.

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable};
use std::sync::Arc;

use super::tables::{
    BINDINGS, ENTRIES, EntryKey, EntryRow, JOURNAL, LINKS, LinkKey, NODES, NodeRow, Stored, UNDONE,
};
use super::tree::Tree;
use super::used::Used;

/// The tables at one moment. Readers share it and wait for nobody.
pub(super) struct Snapshot {
    links: ReadOnlyTable<LinkKey, u64>,
    nodes: ReadOnlyTable<u64, NodeRow>,
    entries: ReadOnlyTable<EntryKey, EntryRow>,
    pub(super) bindings: ReadOnlyTable<(&'static str, &'static str), ()>,
    pub(super) journal: ReadOnlyTable<(&'static str, u64), &'static str>,
    pub(super) undone: ReadOnlyTable<(&'static str, u128), &'static str>,
    used: Arc<Used>,
}

impl Snapshot {
    pub(super) fn take(database: &Database, used: Arc<Used>) -> Stored<Self> {
        let transaction = database.begin_read()?;
        Ok(Self {
            links: transaction.open_table(LINKS)?,
            nodes: transaction.open_table(NODES)?,
            entries: transaction.open_table(ENTRIES)?,
            bindings: transaction.open_table(BINDINGS)?,
            journal: transaction.open_table(JOURNAL)?,
            undone: transaction.open_table(UNDONE)?,
            used,
        })
    }
}

impl Tree for Snapshot {
    fn links(&self) -> &impl ReadableTable<LinkKey, u64> {
        &self.links
    }

    fn nodes(&self) -> &impl ReadableTable<u64, NodeRow> {
        &self.nodes
    }

    fn entries(&self) -> &impl ReadableTable<EntryKey, EntryRow> {
        &self.entries
    }

    fn used(&self, version: u64) {
        self.used.mark(version);
    }
}
