//! The folder of Markdown: what is a page, what is passed over, and the promise never to leave it.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::path::{FolderPath, PagePath, printable};

/// The file that shapes every page of its folder and of the folders beneath it.
pub(crate) const LAYOUT: &str = "_layout.html";

/// An existing folder, by the path that holds no links.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
}

/// What a walk through the folder found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The pages, sorted.
    pub(crate) pages: Vec<PagePath>,
    /// One sentence for everything that looks like a page or a folder of pages and cannot be used.
    pub(crate) skipped: Vec<String>,
}

/// What one folder holds, sorted; links are left out (see [`Root::walk`]).
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The names of the folders in it.
    pub(crate) folders: Vec<String>,
    /// The names of the pages in it.
    pub(crate) pages: Vec<String>,
    /// As in [`Found`].
    pub(crate) skipped: Vec<String>,
}

impl Root {
    /// Opens the folder; `Err` is a sentence that says why it cannot be used.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let shown = printable(&path.to_string_lossy());
        let path = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("There is no folder {shown}."),
            _ => format!("The folder {shown} cannot be opened: {error}."),
        })?;
        if !path.is_dir() {
            return Err(format!("{shown} is not a folder."));
        }
        Ok(Self { path })
    }

    /// The folder's path, free of links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Every page beneath the folder.
    ///
    /// Links are not followed. One that stays inside the folder is only a second name of what is
    /// found without it, and a circle of links would never end. One that leads out is reported.
    pub(crate) fn walk(&self) -> Found {
        let mut found = Found::default();
        let mut ahead = vec![FolderPath::default()];
        while let Some(folder) = ahead.pop() {
            match self.entries(&folder) {
                Ok(entries) => {
                    found.skipped.extend(entries.skipped);
                    ahead.extend(entries.folders.iter().map(|name| folder.join(name)));
                    found.pages.extend(
                        entries.pages.into_iter().map(|name| PagePath::new(folder.clone(), name)),
                    );
                }
                Err(error) => found.skipped.push(format!("{folder} cannot be listed: {error}.")),
            }
        }
        found.pages.sort();
        found.skipped.sort();
        found
    }

    /// What one folder holds.
    pub(crate) fn entries(&self, folder: &FolderPath) -> io::Result<Entries> {
        let mut entries = Entries::default();
        for entry in fs::read_dir(folder.on_disk(&self.path))? {
            self.sort_in(&entry?, folder, &mut entries)?;
        }
        entries.folders.sort();
        entries.pages.sort();
        Ok(entries)
    }

    /// Reads a file of the folder as text. `shown` is its name in the sentence that says why it
    /// cannot be.
    ///
    /// The path is looked at again just before it is read, because it may have become a link since
    /// it was found. It must be a plain file, because reading a pipe would wait for ever; and the
    /// folder around it must be one that can be listed, because no other can be watched.
    pub(crate) fn read(&self, path: &Path, shown: &str) -> Result<String, String> {
        let unreadable = |error: io::Error| format!("{shown} cannot be read: {error}.");
        if path.canonicalize().map_err(unreadable)? != path {
            return Err(format!("{shown} is reached through a link."));
        }
        if !path.metadata().map_err(unreadable)?.is_file() {
            return Err(format!("{shown} is not a plain file."));
        }
        fs::read_dir(path.parent().unwrap_or(&self.path)).map_err(unreadable)?;
        let bytes = fs::read(path).map_err(unreadable)?;
        String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8."))
    }

    fn sort_in(
        &self,
        entry: &DirEntry,
        folder: &FolderPath,
        entries: &mut Entries,
    ) -> io::Result<()> {
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            if !is_skipped(&name) && (kind.is_dir() || is_page(&name)) {
                let shown = PagePath::new(folder.clone(), name.to_string_lossy());
                entries.skipped.push(format!("{shown} has a name that is not UTF-8."));
            }
            return Ok(());
        };
        if is_skipped(name) {
            return Ok(());
        }
        if kind.is_symlink() {
            entries.skipped.extend(self.objection_to_link(&PagePath::new(folder.clone(), name)));
        } else if kind.is_dir() {
            entries.folders.push(name.to_owned());
        } else if is_page(name) {
            if kind.is_file() {
                entries.pages.push(name.to_owned());
            } else {
                let shown = PagePath::new(folder.clone(), name);
                entries.skipped.push(format!("{shown} is not a plain file."));
            }
        }
        Ok(())
    }

    fn objection_to_link(&self, link: &PagePath) -> Option<String> {
        match link.on_disk(&self.path).canonicalize() {
            Ok(target) if target.starts_with(&self.path) => None,
            Ok(target) if is_page(&link.name) || target.is_dir() => {
                Some(format!("{link} is a link that leads out of the folder."))
            }
            Err(_) if is_page(&link.name) => Some(format!("{link} is a link that leads nowhere.")),
            Ok(_) | Err(_) => None,
        }
    }
}

/// True for the names that are passed over wherever they stand: hidden ones, and what build tools
/// unpack and produce.
pub(crate) fn is_skipped(name: impl AsRef<OsStr>) -> bool {
    let name = name.as_ref();
    name.as_encoded_bytes().starts_with(b".") || name == "target" || name == "node_modules"
}

/// True for `*.md`, in any case.
pub(crate) fn is_page(name: impl AsRef<OsStr>) -> bool {
    let name = Path::new(name.as_ref());
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

#[cfg(test)]
pub(crate) mod tests;
