//! What the cache holds: whole pages, read from the folder and rendered. This is the work that a
//! hit saves.

use std::path::Path;

use crate::folder::Root;
use crate::layout::{Layout, escape};
use crate::markdown;
use crate::path::{FolderPath, PagePath, printable};
use crate::url::encode;

/// Reads and renders a page; `Err` is a sentence that says why it cannot be.
pub(crate) fn render(root: &Root, page: &PagePath) -> Result<String, String> {
    let text = root.read(&page.on_disk(root.path()), &page.to_string())?;
    let layout = Layout::find(root, &page.folder)?;
    let rendered = markdown::render(&text);
    let title = rendered.title.unwrap_or_else(|| stem(&page.name));
    Ok(layout.apply(&title, &rendered.html))
}

/// Makes a page of a folder's names: the folders in it, then the pages in it.
pub(crate) fn list(root: &Root, folder: &FolderPath) -> Result<String, String> {
    let entries =
        root.entries(folder).map_err(|error| format!("{folder} cannot be listed: {error}."))?;
    let layout = Layout::find(root, folder)?;
    let title = if folder.is_root() { "Pages".to_owned() } else { folder.to_string() };
    let mut html = format!("<h1>{}</h1>\n<ul>\n", escape(&title));
    if !folder.is_root() {
        html.push_str("<li><a href=\"../\">..</a></li>\n");
    }
    for name in &entries.folders {
        html.push_str(&item(name, "/"));
    }
    for name in &entries.pages {
        html.push_str(&item(name, ""));
    }
    html.push_str("</ul>\n");
    Ok(layout.apply(&title, &html))
}

/// The page that stands for a folder: its `README.md`, else its `index.md`, in any case; else it is
/// listed.
pub(crate) fn index(root: &Root, folder: &FolderPath) -> Option<PagePath> {
    let pages = root.entries(folder).ok()?.pages;
    ["README.md", "index.md"]
        .iter()
        .find_map(|index| pages.iter().find(|name| name.eq_ignore_ascii_case(index)))
        .map(|name| PagePath::new(folder.clone(), name))
}

fn item(name: &str, end: &str) -> String {
    format!("<li><a href=\"{}{end}\">{}{end}</a></li>\n", encode(name), escape(name))
}

fn stem(name: &str) -> String {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    printable(stem.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::folder_with;
    use crate::path::tests::{folder, page};

    #[test]
    fn a_page_is_rendered_into_its_layout_and_titled_by_its_file_if_need_be() {
        let temporary = folder_with(&[
            ("_layout.html", "[{{ title }}] {{ content }}"),
            ("a.md", "# A & B\n"),
            ("guide/plain.md", "text"),
        ]);
        let root = Root::open(temporary.path()).expect("a folder");
        assert_eq!(
            render(&root, &page("a.md")).expect("a page"),
            "[A &amp; B] <h1>A &amp; B</h1>\n"
        );
        assert_eq!(
            render(&root, &page("guide/plain.md")).expect("a page"),
            "[plain] <p>text</p>\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_listing_escapes_names_and_leaves_out_links() {
        let temporary = folder_with(&[
            ("_layout.html", "{{ content }}"),
            ("<b>&.md", ""),
            ("a b/x.md", ""),
            ("y.txt", ""),
        ]);
        std::os::unix::fs::symlink("/", temporary.path().join("out")).expect("a link");
        let root = Root::open(temporary.path()).expect("a folder");
        assert_eq!(
            list(&root, &folder("")).expect("a listing"),
            "<h1>Pages</h1>\n<ul>\n<li><a href=\"a%20b/\">a b/</a></li>\n\
             <li><a href=\"%3Cb%3E%26.md\">&lt;b&gt;&amp;.md</a></li>\n</ul>\n"
        );
    }

    #[test]
    fn the_readme_stands_for_its_folder_before_the_index() {
        let temporary = folder_with(&[
            ("a/index.md", ""),
            ("a/readme.md", ""),
            ("b/Index.MD", ""),
            ("c/x.md", ""),
        ]);
        let root = Root::open(temporary.path()).expect("a folder");
        assert_eq!(index(&root, &folder("a")), Some(page("a/readme.md")));
        assert_eq!(index(&root, &folder("b")), Some(page("b/Index.MD")));
        assert_eq!(index(&root, &folder("c")), None);
    }
}
