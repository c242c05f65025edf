//! The bus within this process, with bindings and a journal that outlive it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use redb::ReadableTable;

use super::shared::Shared;
use super::tables::{Stored, id_of, number_of};
use super::visit::Visit;
use crate::backend::Id;
use crate::bus::{Bus, Claimed, Interest, Journal, News, Opened, Position, Topic};
use crate::error::Result;

/// What caches on the same file tell each other.
pub(super) struct FileBus {
    pub(super) shared: Arc<Shared>,
}

impl Visit<'_> {
    fn open_entry(&mut self, namespace: &str, id: Id, entry: &str) -> Stored<Opened> {
        self.is_changed = true;
        let end = end(&self.journal, namespace)? + 1;
        self.journal.insert((namespace, end), entry)?;
        self.journal
            .retain_in((namespace, 0)..(namespace, end.saturating_sub(KEPT - 1)), |_, _| false)?;
        self.undone.insert((namespace, number_of(id)), entry)?;
        self.control.lock().touched.insert((namespace.to_owned(), id), self.now);
        let bindings = bindings(&self.bindings, namespace)?;
        Ok(Opened { position: position(end), bindings })
    }
}

#[async_trait]
impl Bus for FileBus {
    async fn publish(&self, namespace: &str, topic: &Topic, message: &[u8]) -> Result<u64> {
        Ok(self.shared.messages.send(namespace, topic, message))
    }

    fn subscribe(&self, namespace: &str, interest: Interest) -> BoxStream<'static, News> {
        self.shared.messages.subscribe(namespace, interest)
    }

    async fn bind(&self, namespace: &str, binding: &str) -> Result<()> {
        let (namespace, binding) = (namespace.to_owned(), binding.to_owned());
        let bind = self.shared.ask(false, move |visit| {
            let is_new =
                visit.bindings.insert((namespace.as_str(), binding.as_str()), ())?.is_none();
            visit.is_changed |= is_new;
            Ok(())
        });
        bind.await
    }

    async fn unbind(&self, namespace: &str, binding: &str) -> Result<bool> {
        let (namespace, binding) = (namespace.to_owned(), binding.to_owned());
        let unbind = self.shared.ask(false, move |visit| {
            let was_there =
                visit.bindings.remove((namespace.as_str(), binding.as_str()))?.is_some();
            visit.is_changed |= was_there;
            Ok(was_there)
        });
        unbind.await
    }

    async fn bindings(&self, namespace: &str) -> Result<Vec<String>> {
        self.shared.ready().await?;
        self.shared.look(|snapshot| bindings(&snapshot.bindings, namespace))
    }

    async fn open(&self, namespace: &str, id: Id, entry: &str) -> Result<Opened> {
        let (namespace, entry) = (namespace.to_owned(), entry.to_owned());
        self.shared.ask(false, move |visit| visit.open_entry(&namespace, id, &entry)).await
    }

    async fn adopt(
        &self,
        namespace: &str,
        digest: Id,
        window: Duration,
        id: Id,
        entry: &str,
    ) -> Result<Option<Opened>> {
        let (namespace, entry) = (namespace.to_owned(), entry.to_owned());
        let adopt = self.shared.ask(false, move |visit| {
            let now = visit.now;
            {
                let mut control = visit.control.lock();
                control.adopted.retain(|_, until| now < *until);
                let adopted = (namespace.clone(), digest);
                if control.adopted.contains_key(&adopted) {
                    return Ok(None);
                }
                control.adopted.insert(adopted, now.saturating_add(window));
            }
            visit.open_entry(&namespace, id, &entry).map(Some)
        });
        adopt.await
    }

    async fn close(&self, namespace: &str, id: Id, topic: &Topic, message: &[u8]) -> Result<u64> {
        let (namespace, topic, message) = (namespace.to_owned(), topic.clone(), message.to_vec());
        let shared = Arc::clone(&self.shared);
        // Soft: an entry that is not done after a power failure is done once more.
        let close = self.shared.ask(true, move |visit| {
            visit.is_changed = true;
            visit.undone.remove((namespace.as_str(), number_of(id)))?;
            visit.control.lock().touched.remove(&(namespace.clone(), id));
            Ok(shared.messages.send(&namespace, &topic, &message))
        });
        close.await
    }

    async fn claim(&self, namespace: &str, idle: Duration) -> Result<Option<Claimed>> {
        self.shared.ready().await?;
        let mut control = self.shared.control.lock();
        let now = self.shared.now();
        let claimed = self.shared.look(|snapshot| {
            for row in undone(&snapshot.undone, namespace)? {
                let (id, entry) = row?;
                // Who was at work on one that is older than this process is no more.
                let touched = control.touched.get(&(namespace.to_owned(), id));
                if touched.is_none_or(|touched| now.since(*touched) >= idle) {
                    let bindings = bindings(&snapshot.bindings, namespace)?;
                    return Ok(Some(Claimed { id, entry, bindings }));
                }
            }
            Ok(None)
        })?;
        if let Some(claimed) = &claimed {
            control.touched.insert((namespace.to_owned(), claimed.id), now);
        }
        Ok(claimed)
    }

    async fn journal(&self, namespace: &str, since: Option<Position>) -> Result<Journal> {
        self.shared.ready().await?;
        self.shared.look(|snapshot| {
            let end = position(end(&snapshot.journal, namespace)?);
            let undone = undone(&snapshot.undone, namespace)?.map(|row| row.map(|(id, _)| id));
            let undone = undone.collect::<Stored<Vec<_>>>()?;
            let Some(since) = since else {
                return Ok(Journal { end, undone, is_whole: true, ..Journal::default() });
            };
            let rows =
                |from: u64| snapshot.journal.range((namespace, from)..=(namespace, u64::MAX));
            let first = rows(0)?.next().transpose()?.map(|(key, _)| key.value().1);
            let mut entries = Vec::new();
            for row in rows(since.minor.saturating_add(1))? {
                let (key, entry) = row?;
                entries.push((position(key.value().1), entry.value().to_owned()));
            }
            let is_whole =
                since == end || since < end && first.is_some_and(|first| first <= since.minor + 1);
            Ok(Journal { entries, end, undone, is_whole, has_more: false })
        })
    }
}

