//! The rows of `wijzigingen`: what differs from the issue before and from the period before, from published values (DESIGN §6).
//!
//! A figure stands in it when its value, its status or the reason for its absence differs. Against the issue before all figures are
//! compared; against the period before those of kerncijfers, and of verdelingen those of NL: by region nearly all differ there, and
//! mostly by rounding.

mod diff;
#[cfg(test)]
mod tests;

pub use diff::{Diff, DiffRow, diff};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vt_domain::Period;
use vt_domain::measure::Maat;
use vt_domain::snapshot::SnapshotTable;

use crate::indicators::breaks::forbidding;
use crate::indicators::{Bases, OtherIssue};
use crate::render::explanation::{ChangedFrom, Explanation, NamedFile};
use crate::tables::{Row, TableRows, Value};

/// What a total has for dimension and category.
pub(crate) const TOTAL: &str = "totaal";
/// What a total has for the label of its category.
pub(crate) const TOTAL_LABEL: &str = "Totaal";

/// With what a snapshot's figures are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The issue of the same period before this one.
    VorigeUitgave,
    /// The period before, in the issue that was newest.
    VorigePeriode,
}

impl Against {
    /// The code in the table.
    pub fn code(self) -> &'static str {
        match self {
            Self::VorigeUitgave => "vorige_uitgave",
            Self::VorigePeriode => "vorige_periode",
        }
    }
}

/// With which issues a snapshot is compared, as `toelichting.json` says it.
pub(crate) fn named(bases: &Bases) -> Vec<ChangedFrom> {
    let named = |(met, other): (Against, &Arc<OtherIssue>)| ChangedFrom {
        met,
        periode: other.issue.periode,
        uitgave: other.issue.uitgave,
        bestanden: other
            .bestanden
            .iter()
            .map(|(bestand, sha256)| NamedFile { bestand: bestand.clone(), sha256: sha256.clone() })
            .collect(),
    };
    compared(bases).into_iter().map(named).collect()
}

fn compared(bases: &Bases) -> Vec<(Against, &Arc<OtherIssue>)> {
    let issue = bases.previous_issue.iter().map(|other| (Against::VorigeUitgave, other));
    issue.chain(bases.previous_period.iter().map(|other| (Against::VorigePeriode, other))).collect()
}

/// The rows of `wijzigingen` of a snapshot with these counts.
pub fn change_rows(explanation: &Explanation, totals: &TableRows, parts: &TableRows, bases: &Bases) -> TableRows {
    let mut rows = Vec::new();
    for (against, other) in compared(bases) {
        let comparing = Comparing { explanation, against, other };
        for (ours, theirs) in [(totals, &other.totals), (parts, &other.parts)] {
            comparing.table(ours, theirs, &mut rows);
        }
    }
    TableRows::sorted(SnapshotTable::Wijzigingen, rows)
}

/// The rows by which two issues differ, whichever they are: `other` is the earlier one.
pub fn difference(explanation: &Explanation, issue: &OtherIssue, other: &Arc<OtherIssue>) -> TableRows {
    let against =
        if issue.issue.periode == other.issue.periode { Against::VorigeUitgave } else { Against::VorigePeriode };
    let comparing = Comparing { explanation, against, other };
    let mut rows = Vec::new();
    for (ours, theirs) in [(&issue.totals, &other.totals), (&issue.parts, &other.parts)] {
        comparing.table(ours, theirs, &mut rows);
    }
    TableRows::sorted(SnapshotTable::Wijzigingen, rows)
}

/// Area, measure, dimension and category.
type Key<'a> = [&'a str; 4];

/// The places of the columns that a comparison looks at.
struct Places {
    key: [Option<usize>; 4],
    label: Option<usize>,
    maat_label: usize,
    waarde: usize,
    marge: usize,
    status: usize,
    reden: usize,
}

impl Places {
    /// Nothing for a table without counts.
    fn of(table: SnapshotTable) -> Option<Self> {
        let place = |name| table.column(name);
        Some(Self {
            key: ["regio_code", "maat", "dimensie", "categorie"].map(place),
            label: place("categorie_label"),
            maat_label: place("maat_label")?,
            waarde: place("waarde")?,
            marge: place("marge")?,
            status: place("status")?,
            reden: place("reden_leeg")?,
        })
    }

