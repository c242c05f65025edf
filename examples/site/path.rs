//! Where a folder or a page lies below the root, as a list of names.

use std::fmt;
use std::path::{Path, PathBuf};

/// A folder below the root, as the names that lead to it; the root itself has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FolderPath(Vec<String>);

/// A page: the folder that it lies in, and its file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PagePath {
    /// The folder that holds the file.
    pub(crate) folder: FolderPath,
    /// The file's name, `x.md`.
    pub(crate) name: String,
}

impl FolderPath {
    /// The folder of these names.
    pub(crate) const fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The names from the root down.
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// True for the root.
    pub(crate) const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder called `name` in this one.
    pub(crate) fn join(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Self(names)
    }

    /// This folder, the one above it, and so on up to the root.
    pub(crate) fn upwards(&self) -> impl Iterator<Item = Self> + '_ {
        (0..=self.0.len()).rev().map(|length| Self(self.0.iter().take(length).cloned().collect()))
    }

    /// True for this folder itself and for everything beneath it.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Where it lies on the disk.
    pub(crate) fn on_disk(&self, root: &Path) -> PathBuf {
        let mut path = root.to_owned();
        path.extend(&self.0);
        path
    }
}

impl PagePath {
    /// The page called `name` in `folder`.
    pub(crate) fn new(folder: FolderPath, name: impl Into<String>) -> Self {
        Self { folder, name: name.into() }
    }

    /// Where it lies on the disk.
    pub(crate) fn on_disk(&self, root: &Path) -> PathBuf {
        self.folder.on_disk(root).join(&self.name)
    }
}

/// `guide/advanced`, or `the whole site` for the root.
impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str("the whole site");
        }
        f.write_str(&printable(&self.0.join("/")))
    }
}

/// `guide/advanced/x.md`.
impl fmt::Display for PagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.folder.is_root() {
            write!(f, "{}/", self.folder)?;
        }
        f.write_str(&printable(&self.name))
    }
}

/// A name as it may be printed: a file's name can hold anything, also what moves a terminal's
/// cursor.
pub(crate) fn printable(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The folder written as `a/b/c`.
    pub(crate) fn folder(text: &str) -> FolderPath {
        FolderPath::new(
            text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        )
    }

    /// The page written as `a/b/c.md`.
    pub(crate) fn page(text: &str) -> PagePath {
        let (above, name) = text.rsplit_once('/').unwrap_or(("", text));
        PagePath::new(folder(above), name)
    }

    #[test]
    fn a_folder_holds_itself_and_what_is_beneath_it_but_no_namesake() {
        assert!(folder("guide").holds(&folder("guide")));
        assert!(folder("guide").holds(&folder("guide/advanced")));
        assert!(folder("").holds(&folder("guide")));
        assert!(!folder("guide").holds(&folder("guides")));
        assert!(!folder("guide/advanced").holds(&folder("guide")));
    }

    #[test]
    fn upwards_ends_at_the_root() {
        let seen: Vec<_> = folder("a/b").upwards().collect();
        assert_eq!(seen, [folder("a/b"), folder("a"), folder("")]);
    }

    #[test]
    fn a_name_cannot_speak_to_the_terminal() {
        assert_eq!(page("a/\u{1b}[2Jx.md").to_string(), "a/\\u{1b}[2Jx.md");
    }
}