impl fmt::Debug for FileBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBus").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

fn bindings(
    table: &impl ReadableTable<(&'static str, &'static str), ()>,
    namespace: &str,
) -> Stored<Vec<String>> {
    let mut bindings = Vec::new();
    for row in table.range((namespace, "")..)? {
        let (key, _) = row?;
        if key.value().0 != namespace {
            break;
        }
        bindings.push(key.value().1.to_owned());
    }
    Ok(bindings)
}

/// The entries of a namespace that are not done.
fn undone<'t, T: ReadableTable<(&'static str, u128), &'static str>>(
    table: &'t T,
    namespace: &str,
) -> Stored<impl Iterator<Item = Stored<(Id, String)>> + use<'t, T>> {
    let rows = table.range((namespace, 0)..=(namespace, u128::MAX))?;
    Ok(rows.map(|row| {
        let (key, entry) = row?;
        Ok((id_of(key.value().1), entry.value().to_owned()))
    }))
}

/// Where the journal of a namespace ends.
fn end(
    table: &impl ReadableTable<(&'static str, u64), &'static str>,
    namespace: &str,
) -> Stored<u64> {
    let last = table.range((namespace, 0)..=(namespace, u64::MAX))?.next_back().transpose()?;
    Ok(last.map_or(0, |(key, _)| key.value().1))
}

fn position(minor: u64) -> Position {
    Position { major: 0, minor }
}

/// How many journal entries are kept.
const KEPT: u64 = 10_000;
