//! Tables in files: CSV with `;` or `,`, or Parquet. Every field is read as text.

use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};
use vt_disclosure::attack::spec::{RawRow, RawTable};

use super::parquet;

/// First bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// A file that can't be read or written as a table.
#[derive(Debug, thiserror::Error)]
#[error("{}: {rule}", path.display())]
pub(super) struct FileError {
    path: PathBuf,
    rule: String,
}

impl FileError {
    pub(super) fn new(path: &Path, rule: impl Into<String>) -> Self {
        Self { path: path.to_owned(), rule: rule.into() }
    }
}

/// A table as it was read.
pub(super) struct TableFile {
    /// As the specification names it.
    pub(super) name: String,
    pub(super) table: RawTable,
    pub(super) form: Form,
}

/// How a table is stored.
pub(super) enum Form {
    /// Text, with this between the fields.
    Csv(u8),
    /// Parquet, with its columns as they were.
    Parquet(RecordBatch),
}

impl TableFile {
    /// Reads a table, whatever its form.
    pub(super) fn read(name: &str, path: &Path) -> Result<Self, FileError> {
        let bytes = std::fs::read(path).map_err(|error| FileError::new(path, error.to_string()))?;
        let (table, form) = if bytes.starts_with(PARQUET) {
            let batch = parquet::read(bytes).map_err(|rule| FileError::new(path, rule))?;
            let table = parquet::text(&batch).map_err(|rule| FileError::new(path, rule))?;
            (table, Form::Parquet(batch))
        } else {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(&bytes);
            let separator = separator(bytes);
            let table = read_csv(bytes, separator).map_err(|rule| FileError::new(path, rule))?;
            (table, Form::Csv(separator))
        };
        if let Some(twice) = table.header.iter().enumerate().find(|(index, name)| table.header[..*index].contains(name))
        {
            return Err(FileError::new(path, format!("column {} is there twice", twice.1)));
        }
        Ok(Self { name: name.to_owned(), table, form })
    }

    /// What stands between the fields of answers about this table.
    pub(super) fn separator(&self) -> u8 {
        match self.form {
            Form::Csv(separator) => separator,
            Form::Parquet(_) => b';',
        }
    }
}

/// `;` or `,`: what the header has more of.
fn separator(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| header.iter().filter(|&&byte| byte == separator).count();
    if count(b',') > count(b';') { b',' } else { b';' }
}

fn read_csv(bytes: &[u8], separator: u8) -> Result<RawTable, String> {
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(bytes);
    let header = fields(reader.headers().map_err(|error| error.to_string())?);
    if header.iter().all(String::is_empty) {
        return Err("has no header".to_owned());
    }
    let mut rows = Vec::new();
    let mut lines = Lines { bytes, at: 0, number: 1 };
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let number = lines.of(record.position().map_or(0, csv::Position::byte));
        if record.len() != header.len() {
            return Err(format!("line {number}: has {} fields, the header {}", record.len(), header.len()));
        }
        rows.push(RawRow { number, fields: fields(&record) });
    }
    Ok(RawTable { unit: "line", header, rows })
}

/// Counts lines as an editor does. The reader's own count has a record begin at the blank lines before it.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    number: u64,
}

impl Lines<'_> {
    /// Number of the line that the record found from this byte on stands on; bytes must not go back.
    fn of(&mut self, from: u64) -> u64 {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        while let Some(&byte) = self.bytes.get(self.at)
            && (self.at < from || matches!(byte, b'\r' | b'\n'))
        {
            self.number += u64::from(byte == b'\n');
            self.at += 1;
        }
        self.number
    }
}

fn fields(record: &StringRecord) -> Vec<String> {
    record.iter().map(|field| field.trim().to_owned()).collect()
}

/// CSV text of rows of fields.
pub(super) fn csv_text<R, F>(separator: u8, rows: impl IntoIterator<Item = R>) -> Result<Vec<u8>, csv::Error>
where
    R: IntoIterator<Item = F>,
    F: AsRef<[u8]>,
{
    let mut writer: Writer<Vec<u8>> = WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_what_the_header_has_more_of() {
        assert_eq!(separator(b"a;b\n1,2;3\n"), b';');
        assert_eq!(separator(b"a,b;c,d\n"), b',');
        assert_eq!(separator(b"alone\n"), b';');
    }

    #[test]
    fn rows_are_numbered_as_an_editor_does() {
        let table = read_csv(b"a;b\n\n1;\"two\nlines\"\n3;4\n", b';').unwrap();
        assert_eq!(table.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 5]);
        let table = read_csv(b"a;b\r\n1;2\r\n\r\n3;4\r\n", b';').unwrap();
        assert_eq!(table.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
        assert!(read_csv(b"a;b\n1\n", b';').unwrap_err().starts_with("line 2: has 1 fields"));
    }
}
