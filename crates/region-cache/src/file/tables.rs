//! What the file is made of: tables, and the rows in them.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | name | number: the format, counts, the latest time |
//! | `links` | parent's number, name | number of the region |
//! | `nodes` | number | the region: see [`Node`] |
//! | `entries` | hold, key | version, how long it is kept as a stale one, envelope |
//! | `ages` | version | region's number, hold, key: the oldest first, for eviction |
//! | `due` | moment, version or number | nothing: what is to be swept out, and when |
//! | `limbo` | walk, hold or number | whether it is a region: what was cut off and is to be freed |
//! | `guards` | region, id | until when |
//! | `bindings` | namespace, binding | nothing |
//! | `journal` | namespace, position | entry |
//! | `undone` | namespace, id | entry |
//!
//! Numbers, versions and holds come from one counter and are never used again.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableHandle, WriteTransaction};

use crate::backend::Id;
use crate::time::Timestamp;

/// What the database below answers.
pub(super) type Stored<T> = Result<T, redb::Error>;

pub(super) type LinkKey = (u64, &'static str);
pub(super) type NodeRow = (u64, u64, u64, bool, u128, &'static str);
pub(super) type EntryKey = (u64, &'static [u8]);
pub(super) type EntryRow = (u64, u64, &'static [u8]);
pub(super) type AgeRow = (u64, u64, &'static [u8]);

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
pub(super) const LINKS: TableDefinition<'_, LinkKey, u64> = TableDefinition::new("links");
pub(super) const NODES: TableDefinition<'_, u64, NodeRow> = TableDefinition::new("nodes");
pub(super) const ENTRIES: TableDefinition<'_, EntryKey, EntryRow> = TableDefinition::new("entries");
pub(super) const AGES: TableDefinition<'_, u64, AgeRow> = TableDefinition::new("ages");
pub(super) const DUE: TableDefinition<'_, (u64, u64), ()> = TableDefinition::new("due");
pub(super) const LIMBO: TableDefinition<'_, (u128, u64), bool> = TableDefinition::new("limbo");
pub(super) const GUARDS: TableDefinition<'_, (&str, u128), u64> = TableDefinition::new("guards");
pub(super) const BINDINGS: TableDefinition<'_, (&str, &str), ()> = TableDefinition::new("bindings");
pub(super) const JOURNAL: TableDefinition<'_, (&str, u64), &str> = TableDefinition::new("journal");
pub(super) const UNDONE: TableDefinition<'_, (&str, u128), &str> = TableDefinition::new("undone");

/// A region that stands, or was cut off and is still to be freed.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: u64,
    /// [`TOP`] for a namespace, [`CUT`] for what was cut off.
    pub(super) parent: u64,
    /// Under which its entries are: another one after the region as a whole has ended.
    pub(super) hold: u64,
    /// When the region as a whole ends, where its writers set a time to live.
    pub(super) ends: Option<Timestamp>,
    /// Whether its entries are evicted together.
    pub(super) is_whole: bool,
    pub(super) fence: Id,
    /// Empty for a namespace.
    pub(super) name: String,
}

impl Node {
    pub(super) fn read(id: u64, row: (u64, u64, u64, bool, u128, &str)) -> Self {
        let (parent, hold, ends, is_whole, fence, name) = row;
        let ends = Some(Timestamp::from_millis(ends)).filter(|ends| ends.as_millis() > 0);
        Self { id, parent, hold, ends, is_whole, fence: id_of(fence), name: name.to_owned() }
    }

    pub(super) fn row(&self) -> (u64, u64, u64, bool, u128, &str) {
        let ends = self.ends.map_or(0, |ends| ends.as_millis().max(1));
        (self.parent, self.hold, ends, self.is_whole, number_of(self.fence), &self.name)
    }

    /// Whether the region as a whole has ended.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    /// Whether this is a namespace, and so no region.
    pub(super) fn is_namespace(&self) -> bool {
        self.name.is_empty()
    }
}

/// The counts of the file, and what else is kept from one run to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meta {
    /// The last number, version or hold that was given out.
    pub(super) serial: u64,
    /// The latest time that was seen: time never goes back behind it.
    pub(super) time: u64,
    pub(super) entries: u64,
    pub(super) bytes: u64,
    pub(super) regions: u64,
    pub(super) evicted: u64,
}

impl Meta {
    pub(super) fn read(table: &impl ReadableTable<&'static str, u64>) -> Stored<Self> {
        let get = |name| Ok::<_, redb::Error>(table.get(name)?.map_or(0, |number| number.value()));
        Ok(Self {
            serial: get("serial")?,
            time: get("time")?,
            entries: get("entries")?,
            bytes: get("bytes")?,
            regions: get("regions")?,
            evicted: get("evicted")?,
        })
    }

    pub(super) fn write(&self, transaction: &WriteTransaction) -> Stored<()> {
        let mut table = transaction.open_table(META)?;
        for (name, number) in [
            ("serial", self.serial),
            ("time", self.time),
            ("entries", self.entries),
            ("bytes", self.bytes),
            ("regions", self.regions),
            ("evicted", self.evicted),
        ] {
            table.insert(name, number)?;
        }
        Ok(())
    }
}

/// Makes the tables of a new file.
pub(super) fn create(transaction: &WriteTransaction) -> Stored<()> {
    transaction.open_table(META)?.insert("format", FORMAT)?;
    transaction.open_table(LINKS)?;
    transaction.open_table(NODES)?;
    transaction.open_table(ENTRIES)?;
    transaction.open_table(AGES)?;
    transaction.open_table(DUE)?;
    transaction.open_table(LIMBO)?;
    transaction.open_table(GUARDS)?;
    transaction.open_table(BINDINGS)?;
    transaction.open_table(JOURNAL)?;
    transaction.open_table(UNDONE)?;
    Ok(())
}

/// Whose file this is.
pub(super) enum Owner {
    /// Nobody's yet: there is nothing in it.
    Nobody,
    /// Ours, with this format.
    Us(u64),
    /// Another program's.
    Another,
}

pub(super) fn owner(transaction: &ReadTransaction) -> Stored<Owner> {
    let names: Vec<String> =
        transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if names.is_empty() {
        return Ok(Owner::Nobody);
    }
    if !names.iter().any(|name| name == META.name())
        || !names.iter().any(|name| name == LINKS.name())
    {
        return Ok(Owner::Another);
    }
    match transaction.open_table(META) {
        Ok(meta) => Ok(meta.get("format")?.map_or(Owner::Another, |it| Owner::Us(it.value()))),
        Err(redb::TableError::TableTypeMismatch { .. }) => Ok(Owner::Another),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn id_of(number: u128) -> Id {
    Id::from_bytes(number.to_be_bytes())
}

pub(super) fn number_of(id: Id) -> u128 {
    u128::from_be_bytes(*id.as_bytes())
}

/// The number of the format that this version writes and reads.
pub(super) const FORMAT: u64 = 1;

/// The parent of namespaces.
pub(super) const TOP: u64 = 0;

/// The parent of what was cut off.
pub(super) const CUT: u64 = u64::MAX;
