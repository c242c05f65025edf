//! From what a request asks for to a page or a folder, and never out of the folder.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::folder::{Root, is_page, is_skipped};
use crate::path::{FolderPath, PagePath};
use crate::url::Asked;

/// What a request leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page.
    Page(PagePath),
    /// A folder, asked for with a slash at the end.
    Folder(FolderPath),
    /// A folder, asked for without the slash. Links in its page would lead to the wrong place: ask
    /// again with it.
    FolderWithoutSlash(FolderPath),
}

impl Root {
    /// Finds what is asked for; `None` is "not found", whatever the reason.
    ///
    /// The path on the disk is freed of links first, and what then does not lie in the folder is
    /// not there. What does is named by the path without links: a page has one name in the cache,
    /// however it is reached.
    pub(crate) fn resolve(&self, asked: &Asked) -> Option<Target> {
        if asked.folder {
            return self.folder(&asked.names).map(Target::Folder);
        }
        let (name, above) = asked.names.split_last()?;
        let spellings = [name.clone(), format!("{name}.md"), format!("{name}.MD")];
        let page = spellings.iter().find_map(|name| self.page(above, name));
        page.map(Target::Page).or_else(|| self.folder(&asked.names).map(Target::FolderWithoutSlash))
    }

    fn page(&self, above: &[String], name: &str) -> Option<PagePath> {
        let mut names = above.to_vec();
        names.push(name.to_owned());
        let path = self.inside(&names).ok()?;
        if !path.is_file() {
            return None;
        }
        let mut names = self.names(&path)?;
        let name = names.pop()?;
        is_page(&name).then(|| PagePath::new(FolderPath::new(names), name))
    }

    fn folder(&self, names: &[String]) -> Option<FolderPath> {
        let path = self.inside(names).ok()?;
        path.is_dir().then(|| self.names(&path).map(FolderPath::new))?
    }

    fn inside(&self, names: &[String]) -> io::Result<PathBuf> {
        FolderPath::new(names.to_vec()).on_disk(self.path()).canonicalize()
    }

    /// The names that lead from the folder to `path`; `None` outside the folder, and where
    /// something is passed over.
    pub(crate) fn names(&self, path: &Path) -> Option<Vec<String>> {
        let below = path.strip_prefix(self.path()).ok()?;
        below.components().map(allowed).collect()
    }
}

fn allowed(component: Component<'_>) -> Option<String> {
    match component {
        Component::Normal(name) if !is_skipped(name) => name.to_str().map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::folder_with;
    use crate::path::tests::{folder, page};

    fn resolve(root: &Root, path: &str) -> Option<Target> {
        root.resolve(&Asked::parse(path)?)
    }

    #[test]
    fn pages_and_folders_are_found_by_their_names() {
        let temporary = folder_with(&[
            ("guide/advanced/x.md", ""),
            ("guide/Y.MD", ""),
            ("both.md", ""),
            ("both/z.md", ""),
        ]);
        let root = Root::open(temporary.path()).expect("a folder");
        let x = Some(Target::Page(page("guide/advanced/x.md")));
        assert_eq!(resolve(&root, "/guide/advanced/x.md"), x);
        assert_eq!(resolve(&root, "/guide/advanced/x"), x);
        assert_eq!(resolve(&root, "/guide/Y"), Some(Target::Page(page("guide/Y.MD"))));
        assert_eq!(resolve(&root, "/"), Some(Target::Folder(folder(""))));
        assert_eq!(resolve(&root, "/guide/"), Some(Target::Folder(folder("guide"))));
        assert_eq!(resolve(&root, "/guide"), Some(Target::FolderWithoutSlash(folder("guide"))));
        assert_eq!(resolve(&root, "/both"), Some(Target::Page(page("both.md"))));
        assert_eq!(resolve(&root, "/both/"), Some(Target::Folder(folder("both"))));
    }

    #[test]
    fn what_is_no_page_is_not_found() {
        let temporary =
            folder_with(&[("_layout.html", ""), ("a.txt", ""), (".hidden.md", ""), ("a.md", "")]);
        let root = Root::open(temporary.path()).expect("a folder");
        for path in [
            "/_layout.html",
            "/a.txt",
            "/.hidden",
            "/.hidden.md",
            "/none",
            "/none/",
            "/a.md/",
            "/a.md/x",
        ] {
            assert_eq!(resolve(&root, path), None, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_but_within() {
        use std::os::unix::fs::symlink;
        let outside = folder_with(&[("secret.md", "secret")]);
        let temporary = folder_with(&[("guide/a.md", ""), (".git/g.md", "")]);
        let at = |name: &str| temporary.path().join(name);
        symlink(outside.path(), at("out")).expect("a link");
        symlink(outside.path().join("secret.md"), at("secret.md")).expect("a link");
        symlink(at(".git"), at("git")).expect("a link");
        symlink(at("guide/a.md"), at("other.md")).expect("a link");
        symlink(temporary.path(), at("guide/circle")).expect("a link");
        let root = Root::open(temporary.path()).expect("a folder");
        for path in [
            "/out/",
            "/out",
            "/out/secret",
            "/out/secret.md",
            "/secret",
            "/secret.md",
            "/git/g.md",
            "/git/",
        ] {
            assert_eq!(resolve(&root, path), None, "{path}");
        }
        let a = Some(Target::Page(page("guide/a.md")));
        assert_eq!(resolve(&root, "/other"), a);
        assert_eq!(resolve(&root, "/guide/circle/guide/circle/guide/a.md"), a);
    }
}
