//! Source text as words and signs, without comments, strings and tests.

/// A word (identifier, keyword, number) or a sign. `::` is one sign; every
/// literal in quotes is `"`.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    /// Whether it is an identifier or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// The tokens of a file that are part of the library proper.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    without_tests(&Reader { rest: text, line: 1 }.read())
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(first) = self.rest.chars().next() {
            let line = self.line;
            let rest = self.rest;
            let (length, text) = if first.is_whitespace() {
                (first.len_utf8(), None)
            } else if rest.starts_with("//") {
                (rest.find('\n').unwrap_or(rest.len()), None)
            } else if rest.starts_with("/*") {
                (block_comment(rest), None)
            } else if let Some(length) = literal(rest) {
                (length, Some("\""))
            } else if let Some(length) = word(rest) {
                (length, Some(rest[..length].trim_start_matches("r#")))
            } else if rest.starts_with("::") {
                (2, Some("::"))
            } else {
                (first.len_utf8(), Some(&rest[..first.len_utf8()]))
            };
            tokens.extend(text.map(|text| Token { text: text.to_owned(), line }));
            self.line += rest[..length].matches('\n').count();
            self.rest = &rest[length..];
        }
        tokens
    }
}

/// The length of a comment in `/* */`; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a string or character, where one stands here. A lifetime is
/// none.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].iter().find(|prefix| {
        text.strip_prefix(**prefix).is_some_and(|rest| {
            let rest = if prefix.contains('r') { rest.trim_start_matches('#') } else { rest };
            rest.starts_with('"') || (!prefix.contains(['r', 'c']) && rest.starts_with('\''))
        })
    })?;
    let body = &text[prefix.len()..];
    if prefix.contains('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let found = body[hashes + 1..].find(&end).map(|at| hashes + 1 + at + end.len());
        return Some(prefix.len() + found.unwrap_or(body.len()));
    }
    if body.starts_with('"') {
        return Some(prefix.len() + quoted(body, '"'));
    }
    let mut after = body.chars().skip(1);
    let is_character = matches!((after.next(), after.next()), (Some('\\'), _) | (_, Some('\'')));
    is_character.then(|| prefix.len() + quoted(body, '\''))
}

/// The length of a text in quotes, the quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && !escaped {
            return at + 1;
        }
        escaped = character == '\\' && !escaped;
    }
    text.len()
}

/// The length of an identifier, keyword or number, a raw identifier included.
fn word(text: &str) -> Option<usize> {
    let raw = if text.starts_with("r#") { 2 } else { 0 };
    let end = text[raw..].find(|c: char| !c.is_alphanumeric() && c != '_');
    let length = end.unwrap_or(text.len() - raw);
    (length > 0).then_some(raw + length)
}

/// Leaves out what is compiled for tests only.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if starts(&tokens[at..], &["#", "!", "[", "cfg", "(", "test", ")"]) {
            // The whole file is a test.
            return Vec::new();
        }
        let alone = starts(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]);
        let among = starts(&tokens[at..], &["#", "[", "cfg", "(", "all", "(", "test", ","]);
        if alone || among {
            at += item(&tokens[at..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn starts(tokens: &[Token], with: &[&str]) -> bool {
    tokens.len() >= with.len() && tokens.iter().zip(with).all(|(token, text)| token.text == *text)
}

/// The length of an item with its attributes: up to its `;` or the end of its
/// block.
fn item(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            // The end of what is around, for instance of a struct whose last
            // field is for tests.
            "}" if depth == 0 => return at,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}