    fn key<'r>(&self, row: &'r Row) -> Option<Key<'r>> {
        let text = |place: Option<usize>| match place {
            Some(place) => row[place].text(),
            None => Some(TOTAL),
        };
        Some([text(self.key[0])?, text(self.key[1])?, text(self.key[2])?, text(self.key[3])?])
    }
}

struct Comparing<'a> {
    explanation: &'a Explanation,
    against: Against,
    other: &'a OtherIssue,
}

impl Comparing<'_> {
    fn table(&self, ours: &TableRows, theirs: &TableRows, rows: &mut Vec<Row>) {
        let Some(places) = Places::of(ours.table) else { return };
        let known: BTreeMap<Key<'_>, &Row> =
            theirs.rows.iter().filter_map(|row| Some((places.key(row)?, row))).collect();
        let mut seen = BTreeSet::new();
        for row in &ours.rows {
            let Some(key) = places.key(row) else { continue };
            seen.insert(key);
            if self.looked_at(key) {
                rows.extend(self.row(&places, key, Some(row), known.get(&key).copied()));
            }
        }
        // What only the other has: an area that is no longer in force, a category that is no longer in the lists.
        for (key, row) in known.into_iter().filter(|(key, _)| !seen.contains(key) && self.looked_at(*key)) {
            rows.extend(self.row(&places, key, None, Some(row)));
        }
    }

    fn looked_at(&self, [regio, _, dimensie, _]: Key<'_>) -> bool {
        self.against == Against::VorigeUitgave || dimensie == TOTAL || regio == "NL01"
    }

    /// The row of a figure; nothing when it does not differ.
    fn row(&self, places: &Places, key: Key<'_>, ours: Option<&Row>, theirs: Option<&Row>) -> Option<Row> {
        let compared = [places.waarde, places.status, places.reden];
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && compared.iter().all(|&place| ours[place] == theirs[place])
        {
            return None;
        }
        let named = ours.or(theirs)?;
        let value = |row: Option<&Row>, place: usize| row.map_or(Value::Null, |row| row[place].clone());
        let [regio, maat, dimensie, categorie] = key;
        let mut row: Row = named[..6].to_vec();
        let periode = self.explanation.periode;
        row[0] = Value::Text(periode.to_string().into());
        row[1] = Value::Day(periode.begin());
        row[2] = Value::Day(periode.last_day());
        row.extend([
            Value::Text(self.against.code().into()),
            Value::Text(self.other.issue.periode.to_string().into()),
            Value::Int(self.other.issue.uitgave.into()),
            Value::Text(maat.into()),
            named[places.maat_label].clone(),
            Value::Text(dimensie.into()),
            Value::Text(categorie.into()),
            places.label.map_or_else(|| Value::Text(TOTAL_LABEL.into()), |place| named[place].clone()),
            value(theirs, places.waarde),
            value(ours, places.waarde),
        ]);
        let remark = self.remark(regio, maat);
        let both = |place: usize| Some((value(ours, place).int()?, value(theirs, place).int()?));
        let given = remark.is_none();
        row.push(Value::optional_int(both(places.waarde).filter(|_| given).map(|(now, then)| now - then)));
        row.push(Value::optional_int(both(places.marge).filter(|_| given).map(|(now, then)| now + then)));
        let absent = Value::Text(ABSENT.into());
        let status = |row: Option<&Row>| row.map_or_else(|| absent.clone(), |row| row[places.status].clone());
        row.extend([status(theirs), status(ours), value(theirs, places.reden), value(ours, places.reden)]);
        row.push(Value::optional_text(remark.as_deref()));
        Some(row)
    }

    /// Why a difference is not given, if it is not.
    fn remark(&self, regio: &str, maat: &str) -> Option<String> {
        let (periode, other): (Period, Period) = (self.explanation.periode, self.other.issue.periode);
        if periode == other {
            return None;
        }
        if periode.days() != other.days() {
            let (days, earlier) = (periode.days(), other.days());
            return Some(format!("perioden van {days} en {earlier} dagen: zie de indicatoren, per 28 dagen"));
        }
        let maat: Maat = maat.parse().ok()?;
        forbidding(&self.explanation.reeksbreuken, regio, maat, other, periode).map(|found| found.titel.clone())
    }
}

/// The status of a figure that an issue does not have.
const ABSENT: &str = "afwezig";
