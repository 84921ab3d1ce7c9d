//! Reads columns of a row, naming table and column when one can't be read.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::code;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::time;

/// A row of a table.
pub(crate) struct Columns<'r> {
    table: &'static str,
    row: &'r AnyRow,
}

impl<'r> Columns<'r> {
    /// A row of `table`.
    pub(crate) fn of(table: &'static str, row: &'r AnyRow) -> Self {
        Self { table, row }
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> Result<Option<String>, LedgerError> {
        self.row.try_get(column).map_err(|_| self.damaged(column))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String, LedgerError> {
        self.optional_text(column)?.ok_or_else(|| self.damaged(column))
    }

    pub(crate) fn integer(&self, column: &'static str) -> Result<i64, LedgerError> {
        self.row.try_get(column).map_err(|_| self.damaged(column))
    }

    /// A whole number; `None` where the column is null.
    pub(crate) fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, LedgerError> {
        self.row.try_get(column).map_err(|_| self.damaged(column))
    }

    /// The status of an answer over HTTP.
    pub(crate) fn status(&self, column: &'static str) -> Result<u16, LedgerError> {
        u16::try_from(self.integer(column)?).map_err(|_| self.damaged(column))
    }

    /// A count; `None` where the column is null.
    pub(crate) fn optional_count(&self, column: &'static str) -> Result<Option<u64>, LedgerError> {
        let value = self.optional_integer(column)?;
        value.map(|value| u64::try_from(value).map_err(|_| self.damaged(column))).transpose()
    }

    pub(crate) fn count(&self, column: &'static str) -> Result<u64, LedgerError> {
        self.optional_count(column)?.ok_or_else(|| self.damaged(column))
    }

    /// A small number, such as a delivery's or an issue's.
    pub(crate) fn number(&self, column: &'static str) -> Result<u32, LedgerError> {
        u32::try_from(self.integer(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn optional_instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, LedgerError> {
        self.optional_text(column)?.map(|text| time::instant(&text).ok_or_else(|| self.damaged(column))).transpose()
    }

    pub(crate) fn instant(&self, column: &'static str) -> Result<DateTime<Utc>, LedgerError> {
        self.optional_instant(column)?.ok_or_else(|| self.damaged(column))
    }

    /// A value of an enumeration.
    pub(crate) fn code<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, LedgerError> {
        code::value(&self.text(column)?).ok_or_else(|| self.damaged(column))
    }

    /// A value of an enumeration; `None` where the column is null.
    pub(crate) fn optional_code<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, LedgerError> {
        self.optional_text(column)?.map(|text| code::value(&text).ok_or_else(|| self.damaged(column))).transpose()
    }

    /// A value that reads itself from text: a month, a period, a day.
    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, LedgerError> {
        self.text(column)?.parse().map_err(|_| self.damaged(column))
    }

    /// A value that reads itself from text; `None` where the column is null.
    pub(crate) fn optional_parsed<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, LedgerError> {
        self.optional_text(column)?.map(|text| text.parse().map_err(|_| self.damaged(column))).transpose()
    }

    /// Yes or no, kept as 1 or 0.
    pub(crate) fn flag(&self, column: &'static str) -> Result<bool, LedgerError> {
        match self.integer(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.damaged(column)),
        }
    }

    /// A fault in two columns; `None` where both are null.
    pub(crate) fn optional_fault(
        &self,
        class: &'static str,
        message: &'static str,
    ) -> Result<Option<Fault>, LedgerError> {
        match (self.optional_text(class)?, self.optional_text(message)?) {
            (Some(class), Some(message)) => Ok(Some(Fault { class, message })),
            (None, None) => Ok(None),
            _ => Err(self.damaged(class)),
        }
    }

    /// A fault in two columns that are never null.
    pub(crate) fn fault(&self, class: &'static str, message: &'static str) -> Result<Fault, LedgerError> {
        Ok(Fault { class: self.text(class)?, message: self.text(message)? })
    }

    fn damaged(&self, column: &'static str) -> LedgerError {
        LedgerError::Damaged { table: self.table, column }
    }
}

/// A count as a database keeps it. No count of ours comes near 2⁶³; the largest number stands for any that would.
pub(crate) fn bigint(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
