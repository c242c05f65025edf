//! What is printed.

use comfy_table::{CellAlignment, Table, presets};

use crate::figures::Spread;

#[cfg(test)]
mod tests;

/// A table whose first `texts` columns are words and whose other ones are numbers.
pub(crate) fn table<const N: usize>(
    texts: usize,
    header: [&str; N],
    rows: Vec<[String; N]>,
) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// `1.23 (1.10 to 1.40)`.
pub(crate) fn ratio(spread: Option<Spread>) -> String {
    spread.map_or_else(nothing, |Spread { median, least, most }| {
        format!("{median:.2} ({least:.2} to {most:.2})")
    })
}

/// The median of some seconds, in a unit that suits it.
pub(crate) fn time(spread: Option<Spread>) -> String {
    spread.map_or_else(nothing, |spread| seconds(spread.median))
}

/// How many operations a second, in thousands.
pub(crate) fn throughput(spread: Option<Spread>) -> String {
    spread.map_or_else(nothing, |spread| format!("{:.0} k/s", spread.inverse().median / 1e3))
}

/// `1`, or `1 to 3` where the rounds differ.
pub(crate) fn counts(counts: &[usize]) -> String {
    match (counts.iter().min(), counts.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(count), _) => count.to_string(),
        (None, _) => nothing(),
    }
}

/// The version of a package in the text of a `Cargo.lock`.
pub(crate) fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let after = lock.lines().skip_while(|line| *line != name).nth(1)?;
    after.strip_prefix("version = \"")?.strip_suffix('"')
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s => format!("{:.1} ms", s * 1e3),
    }
}

fn nothing() -> String {
    "-".to_owned()
}
