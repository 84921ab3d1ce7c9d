//! `historie/`: every issue of every figure, long, one file an issue and one row more a retraction (DESIGN §6).
//!
//! Nothing of it is ever rewritten. A reader takes the store *as of* an instant by the rows whose `gepubliceerd_op` is not later: of
//! each period the highest `uitgave` that is not retracted by then.

use std::fmt;

use super::columns::tables::HISTORY_EVENT;
use super::{Column, Erratum, Issue, SnapshotTable};

/// What a row of the history tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryEvent {
    /// A figure of an issue.
    Uitgave,
    /// The issue is retracted; the row has no figure.
    Intrekking,
}

impl HistoryEvent {
    /// The code in the column `gebeurtenis`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Uitgave => "uitgave",
            Self::Intrekking => "intrekking",
        }
    }
}

/// A table of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HistoryTable {
    /// Counts: kerncijfers (dimensie `totaal`) and verdelingen.
    Cijfers,
    /// Indicators.
    Indicatoren,
}

impl HistoryTable {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Cijfers, Self::Indicatoren];
    /// The folder in the published store.
    pub const FOLDER: &str = "historie";

    /// The name: that of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cijfers => "cijfers",
            Self::Indicatoren => "indicatoren",
        }
    }

    /// The table whose columns the rows have after those of the event.
    pub fn rows_of(self) -> SnapshotTable {
        match self {
            Self::Cijfers => SnapshotTable::Verdelingen,
            Self::Indicatoren => SnapshotTable::Indicatoren,
        }
    }

    /// The columns, in order: the event, then the figure. All of a figure are absent in the row of a retraction but `periode`.
    pub fn columns(self) -> impl Iterator<Item = Column> {
        let figure = self.rows_of().columns().iter().map(|column| Column {
            key: false,
            nullable: column.name != "periode",
            ..*column
        });
        HISTORY_EVENT.iter().copied().chain(figure)
    }

    /// The path of an issue's file: `historie/cijfers/four_weeks/2020W407/2.parquet`.
    pub fn file(self, issue: Issue) -> String {
        self.path(issue, "parquet")
    }

    /// The path of the row that retracts an issue; in the history of counts only.
    pub fn retraction(erratum: &Erratum) -> String {
        Self::Cijfers.path(erratum.issue(), "intrekking.parquet")
    }

    fn path(self, issue: Issue, end: &str) -> String {
        let Issue { periode, uitgave } = issue;
        format!("{}/{}/{}/{periode}/{uitgave}.{end}", Self::FOLDER, self.name(), periode.kind())
    }
}

impl fmt::Display for HistoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_event_and_the_period_are_always_there() {
        for table in HistoryTable::ALL {
            let required: Vec<&str> =
                table.columns().filter(|column| !column.nullable).map(|column| column.name).collect();
            assert_eq!(required, ["cadans", "uitgave", "gepubliceerd_op", "gebeurtenis", "periode"]);
        }
    }

    #[test]
    fn paths_name_the_issue() {
        let issue = Issue { periode: "2020W407".parse().unwrap(), uitgave: 2 };
        assert_eq!(HistoryTable::Cijfers.file(issue), "historie/cijfers/four_weeks/2020W407/2.parquet");
    }
}
