//! What commands answer on standard output: a table for people, JSON for programs.

use std::io::Write;

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Where a command's answer goes, and in which form.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON, or text for people.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Answers with a value: as JSON, or as the text that `text` makes.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn answer<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let answer = if self.json { serde_json::to_string_pretty(value)? } else { text(value) };
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{}", answer.trim_end()).and_then(|()| out.flush()) {
            // Whoever reads has seen enough (`| head`): no failure of ours.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}

/// A plain table with a header.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// `1 region`, `2 regions`.
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up() {
        let text = table(
            ["region", "months"],
            [["VT01".to_owned(), "25".to_owned()], ["VT07 Gooi".to_owned(), "3".to_owned()]],
        );
        insta::assert_snapshot!(text, @r"
         region     months
         VT01       25
         VT07 Gooi  3
        ");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!((count(1, "region"), count(0, "region")), ("1 region".to_owned(), "0 regions".to_owned()));
    }
}
