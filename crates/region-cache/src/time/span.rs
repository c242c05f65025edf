//! Lengths of time as people write them: `10m`, `1h30m`, `500ms`.

use std::time::Duration;

/// The length of time that a text stands for: whole numbers with the units `d`, `h`, `m`, `s` and `ms`,
/// the largest first. Fails with what is wrong and what would be right.
///
/// A number without a unit is refused: one reader takes it for seconds, the next for milliseconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(SHAPE.to_owned());
    }
    let mut sum = Duration::ZERO;
    let mut smaller = UNITS.iter();
    while !rest.is_empty() {
        let (digits, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, char::is_alphabetic);
        let unit = check(digits, unit, after)?;
        let Some((_, millis)) = smaller.find(|(name, _)| *name == unit) else {
            return Err("the units go from the largest to the smallest, each once, as in `1h30m`"
                .to_owned());
        };
        let part = digits.parse().ok().and_then(|number: u64| number.checked_mul(*millis));
        let part = part.map(Duration::from_millis).and_then(|part| sum.checked_add(part));
        sum =
            part.ok_or("it is longer than time can be counted; `365d` is a long time for a cache")?;
        rest = after.trim_start();
    }
    Ok(sum)
}

/// The unit, if there is a number in front of it and it is one.
fn check<'a>(digits: &str, unit: &'a str, after: &str) -> Result<&'a str, String> {
    if digits.is_empty() {
        Err(SHAPE.to_owned())
    } else if unit.is_empty() && after.starts_with(['.', ',']) {
        Err("a time is made of whole numbers: `1h30m` for one and a half hours".to_owned())
    } else if unit.is_empty() {
        Err(format!("a time needs a unit: `{digits}s` for seconds, or `ms`, `m`, `h` or `d`"))
    } else if UNITS.iter().all(|(name, _)| *name != unit) {
        Err(format!("`{unit}` is no unit of time; use `ms`, `s`, `m`, `h` or `d`, as in `1h30m`"))
    } else {
        Ok(unit)
    }
}

/// What stands in front and is as asked for, and the rest.
fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

/// The largest first, each in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

const SHAPE: &str = "a time is a number and a unit, such as `10m`, `1h30m` or `500ms`";

#[cfg(test)]
mod tests;
