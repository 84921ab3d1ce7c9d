//! Pairs of the same figure in two issues, and what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use vt_domain::Period;
use vt_domain::measure::Maat;
use vt_domain::snapshot::SnapshotTable;

use super::{Against, TOTAL, TOTAL_LABEL};
use crate::indicators::OtherIssue;
use crate::indicators::breaks::forbidding;
use crate::render::explanation::Explanation;
use crate::tables::{Row, TableRows, Value, place};

/// The status of a figure that an issue does not have.
const ABSENT: &str = "afwezig";

/// Area, measure, dimension and category.
type Key<'a> = [&'a str; 4];

/// The places of the columns that a comparison looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    area: [usize; 3],
    key: [Option<usize>; 4],
    label: Option<usize>,
    maat_label: usize,
    pub(super) waarde: usize,
    pub(super) marge: usize,
    pub(super) status: usize,
    pub(super) reden: usize,
}

impl Places {
    /// Nothing for a table without counts.
    fn of(table: SnapshotTable) -> Option<Self> {
        let place = |name| table.column(name);
        Some(Self {
            area: [place("regio_type")?, place("regio_code")?, place("regio")?],
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

/// The same figure in two issues, of which at least one has it.
pub(super) struct Pair<'a> {
    pub(super) places: Places,
    pub(super) key: Key<'a>,
    /// The row by which it is named: that of the later issue, if it has one.
    named: &'a Row,
    ours: Option<&'a Row>,
    theirs: Option<&'a Row>,
}

impl<'a> Pair<'a> {
    /// What the later issue has in a column.
    pub(super) fn now(&self, place: usize) -> Value {
        self.ours.map_or(Value::Null, |row| row[place].clone())
    }

    /// What the earlier issue has in a column.
    pub(super) fn before(&self, place: usize) -> Value {
        self.theirs.map_or(Value::Null, |row| row[place].clone())
    }

    /// The status in the earlier and in the later issue.
    pub(super) fn statuses(&self) -> [Value; 2] {
        let of = |row: Option<&Row>| row.map_or(Value::Text(ABSENT.into()), |row| row[self.places.status].clone());
        [of(self.theirs), of(self.ours)]
    }

    /// Whether one of these columns differs, or one issue lacks the figure.
    pub(super) fn differs(&self, columns: &[usize]) -> bool {
        match (self.ours, self.theirs) {
            (Some(ours), Some(theirs)) => columns.iter().any(|&place| ours[place] != theirs[place]),
            _ => true,
        }
    }

    /// Type, code and name of the area.
    pub(super) fn area(&self) -> [&'a str; 3] {
        self.places.area.map(|place| self.named[place].text().unwrap_or_default())
    }

    /// The labels of the measure and of the category.
    pub(super) fn labels(&self) -> [Value; 2] {
        let category = self.places.label.map(|place| self.named[place].clone());
        let total = || Value::Text(TOTAL_LABEL.into());
        [self.named[self.places.maat_label].clone(), category.unwrap_or_else(total)]
    }
}

/// An issue beside another one, which is the earlier.
pub(super) struct Comparing<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) against: Against,
    pub(super) other: &'a OtherIssue,
}

impl<'a> Comparing<'a> {
    /// The figures of a table that are compared: all against another issue of the period; against another period totals, and of NL
    /// also its parts.
    pub(super) fn pairs(&self, ours: &'a TableRows, theirs: &'a TableRows) -> Vec<Pair<'a>> {
        let Some(places) = Places::of(ours.table) else { return Vec::new() };
        let known: BTreeMap<Key<'_>, &Row> =
            theirs.rows.iter().filter_map(|row| Some((places.key(row)?, row))).collect();
        let mut pairs = Vec::new();
        let mut seen = BTreeSet::new();
        for row in &ours.rows {
            let Some(key) = places.key(row) else { continue };
            seen.insert(key);
            pairs.push(Pair { places, key, named: row, ours: Some(row), theirs: known.get(&key).copied() });
        }
        // What only the other has: an area that is no longer in force, a category that is no longer in the lists.
        for (key, row) in known.into_iter().filter(|(key, _)| !seen.contains(key)) {
            pairs.push(Pair { places, key, named: row, ours: None, theirs: Some(row) });
        }
        pairs.retain(|pair| self.looked_at(pair.key));
        pairs
    }

    fn looked_at(&self, [regio, _, dimensie, _]: Key<'_>) -> bool {
        self.against == Against::VorigeUitgave || dimensie == TOTAL || regio == "NL01"
    }

    /// The rows of `wijzigingen` of a table.
    pub(super) fn rows(&self, ours: &TableRows, theirs: &TableRows) -> Vec<Row> {
        let comparing = Comparing { ..*self };
        let pairs = comparing.pairs(ours, theirs);
        let differ = |pair: &&Pair<'_>| pair.differs(&[pair.places.waarde, pair.places.status, pair.places.reden]);
        pairs.iter().filter(differ).map(|pair| comparing.row(pair)).collect()
    }

    fn row(&self, pair: &Pair<'_>) -> Row {
        let places = &pair.places;
        let [_, maat, dimensie, categorie] = pair.key;
        let [maat_label, label] = pair.labels();
        let mut row: Row = pair.named[..6].to_vec();
        let periode = self.explanation.periode;
        row[place::PERIODE] = Value::Text(periode.to_string().into());
        row[place::BEGIN] = Value::Day(periode.begin());
        row[place::EIND] = Value::Day(periode.last_day());
        row.extend([
            Value::Text(self.against.code().into()),
            Value::Text(self.other.issue.periode.to_string().into()),
            Value::Int(self.other.issue.uitgave.into()),
            Value::Text(maat.into()),
            maat_label,
            Value::Text(dimensie.into()),
            Value::Text(categorie.into()),
            label,
            pair.before(places.waarde),
            pair.now(places.waarde),
        ]);
        let change = self.change(pair);
        row.push(Value::optional_int(change.verschil));
        row.push(Value::optional_int(change.marge));
        row.extend(pair.statuses());
        row.extend([pair.before(places.reden), pair.now(places.reden)]);
        row.push(Value::optional_text(change.opmerking.as_deref()));
        row
    }

    /// The difference of a figure.
    pub(super) fn change(&self, pair: &Pair<'_>) -> Change {
        let opmerking = self.remark(pair.key);
        let both = |place: usize| Some((pair.now(place).int()?, pair.before(place).int()?));
        let given = |place: usize| both(place).filter(|_| opmerking.is_none());
        Change {
            verschil: given(pair.places.waarde).map(|(now, then)| now - then),
            marge: given(pair.places.marge).map(|(now, then)| now + then),
            opmerking,
        }
    }

    /// Why a difference is not given, if it is not.
    fn remark(&self, [regio, maat, ..]: Key<'_>) -> Option<String> {
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

/// By how much a figure differs.
pub(super) struct Change {
    /// The difference, where the two compare.
    pub(super) verschil: Option<i64>,
    /// Its margin.
    pub(super) marge: Option<i64>,
    /// Why there is none.
    pub(super) opmerking: Option<String>,
}
