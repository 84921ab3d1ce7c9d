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
    pub(super) path: PathBuf,
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
        Ok(Self { name: name.to_owned(), path: path.to_owned(), table, form })
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
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let number = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            return Err(format!("line {number}: has {} fields, the header {}", record.len(), header.len()));
        }
        rows.push(RawRow { number, fields: fields(&record) });
    }
    Ok(RawTable { unit: "line", header, rows })
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
        assert!(read_csv(b"a;b\n1\n", b';').unwrap_err().starts_with("line 2: has 1 fields"));
    }
}
