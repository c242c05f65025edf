//! What a server replies.

use std::fmt;

/// A reply. Types that only RESP3 has are folded into those that a test tells apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: a null of any kind.
    Nil,
    /// A whole number.
    Integer(i64),
    /// A status such as `OK`, or a number that is not whole.
    Text(String),
    /// A string of any bytes.
    Bytes(Vec<u8>),
    /// An error, with its code.
    Error(String),
    /// An array or a set.
    List(Vec<Self>),
    /// A map, in the server's order.
    Map(Vec<(Self, Self)>),
    /// What was not asked for.
    Push(Vec<Self>),
}

impl Value {
    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// The elements of a list or a push; a map's keys and values in turn. Anything else has none.
    pub fn into_list(self) -> Vec<Self> {
        match self {
            Self::List(items) | Self::Push(items) => items,
            Self::Map(pairs) => pairs.into_iter().flat_map(|(key, value)| [key, value]).collect(),
            Self::Nil | Self::Integer(_) | Self::Text(_) | Self::Bytes(_) | Self::Error(_) => {
                vec![]
            }
        }
    }
}

/// As `redis-cli --raw` shows it: an element a line, and nothing for nil.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => Ok(()),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) | Self::Error(text) => f.write_str(text),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::List(items) | Self::Push(items) => lines(f, items),
            Self::Map(pairs) => lines(f, pairs.iter().flat_map(|(key, value)| [key, value])),
        }
    }
}

fn lines<'a>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = &'a Value>,
) -> fmt::Result {
    for (number, item) in items.into_iter().enumerate() {
        let separator = if number == 0 { "" } else { "\n" };
        write!(f, "{separator}{item}")?;
    }
    Ok(())
}

impl From<&str> for Value {
    /// The string, as a value that was stored.
    fn from(text: &str) -> Self {
        Self::Bytes(text.into())
    }
}
