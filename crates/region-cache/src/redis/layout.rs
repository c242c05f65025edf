//! What lies under which key.
//!
//! ```text
//! <ns>:{<root>}:h:<path>    hash    the region's entries: field -> envelope
//! <ns>:{<root>}:c:<path>    set     names of the child regions
//! <ns>:{<root>}:f:<path>    string  the region's fence: <id>|<id of the parent's fence>;
//!                                   a root's: <id>|<reign>|<id of the namespace's fence>;
//!                                   closed by guards: !<id>@<deadline> for each
//! <ns>:{<root>}:l:<path>    hash    leases: field -> <id>|<stamp>|<deadline by the server's clock>
//! <ns>:{<root>}:p           hash    unfinished walks: id -> <path>|<begun>
//! <ns>:{<root>}:seq         string  number of the last change announced
//! <ns>:{<root>}:t           string  scratch of an addition; gone when its script ends
//! <ns>:{<root>}:changes     channel what changed
//! <ns>:{.}:fence            string  the namespace's fence: <id>|<reign>; `.` can be no root
//! <ns>:{.}:roots            set     known roots
//! <ns>:{.}:p, <ns>:{.}:seq  of the namespace, as those of a root
//! <ns>:{.}:b                hash    bindings of signals: text -> nothing
//! <ns>:{.}:j                stream  the journal of signals, capped: e -> entry
//! <ns>:{.}:u                hash    entries that are not done: id -> <last at work>|<entry>
//! <ns>:{.}:d:<digest>       string  a foreign signal that somebody sees to
//! <ns>:signal:<name>        channel a signal, by anybody
//! <ns>:adopted:<name>       channel a foreign signal that was seen to
//! ```
//!
//! What is published is a MessagePack array: the version 1, who changed it (an id for each process), the
//! number, the ids of the namespace's and the root's fence (empty where absent), `i` for an
//! invalidation or `k` for keys, the path, and the keys. The number is raised and the message sent in
//! the same atomic act as the change, so a gap in the numbers is a message that was lost.
//!
//! The namespace comes first, so that one rule of an access list (`~ns:*`, `&ns:*`) fences the cache
//! in. What stands in braces decides the slot in a cluster: a whole tree below one root lies in one.

use crate::backend::{Address, Id};
use crate::bus::{Interest, Topic};

/// The key of the region's entries.
pub(super) fn entries(region: &Address) -> String {
    key(region, 'h')
}

/// The key of the region's leases.
pub(super) fn leases(region: &Address) -> String {
    key(region, 'l')
}

/// The key of the names of the children: of the roots, for the namespace itself.
pub(super) fn children(region: &Address) -> String {
    if region.is_top() { format!("{}:{{.}}:roots", region.namespace()) } else { key(region, 'c') }
}

/// The key of the number of the last change that was announced for the region's root.
pub(super) fn count(region: &Address) -> String {
    format!("{}seq", prefix(region))
}

/// The key of the region's fence.
pub(super) fn fence(region: &Address) -> String {
    if region.is_top() { format!("{}:{{.}}:fence", region.namespace()) } else { key(region, 'f') }
}

/// What all keys below a root begin with.
pub(super) fn prefix(region: &Address) -> String {
    let root = if region.is_top() { "." } else { region.root() };
    format!("{}:{{{root}}}:", region.namespace())
}

/// The regions on the way down, the namespace first and the region itself last.
pub(super) fn levels(region: &Address) -> Vec<Address> {
    let path = region.path();
    let dots = path.match_indices('.').map(|(at, _)| at);
    let ends = dots.chain((!path.is_empty()).then_some(path.len()));
    let above = ends.filter_map(|end| region.above(end));
    std::iter::once(region.top()).chain(above).collect()
}

/// The key of the bindings of signals.
pub(super) fn bindings(namespace: &str) -> String {
    format!("{namespace}:{{.}}:b")
}

/// The key of the journal of signals.
pub(super) fn journal(namespace: &str) -> String {
    format!("{namespace}:{{.}}:j")
}

