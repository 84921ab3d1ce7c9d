//! What the page reads of a snapshot: its rows by name, its regions in order.

use std::collections::BTreeMap;

use vt_domain::measure::Maat;
use vt_domain::snapshot::{RedenLeeg, SnapshotTable, Status};

use super::format;
use crate::indicators::Bases;
use crate::render::Contents;
use crate::render::explanation::Explanation;
use crate::tables::{Figure, Figures, Row};

/// Code of the Netherlands.
pub(super) const NL: &str = "NL01";
/// Type of the Veilig Thuis regions.
pub(super) const VT: &str = "VT";
/// Type of the veiligheidsregio's.
pub(super) const VR: &str = "VR";

/// A row with its column names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    table: SnapshotTable,
    row: &'a Row,
}

impl<'a> Line<'a> {
    fn value(&self, column: &str) -> Option<&'a crate::tables::Value> {
        self.row.get(self.table.column(column)?)
    }

    /// A text; empty when absent.
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.value(column).and_then(|value| value.text()).unwrap_or_default()
    }

    /// A whole number.
    pub(super) fn int(&self, column: &str) -> Option<i64> {
        self.value(column).and_then(|value| value.int())
    }

    /// A number.
    pub(super) fn float(&self, column: &str) -> Option<f64> {
        self.value(column).and_then(|value| value.float())
    }
}

/// An area of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region<'a> {
    /// `VT07`.
    pub(super) code: &'a str,
    /// Its name.
    pub(super) naam: &'a str,
}

/// An indicator of an area.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indicator<'a> {
    /// Value and margin; nothing when it is empty.
    pub(super) measured: Option<(f64, f64)>,
    /// Why it is empty.
    pub(super) reden: Option<RedenLeeg>,
    /// The status of the area's figures.
    pub(super) status: &'a str,
    /// What a reader must know.
    pub(super) opmerking: &'a str,
}

impl Indicator<'_> {
    /// Why it is empty, in words, with the remark.
    pub(super) fn why(&self) -> String {
        let reason = format::reason(self.reden);
        match format::remark(self.opmerking) {
            remark if remark.is_empty() => reason.to_owned(),
            remark => format!("{reason}: {remark}"),
        }
    }
}

/// A snapshot as the page reads it.
pub(super) struct Data<'a> {
    contents: &'a Contents<'a>,
    /// The counts.
    pub(super) figures: Figures,
    /// The Veilig Thuis regions, by code.
    pub(super) regions: Vec<Region<'a>>,
    indicators: BTreeMap<[&'a str; 3], Line<'a>>,
}

impl<'a> Data<'a> {
    pub(super) fn new(contents: &'a Contents<'a>) -> Self {
        let totals = contents.table(SnapshotTable::Kerncijfers);
        let figures = Figures::from_rows([totals, contents.table(SnapshotTable::Verdelingen)]);
        let mut data = Self { contents, figures, regions: Vec::new(), indicators: BTreeMap::new() };
        data.regions = data.areas(VT);
        let key = |line: Line<'a>| ["regio_code", "indicator", "maat"].map(|column| line.text(column));
        data.indicators = data.lines(SnapshotTable::Indicatoren).map(|line| (key(line), line)).collect();
        data
    }

    /// The areas of a type, by code.
    pub(super) fn areas(&self, kind: &str) -> Vec<Region<'a>> {
        let lines = self.lines(SnapshotTable::Kerncijfers).filter(|line| line.text("regio_type") == kind);
        let mut areas: Vec<Region<'a>> =
            lines.map(|line| Region { code: line.text("regio_code"), naam: line.text("regio") }).collect();
        areas.dedup();
        areas
    }

    /// The rows of a table, in order.
    pub(super) fn lines(&self, table: SnapshotTable) -> impl Iterator<Item = Line<'a>> + use<'a> {
        self.contents.table(table).rows.iter().map(move |row| Line { table, row })
    }

    /// What a reader must know.
    pub(super) fn explanation(&self) -> &'a Explanation {
        self.contents.explanation
    }

    /// Earlier figures.
    pub(super) fn bases(&self) -> &'a Bases {
        self.contents.bases
    }

    /// A total.
    pub(super) fn total(&self, regio: &str, maat: Maat) -> Option<Figure> {
        self.figures.total(regio, maat)
    }

    /// An indicator.
    pub(super) fn indicator(&self, regio: &str, indicator: &str, maat: Maat) -> Option<Indicator<'a>> {
        let line = self.indicators.get(&[regio, indicator, maat.code()])?;
        Some(Indicator {
            measured: line.float("waarde").zip(line.float("marge")),
            reden: line.text("reden_leeg").parse().ok(),
            status: line.text("status"),
            opmerking: line.text("opmerking"),
        })
    }

    /// The title of a region: code and name.
    pub(super) fn title(&self, code: &str) -> String {
        let found = self.regions.iter().find(|region| region.code == code);
        found.map_or_else(|| code.to_owned(), |region| format!("{code} {}", region.naam))
    }

    /// How far a published count can be from the registered one.
    pub(super) fn bound(&self) -> i64 {
        self.explanation().beleid.grens.into()
    }
}

/// A status of the tables in words.
pub(super) fn status_words(code: &str) -> String {
    code.parse::<Status>().map_or_else(|_| format::words(code), |status| format::status(status).to_owned())
}
