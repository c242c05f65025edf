//! The query in the key.

use std::borrow::Cow;
use std::collections::BTreeSet;

use percent_encoding::percent_decode;

/// Which parameters of the query tell pages apart.
///
/// They are sorted by name, so that `?a=1&b=2` and `?b=2&a=1` are one page; those of one name stay in
/// their order. Names are compared decoded: `p%61ge` is `page`.
///
/// **What is left out of the key is left out of the request, too:** the handler does not see it, and so
/// cannot put anybody's `?utm_source=` into a page that all others get.
///
/// ```
/// # use region_cache::Cache;
/// use region_cache_tower::{Query, RegionCacheLayer};
///
/// # let cache = Cache::in_memory();
/// let layer = RegionCacheLayer::new(cache).query(Query::only(["page", "sort"]));
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Query {
    /// All of them: the default.
    #[default]
    All,
    /// None of them.
    None,
    /// These and no others: see [`Query::only`].
    Only(BTreeSet<String>),
    /// All but these: see [`Query::except`].
    Except(BTreeSet<String>),
}

impl Query {
    /// These parameters, and no others.
    pub fn only(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }

    /// All parameters but these, such as those by which advertisers count.
    pub fn except(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Except(names.into_iter().map(Into::into).collect())
    }

    /// The parameters that count, sorted by name.
    pub(crate) fn key(&self, query: &str) -> String {
        let mut pairs: Vec<(Cow<'_, [u8]>, &str)> = self.pairs(query).collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        join(pairs.into_iter().map(|(_, pair)| pair), query.len())
    }

    /// The parameters that count, as they came; `None` where these are all.
    pub(crate) fn seen(&self, query: &str) -> Option<String> {
        if *self == Self::All {
            return None;
        }
        let seen = join(self.pairs(query).map(|(_, pair)| pair), query.len());
        (seen != query).then_some(seen)
    }

    /// Those that count, with their names decoded.
    fn pairs<'q>(&self, query: &'q str) -> impl Iterator<Item = (Cow<'q, [u8]>, &'q str)> {
        query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            let name = decode(name);
            self.counts(&name).then_some((name, pair))
        })
    }

    fn counts(&self, name: &[u8]) -> bool {
        let is_in =
            |names: &BTreeSet<String>| std::str::from_utf8(name).is_ok_and(|n| names.contains(n));
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(names) => is_in(names),
            Self::Except(names) => !is_in(names),
        }
    }
}

/// As forms are decoded.
fn decode(name: &str) -> Cow<'_, [u8]> {
    if name.contains('+') {
        let spaced = name.replace('+', " ");
        return Cow::Owned(percent_decode(spaced.as_bytes()).collect());
    }
    percent_decode(name.as_bytes()).into()
}

fn join<'a>(pairs: impl Iterator<Item = &'a str>, capacity: usize) -> String {
    let mut joined = String::with_capacity(capacity);
    for pair in pairs {
        if !joined.is_empty() {
            joined.push('&');
        }
        joined.push_str(pair);
    }
    joined
}

#[cfg(test)]
mod tests;
