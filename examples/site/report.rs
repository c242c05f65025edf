//! What the example prints.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

use crate::passes::Pass;

/// Prints a line. Not by `println!`, which panics when the reader has gone away (`| head`).
pub(crate) fn say(line: impl fmt::Display) {
    if cfg!(test) {
        // The test harness keeps what is printed by `println!`, and shows it where a test fails.
        println!("{line}");
    } else {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}

/// Prints a line to the standard error.
pub(crate) fn complain(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints why pages were left out, though not for ever.
pub(crate) fn skipped(sentences: &BTreeSet<String>) {
    for sentence in sentences.iter().take(MOST_SENTENCES) {
        complain(format_args!("skipped: {sentence}"));
    }
    if sentences.len() > MOST_SENTENCES {
        complain(format_args!("skipped: {} more like these.", sentences.len() - MOST_SENTENCES));
    }
}

/// One row for each pass.
pub(crate) fn table(passes: &[(&str, &Pass)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["pass", "pages", "computed", "from cache", "time"]);
    for (name, pass) in passes {
        table.add_row([
            (*name).to_owned(),
            pass.shown().count().to_string(),
            pass.computed.len().to_string(),
            pass.cached.len().to_string(),
            milliseconds(pass.took),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// `3 pages`, `1 page`.
pub(crate) fn count(number: impl fmt::Display, thing: &str) -> String {
    let number = number.to_string();
    let end = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{end}")
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

const MOST_SENTENCES: usize = 20;
