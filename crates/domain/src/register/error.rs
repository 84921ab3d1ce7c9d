//! What can be wrong with the register's data, said so that it can be mended: file, line, field, rule.

use chrono::NaiveDate;

/// A mistake in a data file of the register. The first one met is reported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}, field `{field}`: {rule}")]
pub struct RegisterError {
    /// The file's name, as in [`RegisterSource`](super::RegisterSource).
    pub file: &'static str,
    /// The line in the file, from 1; comment lines count.
    pub line: u64,
    /// The column, or `*` when it is the whole line.
    pub field: &'static str,
    /// The rule that was broken.
    pub rule: RegisterRule,
}

/// The rules for the register's data files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRule {
    /// The header row is another one.
    #[error("the header must be `{expected}`")]
    Header {
        /// The header that is expected.
        expected: String,
    },
    /// The CSV itself cannot be read.
    #[error("cannot be read as CSV with {columns} columns")]
    Csv {
        /// How many columns a line has.
        columns: usize,
    },
    /// A file without rows.
    #[error("has no rows")]
    NoRows,
    /// An empty field, or one with spaces around it.
    #[error("must be filled, without spaces around it")]
    Blank,
    /// No code of the kind.
    #[error("`{value}` is no code: write {prefix} and {digits} digits, not all zero")]
    Code {
        /// What stands there.
        value: String,
        /// The letters a code begins with.
        prefix: &'static str,
        /// How many digits follow.
        digits: usize,
    },
    /// No date.
    #[error("`{0}` is no date: write 2022-03-24")]
    Date(String),
    /// No number of inhabitants or no year.
    #[error("`{0}` is no whole number from {1} to {2}")]
    Number(String, u64, u64),
    /// Not a kind of herindeling.
    #[error("`{0}` is unknown: write fusie, toevoeging or splitsing")]
    Kind(String),
    /// `tot` is not after `van`.
    #[error("must lie after van ({0})")]
    EndBeforeBegin(NaiveDate),
    /// The same key twice.
    #[error("{0} stands twice")]
    Twice(String),
    /// A gemeente twice on one day.
    #[error("{code} is already in force on {day}: two rows of a gemeente may not overlap")]
    Overlap {
        /// The gemeente.
        code: String,
        /// The first day that is double.
        day: NaiveDate,
    },
    /// A gemeente that is away for a while.
    #[error("{code} is in no region from {from} until {until}: rows of a gemeente must join")]
    Gap {
        /// The gemeente.
        code: String,
        /// The first day without a row.
        from: NaiveDate,
        /// The day on which the next row begins.
        until: NaiveDate,
    },
    /// A code that stands in no row of its own file.
    #[error("{0} is not in {1}")]
    UnknownCode(String, &'static str),
    /// A region or gemeente that is not in force on a day on which it is needed.
    #[error("{code} is not in force on {day}")]
    NotInForce {
        /// The region or gemeente.
        code: String,
        /// The first day on which it is missing.
        day: NaiveDate,
    },
    /// The register begins too late.
    #[error("the register must begin on {0} or before")]
    BeginsLate(NaiveDate),
    /// A gemeente ends and nothing says where its inhabitants are.
    #[error("{0} ends, but no row of herindelingen.csv says where it went on that day")]
    NoSuccessor(String),
    /// A gemeente begins and nothing says where it comes from.
    #[error("{0} begins after the register's first day, but no row of herindelingen.csv says from what")]
    NoPredecessor(String),
    /// A herindeling on a day on which the gemeente does not end.
    #[error("{0} does not end on that day")]
    DoesNotEnd(String),
    /// A fusie or toevoeging with more than one successor.
    #[error("{0} goes to more than one gemeente: that is a splitsing")]
    SeveralSuccessors(String),
    /// A splitsing with one successor.
    #[error("{0} goes to one gemeente only: that is a fusie or toevoeging")]
    OneSuccessor(String),
    /// A fusie into a gemeente that was there, or a toevoeging to one that was not.
    #[error("a fusie goes to a gemeente that begins on that day, a toevoeging to one that was there; {0} is not so")]
    WrongKind(String),
    /// A region without a gemeente.
    #[error("{code} has no gemeente on {day}")]
    Empty {
        /// The region.
        code: String,
        /// The first day without.
        day: NaiveDate,
    },
}