/// The key of the entries of the journal that are not done.
pub(super) fn undone(namespace: &str) -> String {
    format!("{namespace}:{{.}}:u")
}

/// The channel of a topic.
pub(super) fn channel(namespace: &str, topic: &Topic) -> String {
    match topic {
        Topic::Signal(name) => format!("{namespace}:signal:{name}"),
        Topic::Adopted(name) => format!("{namespace}:adopted:{name}"),
        Topic::Changes(root) => format!("{namespace}:{{{root}}}:changes"),
    }
}

/// The topic of a channel.
pub(super) fn topic(namespace: &str, channel: &str) -> Option<Topic> {
    let rest = channel.strip_prefix(namespace)?.strip_prefix(':')?;
    if let Some(name) = rest.strip_prefix("signal:") {
        return Some(Topic::Signal(name.to_owned()));
    }
    if let Some(name) = rest.strip_prefix("adopted:") {
        return Some(Topic::Adopted(name.to_owned()));
    }
    let root = rest.strip_prefix('{')?.strip_suffix("}:changes")?;
    Some(Topic::Changes(root.to_owned()))
}

/// What to subscribe to.
pub(super) fn patterns(namespace: &str, interest: Interest) -> Vec<String> {
    let mut patterns = vec![format!("{namespace}:signal:*"), format!("{namespace}:adopted:*")];
    if interest == Interest::Everything {
        patterns.push(format!("{namespace}:{{*}}:changes"));
    }
    patterns
}

/// An id as text: 32 hexadecimal digits.
pub(super) fn text(id: Id) -> String {
    id.to_string()
}

/// The id that such a text stands for.
pub(super) fn id(text: &str) -> Option<Id> {
    Id::parse(text)
}

/// The fences that stand, from the namespace's down, and what each hangs on if it is absent.
pub(super) struct Standing {
    /// Whether one of them is closed.
    pub(super) is_closed: bool,
    /// As far as they stand without a gap; complete if there is one for each level.
    pub(super) ids: Vec<Id>,
    levels: usize,
}

impl Standing {
    /// Judges the fences of a path, as they were read from a server of this reign.
    pub(super) fn judge(fences: &[Option<String>], reign: &str) -> Self {
        let mut ids: Vec<Id> = Vec::with_capacity(fences.len());
        for (level, fence) in fences.iter().enumerate() {
            let Some((own, hangs_on)) = fence.as_deref().and_then(|fence| fence.split_once('|'))
            else {
                break;
            };
            let holds = match (level, ids.last()) {
                (0, _) => hangs_on == reign,
                (1, Some(above)) => hangs_on
                    .split_once('|')
                    .is_some_and(|(r, at)| r == reign && id(at) == Some(*above)),
                (_, Some(above)) => id(hangs_on) == Some(*above),
                (_, None) => false,
            };
            match id(own).filter(|_| holds) {
                Some(own) => ids.push(own),
                None => break,
            }
        }
        let is_closed = fences.iter().flatten().any(|fence| fence.starts_with('!'));
        Self { is_closed, ids, levels: fences.len() }
    }

    /// The region's own fence was seen to stand, by somebody else.
    pub(super) fn is(own: Id) -> Self {
        Self { is_closed: false, ids: vec![own], levels: 1 }
    }

    /// The region's own fence, if it and all above it stand.
    pub(super) fn own(&self) -> Option<Id> {
        self.ids.last().copied().filter(|_| self.ids.len() == self.levels)
    }
}

/// What a fence at this level is written as.
pub(super) fn fence_text(level: usize, own: Id, above: Option<Id>, reign: &str) -> String {
    let (own, above) = (text(own), above.map(text).unwrap_or_default());
    match level {
        0 => format!("{own}|{reign}"),
        1 => format!("{own}|{reign}|{above}"),
        _ => format!("{own}|{above}"),
    }
}

fn key(region: &Address, kind: char) -> String {
    format!("{}:{{{}}}:{kind}:{}", region.namespace(), region.root(), region.path())
}
