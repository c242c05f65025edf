//! Markdown to HTML.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// A rendered text.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The text of its first heading.
    pub(crate) title: Option<String>,
    /// Its HTML.
    pub(crate) html: String,
}

/// Renders a text. HTML in it is passed through: the folder is its reader's own.
pub(crate) fn render(text: &str) -> Rendered {
    // Some editors begin a file with a byte order mark, which would keep the first heading from
    // being one.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let events: Vec<_> = Parser::new_ext(text, options()).collect();
    let title = title(&events);
    let mut html = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut html, events.into_iter());
    Rendered { title, html }
}

fn title(events: &[Event<'_>]) -> Option<String> {
    let is_start = |event: &Event<'_>| matches!(event, Event::Start(Tag::Heading { .. }));
    let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
    let heading =
        events.iter().skip_while(|event| !is_start(event)).take_while(|event| !is_end(event));
    let title: String = heading
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            Event::SoftBreak | Event::HardBreak => Some(" "),
            _ => None,
        })
        .collect();
    let title = title.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_GFM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_heading_is_the_title() {
        let title = |text| render(text).title;
        assert_eq!(title("text\n\n## The `x` *way*\n\n# Later"), Some("The x way".to_owned()));
        assert_eq!(title("\u{feff}# Marked"), Some("Marked".to_owned()));
        assert_eq!(title("---\ntitle: front\n---\n# Matter"), Some("Matter".to_owned()));
        assert_eq!(title("no heading"), None);
        assert_eq!(title("# ![](only.png)"), None);
        assert_eq!(title(""), None);
    }

    #[test]
    fn tables_and_raw_html_are_rendered() {
        let html = render("| a |\n|---|\n| 1 |\n\n<b>raw</b>").html;
        assert!(html.contains("<td>1</td>") && html.contains("<b>raw</b>"), "{html}");
    }
}
