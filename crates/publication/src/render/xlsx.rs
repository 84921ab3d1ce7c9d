//! `tabellen.xlsx`: the tables for readers who open a spreadsheet. Numbers are numbers, days are days, and nothing is a formula.

mod layout;
mod notes;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use vt_domain::snapshot::{Column, SnapshotTable};

use super::Contents;
use crate::tables::{TableRows, Value};
use layout::{Layout, number_format, width};

/// The file's name within the snapshot's folder.
pub const WORKBOOK_FILE: &str = "tabellen.xlsx";

/// The media type in the manifest.
pub const WORKBOOK_MEDIATYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Titles in the first row, codes of the columns in the second: figures begin in the third.
const FIRST_ROW: u32 = 2;
/// The number of A4 among a spreadsheet's papers.
const PAPER_A4: u8 = 9;
/// The day that serial day 0 of a spreadsheet stands for (right from March 1900 on).
const DAY_ZERO: (i32, u32, u32) = (1899, 12, 30);
/// Heading and code of the column that spells the period out.
const PERIOD_IN_WORDS: [&str; 2] = ["Periode in woorden", "periode_label"];

/// The tables could not be written as a workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// The library refused it.
    #[error("the workbook cannot be written: {0}")]
    Write(#[from] XlsxError),
    /// More than a sheet can hold.
    #[error("{0} has more rows or columns than a sheet can hold")]
    TooLarge(SnapshotTable),
}

/// The formats of cells.
struct Formats {
    title: Format,
    bold: Format,
    code: Format,
    wrapped: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            title: Format::new().set_bold().set_font_size(14),
            bold: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
            code: Format::new().set_italic(),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}

/// Writes the workbook of a snapshot; the same contents give the same bytes.
///
/// # Errors
/// [`WorkbookError`] when a table is larger than a sheet.
pub fn workbook(contents: &Contents<'_>) -> Result<Vec<u8>, WorkbookError> {
    let explanation = contents.explanation;
    let formats = Formats::new();
    let mut book = Workbook::new();
    // A fixed moment in place of the clock: the bytes follow from what is published.
    let made = excel_day(explanation.eind)?;
    let title = format!("Monitor Veilig Thuis, {}, uitgave {}", explanation.label, explanation.uitgave);
    let properties = DocProperties::new().set_title(&title).set_author("vt-monitor").set_creation_datetime(&made);
    book.set_properties(&properties);
    notes::read_this(book.add_worksheet(), contents, &formats)?;
    for table in SnapshotTable::ALL {
        sheet(book.add_worksheet(), contents.table(table), &explanation.label, &formats)?;
    }
    notes::terms(book.add_worksheet(), contents, &formats)?;
    Ok(book.save_to_buffer()?)
}

fn excel_day(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    // Unwrap safety: periods lie in the years 2000–2099.
    let year = u16::try_from(day.year()).unwrap();
    // Unwrap safety: months and days of a month are smaller than 256.
    let (month, of_month) = (u8::try_from(day.month()).unwrap(), u8::try_from(day.day()).unwrap());
    ExcelDateTime::from_ymd(year, month, of_month)
}

/// `Kerncijfers` for `kerncijfers`.
fn sheet_name(table: SnapshotTable) -> String {
    let (first, rest) = table.name().split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn sheet(sheet: &mut Worksheet, rows: &TableRows, label: &str, formats: &Formats) -> Result<(), WorkbookError> {
    let layout = Layout::of(rows.table);
    let too_large = |_| WorkbookError::TooLarge(rows.table);
    // Behind the columns of the table stands that with the period in words.
    let last_column = u16::try_from(layout.order.len()).map_err(too_large)?;
    let count = u32::try_from(rows.rows.len()).map_err(too_large)?;
    sheet.set_name(sheet_name(rows.table))?;
    head(sheet, &layout, formats)?;
    let styles: Vec<Option<Format>> = layout.columns().map(style).collect();
    for (row, values) in (FIRST_ROW..).zip(&rows.rows) {
        for ((place, &of), style) in (0..).zip(&layout.order).zip(&styles) {
            write_cell(sheet, (row, place), &values[of], style.as_ref())?;
        }
        sheet.write_string(row, last_column, label)?;
    }
    sheet.set_freeze_panes(FIRST_ROW, layout.frozen)?;
    on_paper(sheet, Some(FIRST_ROW - 1))?;
    sheet.autofilter(FIRST_ROW - 1, 0, FIRST_ROW - 1 + count, last_column)?;
    Ok(())
}

/// A4 on its side, as wide as the paper, with the head rows up to `head` and the page's number on each page.
fn on_paper(sheet: &mut Worksheet, head: Option<u32>) -> Result<(), XlsxError> {
    sheet.set_paper_size(PAPER_A4).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_footer("&L&A&RBladzijde &P van &N");
    if let Some(last) = head {
        sheet.set_repeat_rows(0, last)?;
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, layout: &Layout, formats: &Formats) -> Result<(), XlsxError> {
    let [words, code] = PERIOD_IN_WORDS;
    let columns = layout.columns().map(|column| (column.title, column.name, width(column)));
    for (place, (title, code, width)) in (0..).zip(columns.chain([(words, code, 46.0)])) {
        sheet.write_string_with_format(0, place, title, &formats.bold)?;
        sheet.write_string_with_format(1, place, code, &formats.code)?;
        sheet.set_column_width(place, width)?;
    }
    sheet.set_row_height(0, 62)?;
    Ok(())
}

/// How the cells of a column look; nothing for most texts.
fn style(column: &Column) -> Option<Format> {
    // A longer label than its column is wide would end before what tells it from another.
    let label = || (column.name == "indicator_label").then(|| Format::new().set_text_wrap());
    number_format(column).map(|format| Format::new().set_num_format(format)).or_else(label)
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value,
    style: Option<&Format>,
) -> Result<(), XlsxError> {
    let number = match value {
        Value::Null => return Ok(()),
        // As a string whatever it begins with: never a formula.
        Value::Text(text) => {
            match style {
                Some(style) => sheet.write_string_with_format(row, column, &**text, style)?,
                None => sheet.write_string(row, column, &**text)?,
            };
            return Ok(());
        }
        Value::Day(day) => serial(*day),
        // Counts are far below 2^53, up to which a double is exact.
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
    };
    match style {
        Some(style) => sheet.write_number_with_format(row, column, number, style)?,
        None => sheet.write_number(row, column, number)?,
    };
    Ok(())
}

/// The number that a spreadsheet keeps for a day.
fn serial(day: NaiveDate) -> f64 {
    let (year, month, of_month) = DAY_ZERO;
    // Unwrap safety: 30 December 1899 is a day.
    let zero = NaiveDate::from_ymd_opt(year, month, of_month).unwrap();
    (day - zero).num_days() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::example::with_contents;
    use crate::publish::fixture::{case, draft};

    #[test]
    fn two_workbooks_of_one_snapshot_are_equal_and_another_is_not() {
        let (one, other) = (draft(&case("2020W407")), draft(&case("2020W127")));
        let first = with_contents(&one, |contents| workbook(contents).unwrap());
        assert!(first.starts_with(b"PK"));
        assert_eq!(first, with_contents(&one, |contents| workbook(contents).unwrap()));
        assert_ne!(first, with_contents(&other, |contents| workbook(contents).unwrap()));
    }

    #[test]
    fn days_are_the_numbers_of_a_spreadsheet() {
        let serial = |text: &str| serial(text.parse().unwrap());
        assert_eq!((serial("1900-03-01"), serial("2020-06-15")), (61.0, 43997.0));
    }
}
