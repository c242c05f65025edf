//! Percent-encoding, and what a request's path means.

use std::path::{Component, Path};

use crate::folder::is_skipped;

/// What a request asks for: the names in its path, decoded one by one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Plain names: never `..`, never hidden, never with a separator in them.
    pub(crate) names: Vec<String>,
    /// True if the path ends in a slash, as a folder's does.
    pub(crate) folder: bool,
}

impl Asked {
    /// Reads a request's path; `None` for one that no page can have.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self { names: Vec::new(), folder: true });
        }
        let folder = path.ends_with('/');
        let path = path.strip_suffix('/').unwrap_or(path);
        let names = path.split('/').map(name).collect::<Option<_>>()?;
        Some(Self { names, folder })
    }
}

/// Encodes a name for use in an address: all but letters, digits and `-._~`.
pub(crate) fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decoded after the path was split, so that an encoded slash cannot make two names of one.
fn name(encoded: &str) -> Option<String> {
    let name = decode(encoded)?;
    let mut components = Path::new(&name).components();
    let plain = matches!(components.next(), Some(Component::Normal(only)) if only == name.as_str());
    // A backslash separates names on one system and is part of a name on the others: it is refused
    // on all.
    let allowed =
        plain && components.next().is_none() && !name.contains(['\\', '\0']) && !is_skipped(&name);
    allowed.then_some(name)
}

fn decode(encoded: &str) -> Option<String> {
    let mut bytes = encoded.bytes();
    let mut out = Vec::with_capacity(encoded.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            out.push(high * 16 + low);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Option<Vec<String>> {
        Asked::parse(path).map(|asked| asked.names)
    }

    #[test]
    fn plain_paths_become_names() {
        assert_eq!(names("/"), Some(vec![]));
        assert_eq!(
            names("/guide/advanced/x.md"),
            Some(vec!["guide".into(), "advanced".into(), "x.md".into()])
        );
        assert_eq!(names("/caf%C3%A9%20au%20lait"), Some(vec!["café au lait".into()]));
        assert_eq!(names("/100%25"), Some(vec!["100%".into()]));
    }

    #[test]
    fn a_slash_at_the_end_asks_for_a_folder() {
        let folder = |path: &str| Asked::parse(path).map(|asked| asked.folder);
        assert_eq!(folder("/"), Some(true));
        assert_eq!(folder("/guide/"), Some(true));
        assert_eq!(folder("/guide"), Some(false));
    }

    #[test]
    fn nothing_that_could_leave_the_folder_becomes_a_name() {
        let attacks = [
            "",
            "x.md",
            "*",
            "/..",
            "/../secret.md",
            "/%2e%2e/secret.md",
            "/.%2E/secret.md",
            "/guide/../../secret.md",
            "/guide/..%2f..%2fsecret.md",
            "/.",
            "/./x.md",
            "/.git/x.md",
            "/guide/.x.md",
            "/target/x.md",
            "//",
            "//etc/passwd",
            "/guide//x.md",
            "/%2Fetc%2Fpasswd",
            "/guide%2Fx.md",
            "/..\\secret.md",
            "/..%5Csecret.md",
            "/guide%5cx.md",
            "/x\\y.md",
            "/x.md%00",
            "/x%00.md",
            "/%",
            "/%2",
            "/%zz",
            "/%FF.md",
            "/%C0%AE%C0%AE/secret.md",
            "/%252e%252e%2fsecret.md",
        ];
        for attack in attacks {
            assert_eq!(names(attack), None, "{attack}");
        }
        // Decoded once, never twice: an ordinary, if odd, name.
        assert_eq!(names("/%252e%252e"), Some(vec!["%2e%2e".into()]));
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        for name in ["x.md", "a b", "100%", "é", "a:b", "<&\">", "?q#f"] {
            let encoded = encode(name);
            assert!(
                encoded
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)),
                "{encoded}"
            );
            assert_eq!(names(&format!("/{encoded}")), Some(vec![name.to_owned()]));
        }
    }
}
