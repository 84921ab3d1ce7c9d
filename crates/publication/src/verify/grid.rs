//! Keys, order, labels, and the dense grid that follows from `toelichting.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::{Issue, Manifest, SnapshotTable};

use super::collect::Collector;
use super::files::Content;
use super::report::Rule;
use crate::render::explanation::{EXPLANATION_FILE, Explanation};
use crate::tables::{Figures, PublishedArea, Row, TableRows, Value, compare_keys, key_columns, place, row_name};

/// A snapshot as the checks look at it.
pub(super) struct View<'a> {
    pub(super) issue: Issue,
    pub(super) explanation: &'a Explanation,
    content: &'a Content,
    /// The areas that follow from the division, with the names that kerncijfers gives them.
    pub(super) areas: Vec<PublishedArea>,
    /// Kerncijfers and verdelingen.
    pub(super) figures: Figures,
}

impl<'a> View<'a> {
    pub(super) fn new(issue: Issue, explanation: &'a Explanation, content: &'a Content) -> Self {
        let tables = [SnapshotTable::Kerncijfers, SnapshotTable::Verdelingen].map(|table| content.table(table));
        let names = tables[0].map(names).unwrap_or_default();
        Self {
            issue,
            explanation,
            content,
            areas: areas(&explanation.indeling.overlap, &names),
            figures: Figures::from_rows(tables.into_iter().flatten()),
        }
    }

    /// A table; nothing when it cannot be read.
    pub(super) fn table(&self, table: SnapshotTable) -> Option<&'a TableRows> {
        self.content.table(table)
    }

    /// The rows of a table; none when it cannot be read.
    pub(super) fn rows(&self, table: SnapshotTable) -> &'a [Row] {
        self.table(table).map_or(&[], |rows| &rows.rows)
    }

    /// The Parquet file of a table: where findings on its rows are put.
    pub(super) fn file(&self, table: SnapshotTable) -> String {
        self.issue.file(&table.file(vt_domain::snapshot::Form::Parquet))
    }
}

fn names(rows: &TableRows) -> BTreeMap<&str, &str> {
    let [code, naam] = ["regio_code", "regio"].map(|name| rows.table.column(name).unwrap_or_default());
    rows.rows.iter().filter_map(|row| row[code].text().zip(row[naam].text())).collect()
}

fn areas(overlap: &BTreeSet<AtomCode>, names: &BTreeMap<&str, &str>) -> Vec<PublishedArea> {
    let area = |kind: &str, code: &str, atoms: Vec<AtomCode>| PublishedArea {
        regio_type: kind.into(),
        code: code.into(),
        naam: Arc::from(names.get(code).copied().unwrap_or("onbekend")),
        atoms,
        withheld: false,
    };
    let within = |inside: &dyn Fn(&AtomCode) -> bool| overlap.iter().copied().filter(|atom| inside(atom)).collect();
    let vts: BTreeSet<&str> = overlap.iter().map(AtomCode::vt).collect();
    let vrs: BTreeSet<&str> = overlap.iter().map(AtomCode::vr).collect();
    let mut all = vec![area("NL", "NL01", overlap.iter().copied().collect())];
    all.extend(vts.into_iter().map(|vt| area("VT", vt, within(&|atom| atom.vt() == vt))));
    all.extend(vrs.into_iter().map(|vr| area("VR", vr, within(&|atom| atom.vr() == vr))));
    all
}

pub(super) fn check(view: &View<'_>, manifest: &Manifest, found: &mut Collector) {
    check_definitions(view, found);
    for table in SnapshotTable::ALL {
        let Some(rows) = view.content.table(table) else { continue };
        check_order(view, rows, found);
        check_period(view, rows, manifest, found);
    }
    check_table(view, SnapshotTable::Kerncijfers, &expected_totals(view), found);
    check_table(view, SnapshotTable::Verdelingen, &expected_parts(view), found);
    let areas = view.areas.iter().map(|area| (area_key(area), Vec::new())).collect();
    check_table(view, SnapshotTable::Dekking, &areas, found);
}

