//! A snapshot with a made-up history: the period's own figures, scaled by a seasonal pattern, stand for earlier ones.

use std::sync::Arc;

use object_store::ObjectStore;
use vt_domain::Period;
use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_domain::snapshot::{ERRATUM_FORMAAT, Erratum, ErratumKind, Issue, SnapshotTable, Status};

use crate::indicators::{BaseFigures, Bases, OtherIssue};
use crate::publish::fixture::{Case, draft, reservation};
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::render::{Contents, render};
use crate::report::data::NL;
use crate::reservation::Base;
use crate::shelf::{Shelf, Shelved};
use crate::tables::{Figures, TableRows, Value};

/// What [`Contents`] borrows from.
pub(super) struct MadeUp {
    pub explanation: Explanation,
    pub tables: [TableRows; 5],
    pub bases: Bases,
}

impl MadeUp {
    pub fn contents(&self) -> Contents<'_> {
        Contents { explanation: &self.explanation, tables: &self.tables, bases: &self.bases }
    }

    /// Gives an indicator of the Netherlands another remark.
    pub fn remark(&mut self, indicator: &str, text: Option<&str>) {
        let rows = self.tables.iter_mut().find(|rows| rows.table == SnapshotTable::Indicatoren).unwrap();
        let place = |name| rows.table.column(name).unwrap();
        let (code, remark) = (place("indicator"), place("opmerking"));
        for row in rows.rows.iter_mut().filter(|row| row[code].text() == Some(indicator) && row[4].text() == Some(NL)) {
            row[remark] = Value::optional_text(text);
        }
    }

    /// Gives a region another code and name in all tables.
    pub fn rename(&mut self, from: &str, to: &str, name: &str) {
        for row in self.tables.iter_mut().flat_map(|table| table.rows.iter_mut()) {
            if row[4].text() == Some(from) {
                row[4] = Value::Text(to.into());
                row[5] = Value::Text(name.into());
            }
        }
    }
}

/// The snapshot of a case, with earlier periods of its kind from `first` on.
pub(super) fn made_up(case: &Case, first: &str) -> MadeUp {
    let own = draft(&Case { absent: &[], partial: &[], ..case.clone() });
    let issue = own.issue();
    let first: Period = first.parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| Some(period.next()));
    let periods: Vec<Period> = periods.take_while(|period| *period < issue.periode).collect();
    let totals = own.table(SnapshotTable::Kerncijfers);
    let bases = periods.iter().map(|&periode| Arc::new(base(periode, totals, issue.periode))).collect();
    let mut bases = Bases::new(bases);
    if let Some(&before) = periods.last() {
        let scale = |table| scaled(own.table(table), before, issue.periode);
        let (totals, parts) = (scale(SnapshotTable::Kerncijfers), scale(SnapshotTable::Verdelingen));
        let issue = Issue { periode: before, uitgave: 1 };
        bases.previous_period = Some(Arc::new(OtherIssue { issue, bestanden: Vec::new(), totals, parts }));
    }
    rendered(case, bases)
}

fn rendered(case: &Case, bases: Bases) -> MadeUp {
    let mut reservation = reservation(case);
    reservation.vergelijking =
        bases.issues().map(|(periode, uitgave)| Base { periode, uitgave, sha256: "00".repeat(32) }).collect();
    let draft = render(&reservation, Register::builtin(), CodeLists::builtin(), &bases).unwrap();
    let file = draft.files().iter().find(|file| file.entry.naam == EXPLANATION_FILE).unwrap();
    let explanation = Explanation::from_bytes(&file.bytes).unwrap();
    MadeUp { explanation, tables: SnapshotTable::ALL.map(|table| draft.table(table).clone()), bases }
}

fn base(periode: Period, totals: &TableRows, own: Period) -> BaseFigures {
    BaseFigures {
        periode,
        uitgave: 1,
        herzien: false,
        bestand: Issue { periode, uitgave: 1 }.file("kerncijfers.json"),
        sha256: "00".repeat(32),
        figures: Figures::from_rows([&scaled(totals, periode, own)]),
    }
}

/// Counts of another period: somewhat more or less, and provisional near the end; one region lacks a few periods.
fn scaled(rows: &TableRows, period: Period, own: Period) -> TableRows {
    let place = |name| rows.table.column(name).unwrap();
    let (waarde, marge, status, reden) = (place("waarde"), place("marge"), place("status"), place("reden_leeg"));
    let mut scaled = rows.clone();
    for (number, row) in scaled.rows.iter_mut().enumerate() {
        let Some(value) = row[waarde].int() else { continue };
        let wave = i64::from((period.number() * 7 + u32::try_from(number % 5).unwrap()) % 13) - 6;
        let year = i64::from(period.iso_year() - own.iso_year());
        let days = i64::from(period.days()) * 100 / i64::from(own.days());
        row[waarde] = Value::Int((value * days * (100 + 2 * wave + 4 * year) / 10_000 + 2) / 5 * 5);
        let recent = period.iso_year() == own.iso_year();
        row[status] = Value::Text(if recent { Status::NaderVoorlopig } else { Status::Definitief }.code().into());
        if row[4].text() == Some("VT09") && period.number() % 10 == 5 {
            (row[waarde], row[marge], row[reden]) = (Value::Null, Value::Null, Value::Text("onvolledig".into()));
        }
    }
    scaled
}

/// An erratum or retraction of an issue.
pub(super) fn some(nummer: u32, issue: Issue, soort: ErratumKind, tekst: &str) -> Erratum {
    Erratum {
        vorige: None,
        historie: None,
        formaat: ERRATUM_FORMAAT,
        nummer,
        soort,
        periode: issue.periode,
        uitgave: issue.uitgave,
        tekst: tekst.to_owned(),
        gepubliceerd_op: "2021-04-01T08:30:00Z".parse().unwrap(),
        software: "vt-monitor 0.1.0".into(),
    }
}

/// A shelf of which the newest issue is retracted and the one before has an erratum.
pub(super) async fn retracting(store: &Arc<impl ObjectStore>) -> Shelf {
    let mut shelf = Shelf::read(store.as_ref()).await.unwrap();
    let issues: Vec<Issue> = shelf.snapshots.keys().copied().collect();
    let newest = some(1, issues[2], ErratumKind::Intrekking, "De regio's zijn verwisseld.");
    let before = some(2, issues[1], ErratumKind::Erratum, "De verdeling naar aard van VT12 ontbreekt in deze uitgave.");
    for content in [newest, before] {
        shelf.errata.insert(content.nummer, Shelved { content, sha256: "aa".into() });
    }
    shelf
}
