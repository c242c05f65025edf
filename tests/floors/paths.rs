//! The paths that a file names, and where they lead.

use std::collections::BTreeMap;

use super::tokens::Token;

/// A path as far as it can be followed from the file alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) place: Place,
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the top of the library. Without segments: the top itself.
    Library,
    /// In another crate, or among the names of the language.
    Elsewhere,
}

/// Every path of two segments or more, and every import. `module` is the
/// module that the file is, for instance `["redis", "layout"]`.
pub(crate) fn references(tokens: &[Token], module: &[String]) -> Vec<Reference> {
    let mut parser = Parser { tokens, at: 0, module: module.to_vec(), ..Parser::default() };
    parser.run();
    let known = names(&parser);
    parser.found.iter().map(|found| follow(found, &known)).collect()
}

/// A path as it is written.
struct Written {
    segments: Vec<String>,
    line: usize,
    /// The module around it.
    module: Vec<String>,
    /// The name that it gives to the file, where it is an import.
    import: Option<String>,
}

#[derive(Default)]
struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The file's module, and the modules in braces around the place.
    module: Vec<String>,
    /// How deep the braces were where each of those modules began.
    inline: Vec<usize>,
    depth: usize,
    found: Vec<Written>,
    /// The modules that the file declares.
    declared: Vec<(String, Vec<String>)>,
}

impl Parser<'_> {
    fn run(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            match token.text.as_str() {
                "{" => self.depth += 1,
                "}" => self.close(),
                "mod" => self.declare(),
                "use" => {
                    self.at += 1;
                    self.path(&[], true);
                    continue;
                }
                // A field or method of something, or the rest of `<T>::name`.
                "." => self.at += 1,
                "::" if self.behind_type() => self.at += 1,
                _ if token.is_word() && !BEFORE_PATHS.contains(&token.text.as_str()) => {
                    self.path(&[], false);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads a path, or a tree of them in an import, behind a common start.
    fn path(&mut self, start: &[String], import: bool) {
        let mut segments = start.to_vec();
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        if self.text(self.at) == "::" {
            // A leading `::` says that a crate follows.
            segments.push(String::new());
            self.at += 1;
        }
        loop {
            match self.text(self.at) {
                "{" if import => return self.tree(&segments),
                "*" if import => segments.push("*".to_owned()),
                _ if self.tokens.get(self.at).is_some_and(Token::is_word) => {
                    segments.push(self.text(self.at).to_owned());
                }
                _ => break,
            }
            self.at += 1;
            if self.text(self.at) != "::" {
                break;
            }
            self.at += 1;
        }
        self.keep(segments, line, import);
    }

    /// Reads `{a, b::c}` in an import.
    fn tree(&mut self, start: &[String]) {
        self.at += 1;
        while !matches!(self.text(self.at), "}" | "") {
            let before = self.at;
            self.path(start, true);
            // A comma, or anything that no import has: go on behind it.
            if self.text(self.at) == "," || self.at == before {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn keep(&mut self, mut segments: Vec<String>, line: usize, import: bool) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned();
        if import && self.text(self.at) == "as" {
            name = Some(self.text(self.at + 1).to_owned());
            self.at += 2;
        }
        // `use<'a>` in a type is no import: there is no path.
        if !segments.is_empty() && (import || segments.len() > 1) {
            let import = if import { name } else { None };
            self.found.push(Written { segments, line, module: self.module.clone(), import });
        }
    }

    /// `mod name;` declares a module, `mod name {` begins one.
    fn declare(&mut self) {
        let name = self.text(self.at + 1).to_owned();
        let mut path = self.module.clone();
        path.push(name.clone());
        self.declared.push((name, path.clone()));
        if self.text(self.at + 2) == "{" {
            self.module = path;
            self.inline.push(self.depth);
        }
        self.at += 1;
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline.last() == Some(&self.depth) {
            self.inline.pop();
            self.module.pop();
        }
    }

    /// Whether the place is behind `<T>`, and not behind `->` or `=>`.
    fn behind_type(&self) -> bool {
        let before = |back| self.at.checked_sub(back).map_or("", |at| self.text(at));
        before(1) == ">" && !matches!(before(2), "-" | "=")
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }
}

/// What the file's own names stand for: its imports and its modules.
fn names(parser: &Parser<'_>) -> BTreeMap<String, (Place, Vec<String>)> {
    let mut names = BTreeMap::new();
    for (name, path) in &parser.declared {
        names.insert(name.clone(), (Place::Library, path.clone()));
    }
    // An import may start at a module that is declared, or at another import.
    for _ in 0..2 {
        for found in &parser.found {
            if let Some(name) = &found.import {
                let Reference { place, segments, .. } = follow(found, &names);
                names.entry(name.clone()).or_insert((place, segments));
            }
        }
    }
    names
}

fn follow(found: &Written, names: &BTreeMap<String, (Place, Vec<String>)>) -> Reference {
    let Written { segments, line, module, .. } = found;
    let first = segments.first().map_or("", String::as_str);
    let up = segments.iter().take_while(|segment| *segment == "super").count();
    let (place, start, skip) = match first {
        "crate" => (Place::Library, vec![], 1),
        "self" => (Place::Library, module.clone(), 1),
        "super" => (Place::Library, module[..module.len().saturating_sub(up)].to_vec(), up),
        "" => (Place::Elsewhere, vec![], 1),
        name => match names.get(name) {
            Some((place, path)) => (*place, path.clone(), 1),
            None => (Place::Elsewhere, vec![], 0),
        },
    };
    let segments = start.into_iter().chain(segments[skip..].iter().cloned()).collect();
    Reference { place, segments, line: *line }
}

/// Words that are no part of a path that follows them.
const BEFORE_PATHS: [&str; 13] = [
    "as", "dyn", "else", "for", "if", "impl", "in", "let", "match", "mut", "return", "where",
    "while",
];
