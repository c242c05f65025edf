//! What somebody may have meant.

/// The known name that is nearest to one that is not, if any is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name) {
        return known.iter().find(|known| *known == ours).copied();
    }
    let is_begun = |known: &&&str| name.len() >= 4 && known.starts_with(&name);
    if let Some(whole) = known.iter().find(is_begun) {
        return Some(whole);
    }
    let near = known.iter().map(|known| (distance(&name, known), *known));
    // Of two that are equally near the first in the list.
    let (distance, nearest) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (nearest.len() / 3).max(1)).then_some(nearest)
}

/// How many letters must be put in, left out, replaced, or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    // The row before the last, and the letter that it was for.
    let mut before: Option<(char, Vec<usize>)> = None;
    for (line, letter) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, theirs) in other.iter().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&row, column) + usize::from(*theirs != letter);
            let put_in_or_left_out = at(&next, column).min(at(&row, column + 1)) + 1;
            let mut least = replaced.min(put_in_or_left_out);
            if let (Some((last, before)), Some(left)) = (&before, column.checked_sub(1))
                && last == theirs
                && other.get(left) == Some(&letter)
            {
                least = least.min(at(before, left) + 1);
            }
            next.push(least);
        }
        before = Some((letter, std::mem::replace(&mut row, next)));
    }
    row.last().copied().unwrap_or_default()
}

/// What other caches, and this one's methods, call a setting that has another name here.
const ELSEWHERE: [(&str, &str); 18] = [
    ("type", "url"),
    ("host", "url"),
    ("port", "url"),
    ("password", "url"),
    ("dir", "url"),
    ("redis_url", "url"),
    ("redis_host", "url"),
    ("redis_port", "url"),
    ("redis_password", "url"),
    ("redis_db", "url"),
    ("redis_sentinels", "url"),
    ("default_timeout", "entry_ttl"),
    ("timeout", "entry_ttl"),
    ("no_ttl", "entry_ttl"),
    ("key_prefix", "namespace"),
    ("prefix", "namespace"),
    ("threshold", "memory_capacity"),
    ("region", "regions"),
];
