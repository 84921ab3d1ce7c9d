//! Reads one CSV file of the register, strictly, and keeps line numbers for the messages.

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord};

use super::error::{RegisterError, RegisterRule};

/// A value with the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct Numbered<T> {
    pub line: u64,
    pub value: T,
}

/// The rows of one file.
#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    pub file: &'static str,
    pub rows: Vec<Numbered<T>>,
    /// The rows as text, sorted: the same data give the same lines whatever the order, comments or line ends.
    pub canonical: Vec<String>,
}

impl<T> Table<T> {
    /// This table, when it has rows.
    pub fn filled(self) -> Result<Self, RegisterError> {
        if self.rows.is_empty() { Err(self.error(1, "*", RegisterRule::NoRows)) } else { Ok(self) }
    }

    /// An error about one line of this file.
    pub fn error(&self, line: u64, field: &'static str, rule: RegisterRule) -> RegisterError {
        RegisterError { file: self.file, line, field, rule }
    }
}

/// One row while it is read.
pub(super) struct Row<'a> {
    file: &'static str,
    line: u64,
    columns: &'static [&'static str],
    record: &'a StringRecord,
}

impl Row<'_> {
    /// An error about a field of this row.
    pub fn error(&self, field: &'static str, rule: RegisterRule) -> RegisterError {
        RegisterError { file: self.file, line: self.line, field, rule }
    }

    fn raw(&self, field: &'static str) -> &str {
        self.columns
            .iter()
            .position(|column| *column == field)
            .and_then(|index| self.record.get(index))
            .unwrap_or_default()
    }

    /// A text that must be filled.
    pub fn text(&self, field: &'static str) -> Result<String, RegisterError> {
        let text = self.raw(field);
        if text.is_empty() || text.trim() != text {
            return Err(self.error(field, RegisterRule::Blank));
        }
        Ok(text.to_owned())
    }

    /// A code such as `VT07`: letters and digits, not all zero (VR00 is ours, not a region).
    pub fn code(&self, field: &'static str, prefix: &'static str, digits: usize) -> Result<String, RegisterError> {
        let value = self.raw(field);
        if is_code(value, prefix, digits) {
            return Ok(value.to_owned());
        }
        let value = value.chars().take(20).collect();
        Err(self.error(field, RegisterRule::Code { value, prefix, digits }))
    }

    /// A date.
    pub fn date(&self, field: &'static str) -> Result<NaiveDate, RegisterError> {
        parse_date(self.raw(field))
            .ok_or_else(|| self.error(field, RegisterRule::Date(self.raw(field).chars().take(20).collect())))
    }

    /// The columns `van` and `tot`: the end is exclusive, later than the begin, and may be open.
    pub fn span(&self) -> Result<(NaiveDate, Option<NaiveDate>), RegisterError> {
        let van = self.date("van")?;
        let tot = if self.raw("tot").is_empty() { None } else { Some(self.date("tot")?) };
        match tot {
            Some(tot) if tot <= van => Err(self.error("tot", RegisterRule::EndBeforeBegin(van))),
            _ => Ok((van, tot)),
        }
    }

    /// A whole number within bounds.
    pub fn number(&self, field: &'static str, low: u64, high: u64) -> Result<u64, RegisterError> {
        let text = self.raw(field);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten().filter(|number| (low..=high).contains(number));
        number.ok_or_else(|| self.error(field, RegisterRule::Number(text.chars().take(20).collect(), low, high)))
    }
}

/// Whether a text is `prefix` and exactly so many digits, not all zero.
pub(crate) fn is_code(text: &str, prefix: &str, digits: usize) -> bool {
    let Some(rest) = text.strip_prefix(prefix) else { return false };
    rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_digit()) && rest.bytes().any(|byte| byte != b'0')
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    // chrono alone accepts `2022-3-24`: one way of writing keeps files comparable.
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// Reads all rows of a file.
pub(super) fn read<T>(
    file: &'static str,
    text: &str,
    columns: &'static [&'static str],
    parse: impl Fn(&Row<'_>) -> Result<T, RegisterError>,
) -> Result<Table<T>, RegisterError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let error = |line, rule| RegisterError { file, line, field: "*", rule };
    let mut reader = ReaderBuilder::new().has_headers(false).comment(Some(b'#')).from_reader(text.as_bytes());
    let mut table = Table { file, rows: Vec::new(), canonical: Vec::new() };
    let mut header_seen = false;
    for record in reader.records() {
        let record = record
            .map_err(|cause| error(line_of(cause.position(), text), RegisterRule::Csv { columns: columns.len() }))?;
        let line = line_of(record.position(), text);
        if !header_seen {
            if record.iter().ne(columns.iter().copied()) {
                return Err(error(line, RegisterRule::Header { expected: columns.join(",") }));
            }
            header_seen = true;
            continue;
        }
        let value = parse(&Row { file, line, columns, record: &record })?;
        table.canonical.push(record.iter().collect::<Vec<_>>().join("\u{1f}"));
        table.rows.push(Numbered { line, value });
    }
    if !header_seen {
        return Err(error(1, RegisterRule::Header { expected: columns.join(",") }));
    }
    table.canonical.sort_unstable();
    Ok(table)
}

/// The line of a record. The reader's own position may lie before comments and empty lines that it skips.
fn line_of(position: Option<&csv::Position>, text: &str) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let skipped = rest.lines().take_while(|line| line.is_empty() || line.starts_with('#')).count();
    position.line() + skipped as u64
}