/// The measures and breakdowns of the design are all defined, each once.
fn check_definitions(view: &View<'_>, found: &mut Collector) {
    let file = view.issue.file(EXPLANATION_FILE);
    let explanation = view.explanation;
    if !explanation.maten.iter().map(|found| found.maat).eq(Maat::ALL) {
        found.add(&file, "maten".to_owned(), Rule::Explanation, "the measures are not those of the design");
    }
    let expected =
        Maat::ALL.into_iter().flat_map(|maat| maat.dimensies().iter().map(move |dimensie| (maat, *dimensie)));
    if !explanation.verdelingen.iter().map(|found| (found.maat, found.dimensie)).eq(expected) {
        found.add(&file, "verdelingen".to_owned(), Rule::Explanation, "the breakdowns are not those of the design");
    }
}

fn check_order(view: &View<'_>, rows: &TableRows, found: &mut Collector) {
    let keys = key_columns(rows.table);
    for pair in rows.rows.windows(2) {
        let (rule, detail) = match compare_keys(&keys, &pair[0], &pair[1]) {
            std::cmp::Ordering::Less => continue,
            std::cmp::Ordering::Equal => (Rule::KeyUnique, "the key comes twice"),
            std::cmp::Ordering::Greater => (Rule::Sorted, "the row before it has a later key"),
        };
        found.add(&view.file(rows.table), row_name(rows.table, &pair[1]), rule, detail);
    }
}

/// Every row is of the snapshot's period and days, and names its area as kerncijfers does.
fn check_period(view: &View<'_>, rows: &TableRows, manifest: &Manifest, found: &mut Collector) {
    let period = Value::Text(manifest.periode.to_string().into());
    let days = [Value::Day(manifest.begin), Value::Day(manifest.eind)];
    let names: BTreeMap<&str, &str> = view.areas.iter().map(|area| (&*area.code, &*area.naam)).collect();
    for row in &rows.rows {
        let name = row[place::REGIO_CODE].text().and_then(|code| names.get(code).copied());
        let wrong = [
            ("periode", row[place::PERIODE] != period),
            ("begin", row[place::BEGIN] != days[0]),
            ("eind", row[place::EIND] != days[1]),
            ("regio", name.is_some() && row[place::REGIO].text() != name),
        ];
        for (column, _) in wrong.into_iter().filter(|(_, wrong)| *wrong) {
            let detail = format!("column `{column}` is another one than that of the snapshot");
            found.add(&view.file(rows.table), row_name(rows.table, row), Rule::Labels, detail);
        }
    }
}

/// Expected rows by their names, with the labels that follow the key.
type Expected<'a> = BTreeMap<String, Vec<(&'static str, &'a str)>>;

fn area_key(area: &PublishedArea) -> String {
    format!("{}/{}", area.regio_type, area.code)
}

fn expected_totals<'a>(view: &View<'a>) -> Expected<'a> {
    let mut all = Expected::new();
    for area in &view.areas {
        for measure in &view.explanation.maten {
            let key = format!("{}/{}", area_key(area), measure.maat);
            all.insert(key, vec![("maat_label", &measure.label)]);
        }
    }
    all
}

fn expected_parts<'a>(view: &View<'a>) -> Expected<'a> {
    let mut all = Expected::new();
    let label =
        |maat: Maat| view.explanation.maten.iter().find(|found| found.maat == maat).map_or("", |found| &found.label);
    for breakdown in &view.explanation.verdelingen {
        for area in view.areas.iter().filter(|area| !breakdown.alleen_nl || area.is_nl()) {
            for category in &breakdown.categorieen {
                let (maat, dimensie) = (breakdown.maat, breakdown.dimensie);
                let key = format!("{}/{maat}/{dimensie}/{}", area_key(area), category.categorie);
                all.insert(key, vec![("maat_label", label(maat)), ("categorie_label", &category.label)]);
            }
        }
    }
    all
}

fn check_table(view: &View<'_>, table: SnapshotTable, expected: &Expected<'_>, found: &mut Collector) {
    let Some(rows) = view.content.table(table) else { return };
    let file = view.file(table);
    let mut missing: BTreeSet<&String> = expected.keys().collect();
    for row in &rows.rows {
        let name = row_name(table, row);
        let Some(labels) = expected.get(&name) else {
            found.add(&file, name, Rule::DenseGrid, "there is no such area, measure or category in this snapshot");
            continue;
        };
        missing.remove(&name);
        for (column, label) in labels {
            if table.column(column).is_some_and(|place| row[place].text() != Some(label)) {
                let detail = format!("column `{column}` is another one than in {EXPLANATION_FILE}");
                found.add(&file, name.clone(), Rule::Labels, detail);
            }
        }
    }
    for name in missing {
        found.add(&file, name.clone(), Rule::DenseGrid, "the row is missing");
    }
}
