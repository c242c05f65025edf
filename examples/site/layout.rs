//! Layouts: the HTML around a page's content.

use std::io;

use crate::folder::{LAYOUT, Root};
use crate::path::{FolderPath, PagePath};

/// HTML with places for a page's content and title.
#[derive(Debug)]
pub(crate) struct Layout {
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Content,
    Title,
}

impl Layout {
    /// The layout for the pages of `folder`: the nearest one upwards, else the built-in one.
    pub(crate) fn find(root: &Root, folder: &FolderPath) -> Result<Self, String> {
        for above in folder.upwards() {
            let file = PagePath::new(above, LAYOUT);
            let path = file.on_disk(root.path());
            match path.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{file} cannot be read: {error}.")),
                // `read` refuses a link, also one that stays inside: what it leads to is changed in
                // a folder whose region does not hold these pages.
                Ok(_) => {
                    return Self::parse(&root.read(&path, &file.to_string())?, &file.to_string());
                }
            }
        }
        Self::parse(BUILT_IN, "the built-in layout")
    }

    /// Reads a layout; `shown` is its name in the sentence that says why it is none.
    pub(crate) fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        // Text up to the next place; it grows over braces that mean something else.
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some((place, after)) = after.strip_prefix('{').and_then(place) {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(place);
                rest = after;
            } else {
                plain.push('{');
                rest = after;
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        if !pieces.contains(&Piece::Content) {
            return Err(format!("{shown} has no {{{{ content }}}} in it."));
        }
        Ok(Self { pieces })
    }

    /// The whole page. The content goes in as it is, the title escaped; what looks like a place in
    /// them stays text.
    pub(crate) fn apply(&self, title: &str, content: &str) -> String {
        let mut html = String::with_capacity(content.len() + 1024);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => html.push_str(text),
                Piece::Content => html.push_str(content),
                Piece::Title => html.push_str(&escape(title)),
            }
        }
        html
    }
}

/// Text as HTML, also within quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() && !c.is_whitespace() => html.push(char::REPLACEMENT_CHARACTER),
            c => html.push(c),
        }
    }
    html
}

/// The place that the text after `{{` names, and what follows its `}}`.
fn place(text: &str) -> Option<(Piece, &str)> {
    let text = text.trim_start();
    let (place, text) = match text.strip_prefix("content") {
        Some(text) => (Piece::Content, text),
        None => (Piece::Title, text.strip_prefix("title")?),
    };
    Some((place, text.trim_start().strip_prefix("}}")?))
}

const BUILT_IN: &str = include_str!("layout.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::folder_with;
    use crate::path::tests::folder;

    fn apply(layout: &str, title: &str, content: &str) -> String {
        Layout::parse(layout, "it").expect("a layout").apply(title, content)
    }

    #[test]
    fn content_goes_in_as_it_is_and_the_title_escaped() {
        let html = apply("<t>{{ title }}</t>{{content}}!", "a < b", "<p>x</p>");
        assert_eq!(html, "<t>a &lt; b</t><p>x</p>!");
    }

    #[test]
    fn what_looks_like_a_place_elsewhere_stays_text() {
        assert_eq!(apply("{{ user }}{{{ content }}", "", "{{ title }}"), "{{ user }}{{{ title }}");
        assert_eq!(apply("{{ content }}{{ title", "t", "c"), "c{{ title");
        assert_eq!(apply("{{ a {{ content }}", "", "c"), "{{ a c");
    }

    #[test]
    fn a_layout_without_content_is_refused() {
        let refused = Layout::parse("{{ title }}", "guide/_layout.html").expect_err("no content");
        assert_eq!(refused, "guide/_layout.html has no {{ content }} in it.");
    }

    #[test]
    fn the_nearest_layout_upwards_wins() {
        let files =
            [("_layout.html", "top {{ content }}"), ("a/b/_layout.html", "near {{ content }}")];
        let temporary = folder_with(&files);
        let root = Root::open(temporary.path()).expect("a folder");
        let find = |at: &str| Layout::find(&root, &folder(at)).expect("a layout").apply("", "x");
        assert_eq!(find(""), "top x");
        assert_eq!(find("a"), "top x");
        assert_eq!(find("a/b"), "near x");
        assert_eq!(find("a/b/c"), "near x");
    }

    #[test]
    fn without_one_there_is_the_built_in_layout() {
        let temporary = folder_with(&[]);
        let root = Root::open(temporary.path()).expect("a folder");
        let html = Layout::find(&root, &folder("")).expect("a layout").apply("Title", "<p>x</p>");
        assert!(html.contains("<title>Title</title>") && html.contains("<p>x</p>"), "{html}");
    }

    #[cfg(unix)]
    #[test]
    fn a_layout_that_is_a_link_is_refused() {
        let temporary = folder_with(&[("a/real.html", "{{ content }}")]);
        let target = temporary.path().join("a/real.html");
        std::os::unix::fs::symlink(target, temporary.path().join("_layout.html")).expect("a link");
        let root = Root::open(temporary.path()).expect("a folder");
        let refused = Layout::find(&root, &folder("a")).expect_err("a link");
        assert_eq!(refused, "_layout.html is reached through a link.");
    }
}
