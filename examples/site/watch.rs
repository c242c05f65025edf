//! Seeing what happens in the folder, and dropping from the cache what it makes old.
//!
//! What the system does not tell is not seen: a file that is changed through a hard link outside
//! the folder, or by another machine that shares the disk.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher, WatcherKind};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::blocking::blocking;
use crate::change::{Change, changes, outermost};
use crate::folder::{Root, is_skipped};
use crate::path::FolderPath;
use crate::report::{complain, count, say};
use crate::site::Site;

/// A watched folder. Events gather from the moment it exists; [`Watch::run`] acts on them.
#[derive(Debug)]
pub(crate) struct Watch {
    root: Arc<Root>,
    watcher: RecommendedWatcher,
    sender: UnboundedSender<Change>,
    changes: UnboundedReceiver<Change>,
}

impl Watch {
    /// Begins to watch; `Err` is a sentence that says why it cannot.
    pub(crate) fn begin(root: &Arc<Root>) -> Result<Self, String> {
        let (sender, changes) = unbounded_channel();
        let watcher = watcher(root, &sender)?;
        Ok(Self { root: Arc::clone(root), watcher, sender, changes })
    }

    /// Invalidates the region of every folder in which something changes. Ends only with a sentence
    /// that says why the folder can be watched no longer: from then on pages would be stale.
    pub(crate) async fn run(mut self, site: &Site) -> Result<Infallible, String> {
        loop {
            let mut batch = Vec::new();
            if self.changes.recv_many(&mut batch, MOST_AT_ONCE).await == 0 {
                return Err("The watcher has ended.".to_owned());
            }
            if batch.contains(&Change::Gone) {
                return Err(
                    "The folder was moved or removed; there is nothing left to serve.".to_owned()
                );
            }
            // Watch first, invalidate then: what happened in a new folder before it was watched is
            // dropped with it.
            self = self.follow(batch.clone()).await?;
            for folder in outermost(&batch) {
                invalidate(site, &folder).await;
            }
        }
    }

    /// Sees to it that every folder is watched.
    async fn follow(mut self, batch: Vec<Change>) -> Result<Self, String> {
        let is_about_folders =
            |change: &Change| matches!(change, Change::NewFolder(_) | Change::Lost);
        if !batch.iter().any(is_about_folders) {
            return Ok(self);
        }
        let followed = blocking(move || {
            if batch.contains(&Change::Lost) {
                // New folders may have been missed too: only a new watcher is sure to know them
                // all.
                self.watcher = watcher(&self.root, &self.sender)?;
                return Ok(self);
            }
            for change in batch {
                if let Change::NewFolder(path) = change {
                    watch_below(&mut self.watcher, &path)?;
                }
            }
            Ok(self)
        });
        followed.await.unwrap_or_else(|| Err("The watcher has ended.".to_owned()))
    }
}

async fn invalidate(site: &Site, folder: &FolderPath) {
    let region = site.region(folder);
    let freed = match region.invalidate().await {
        Ok(invalidated) => invalidated.freed().await,
        // Too deep to be a region: then it holds no page either.
        Err(error) if error.is_invalid_name() => return,
        Err(error) => Err(error),
    };
    match freed {
        // One save is often several events; the later ones find nothing to drop.
        Ok(0) => {}
        Ok(regions) => {
            say(format_args!("{region} invalidated: {} dropped", count(regions, "region")));
        }
        Err(error) => complain(format_args!("{region} could not be invalidated: {error}.")),
    }
}

fn watcher(
    root: &Arc<Root>,
    sender: &UnboundedSender<Change>,
) -> Result<RecommendedWatcher, String> {
    let (watched, sender) = (Arc::clone(root), sender.clone());
    let handler = move |event| {
        for change in changes(&watched, event) {
            // Nobody listens any more only when the server is ending.
            let _ = sender.send(change);
        }
    };
    let mut watcher = notify::recommended_watcher(handler).map_err(|error| unwatchable(&error))?;
    if one_by_one() {
        watch_below(&mut watcher, root.path())?;
    } else {
        watcher
            .watch(root.path(), RecursiveMode::Recursive)
            .map_err(|error| unwatchable(&error))?;
    }
    Ok(watcher)
}

/// Watches a folder and those beneath it.
///
/// Each is watched before it is listed: a folder made in between is seen by the watch, an earlier
/// one in the list. By ourselves and not by the watcher's own recursion, which does not tell when
/// it is done with a new folder (a page saved before that would be missed), and would also watch
/// everything that is passed over.
fn watch_below(watcher: &mut RecommendedWatcher, folder: &Path) -> Result<(), String> {
    if !one_by_one() {
        return Ok(());
    }
    let mut ahead = vec![folder.to_owned()];
    while let Some(folder) = ahead.pop() {
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            // One that went away meanwhile needs no watch, even if it is back already: its coming
            // back is an event of the folder above. One that we may not list has no pages for us:
            // see `Root::read`.
            if folder.is_dir() && !is_gone(&error) && !is_denied(&error) {
                return Err(unwatchable(&error));
            }
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !is_skipped(entry.file_name()) {
                ahead.push(entry.path());
            }
        }
    }
    Ok(())
}

/// True where the system watches folders one by one; elsewhere it watches whole trees.
fn one_by_one() -> bool {
    matches!(RecommendedWatcher::kind(), WatcherKind::Inotify)
}

fn is_gone(error: &notify::Error) -> bool {
    matches!(&error.kind, ErrorKind::PathNotFound) || is_io(error, io::ErrorKind::NotFound)
}

fn is_denied(error: &notify::Error) -> bool {
    is_io(error, io::ErrorKind::PermissionDenied)
}

fn is_io(error: &notify::Error, kind: io::ErrorKind) -> bool {
    matches!(&error.kind, ErrorKind::Io(error) if error.kind() == kind)
}

fn unwatchable(error: &notify::Error) -> String {
    format!("The folder cannot be watched: {error}.")
}

const MOST_AT_ONCE: usize = 1000;
