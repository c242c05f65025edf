//! Reading Rust source just well enough to know which braces are around a place.

/// The byte at a line and a column, both counted from 1; the column in characters.
pub(super) fn offset(source: &str, line: usize, column: usize) -> Option<usize> {
    let text = source.split_inclusive('\n').nth(line.checked_sub(1)?)?;
    let begin = text.as_ptr() as usize - source.as_ptr() as usize;
    let (within, _) = text.char_indices().nth(column.checked_sub(1)?)?;
    Some(begin + within)
}

/// What stands before the innermost brace that is open at `offset`, back to what came before it; without
/// comments and literals.
pub(super) fn header_around(source: &str, offset: usize) -> Option<String> {
    let mut open = Vec::new();
    let (mut header, mut depth) = (String::new(), 0usize);
    let mut rest = source.get(..offset)?;
    while let Some(c) = rest.chars().next() {
        let skipped = skipped(rest);
        if skipped > 0 {
            header.push(' ');
            rest = rest.get(skipped..).unwrap_or_default();
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '{' => open.push((std::mem::take(&mut header), std::mem::take(&mut depth))),
            '}' => {
                depth = open.pop().map_or(0, |(_, depth)| depth);
                header.clear();
            }
            ';' if depth == 0 => header.clear(),
            _ => {
                match c {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                header.push(c);
            }
        }
    }
    open.pop().map(|(header, _)| header)
}

/// How many bytes of comment or literal the text begins with.
fn skipped(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    for prefix in ["", "b", "c"] {
        let Some(literal) = text.strip_prefix(prefix) else { continue };
        let length = quoted(literal).or_else(|| raw(literal));
        if let Some(length) = length {
            return prefix.len() + length;
        }
    }
    let byte = text.strip_prefix('b').and_then(character).map(|length| length + 1);
    byte.or_else(|| character(text)).unwrap_or(0)
}

/// A comment between stars, which may hold others.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// A text in quotation marks.
fn quoted(text: &str) -> Option<usize> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => return Some(at + 2),
            _ => {}
        }
    }
    Some(text.len())
}

/// A raw text: `r"..."`, `r#"..."#`.
fn raw(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| begin + at + end.len()))
}

/// A character in quotation marks, which is no lifetime.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        // What is escaped may be a quotation mark itself.
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 2);
    }
    let (at, next) = chars.next()?;
    (next == '\'').then_some(at + 2)
}
