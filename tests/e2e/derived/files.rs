//! What a reader of published files has: counts, inhabitants, breaks, and the indicators made from them.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;
use vt_domain::snapshot::Issue;

/// A published count and how far the registered one can be from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub value: i64,
    pub margin: i64,
}

impl Count {
    pub fn low(self) -> i64 {
        (self.value - self.margin).max(0)
    }

    pub fn high(self) -> i64 {
        self.value + self.margin
    }

    /// The registered counts that the rounding leaves.
    pub fn possible(self) -> impl Iterator<Item = i64> {
        self.low()..=self.high()
    }
}

/// Area, measure, dimension and category; the last two empty for a total.
type Key = [String; 4];

/// Counts by name, or why they are absent.
#[derive(Debug, Clone, Default)]
pub struct Cells(HashMap<Key, Result<Count, String>>);

impl Cells {
    fn read(&mut self, rows: &[Value]) {
        for row in rows {
            let count = match row["waarde"].as_i64() {
                Some(value) => Ok(Count { value, margin: row["marge"].as_i64().unwrap() }),
                None => Err(text(row, "reden_leeg")),
            };
            let key = ["regio_code", "maat", "dimensie", "categorie"].map(|name| text(row, name));
            assert!(self.0.insert(key, count).is_none(), "{row} stands twice");
        }
    }

    /// A count; nothing where the tables have no such row.
    pub fn get(&self, area: &str, measure: &str, (dimension, category): (&str, &str)) -> Option<Result<Count, String>> {
        self.0.get(&[area, measure, dimension, category].map(str::to_owned)).cloned()
    }

    /// The areas of a kind (`VT`) that a measure has a total of, given or not.
    pub fn areas(&self, kind: &str, measure: &str) -> Vec<&str> {
        let totals = self.0.keys().filter(|key| key[0].starts_with(kind) && key[1] == measure && key[2].is_empty());
        let mut areas: Vec<&str> = totals.map(|key| key[0].as_str()).collect();
        areas.sort_unstable();
        areas
    }

    /// The largest margin of a total.
    pub fn margin(&self) -> Option<i64> {
        self.0
            .iter()
            .filter(|(key, _)| key[2].is_empty())
            .filter_map(|(_, count)| Some(count.as_ref().ok()?.margin))
            .max()
    }

    /// Puts the counts of a disclosure memory in the place of those published.
    pub fn betray(&mut self, memory: &Value) {
        let atoms: Vec<String> = memory["geography"]["atoms"].as_array().unwrap().iter().map(plain).collect();
        let mut sums: HashMap<Key, i64> = HashMap::new();
        for block in memory["blocks"].as_array().unwrap() {
            let (measure, dimension) = (plain(&block["spec"]["measure"]), plain(&block["spec"]["dimension"]));
            for (atom, row) in atoms.iter().zip(block["truth"].as_array().unwrap()) {
                // An atom is named after the VT and the VR that it is the overlap of.
                let areas = ["NL01", &atom[..4], &atom[atom.len() - 4..]];
                let categories = block["spec"]["categories"].as_array().unwrap();
                for (category, count) in categories.iter().zip(row.as_array().unwrap()) {
                    for area in areas {
                        let key = [area.to_owned(), measure.clone(), dimension.clone(), plain(&category["code"])];
                        *sums.entry(key).or_default() += count.as_i64().unwrap();
                    }
                }
            }
        }
        for (key, cell) in &mut self.0 {
            if let Ok(count) = cell {
                let registered = sums[key];
                assert!((registered - count.value).abs() <= count.margin, "{key:?}");
                count.value = registered;
            }
        }
    }
}

/// One published issue.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub issue: Issue,
    pub cells: Cells,
    pub indicators: Vec<Value>,
    /// Whether values of a second or later issue are in it.
    pub revised: bool,
    pub begin: NaiveDate,
    pub eind: NaiveDate,
    explanation: Value,
}

impl Snapshot {
    pub fn read(published: &Path, issue: Issue) -> Self {
        let json = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(published.join(issue.file(&format!("{name}.json")))).unwrap())
                .unwrap()
        };
        let rows = |name: &str| json(name)["rijen"].as_array().cloned().unwrap();
        let explanation = json("toelichting");
        let mut cells = Cells::default();
        for table in ["kerncijfers", "verdelingen"] {
            cells.read(&rows(table));
        }
        let parts = explanation["delen"].as_array().cloned().unwrap_or_default();
        let day = |name: &str| text(&explanation, name).parse().unwrap();
        Self {
            issue,
            cells,
            indicators: rows("indicatoren"),
            revised: issue.uitgave > 1 || parts.iter().any(|part| part["uitgave"].as_u64() > Some(1)),
            begin: day("begin"),
            eind: day("eind"),
            explanation,
        }
    }

    pub fn days(&self) -> i64 {
        (self.eind - self.begin).num_days() + 1
    }

    pub fn inhabitants(&self, area: &str) -> Option<i64> {
        self.list("inwoners").find(|row| row["regio_code"] == area)?["inwoners"].as_i64()
    }

    /// The largest difference of any published count with the registered one.
    pub fn bound(&self) -> i64 {
        self.explanation["beleid"]["grens"].as_i64().unwrap()
    }

    /// The issues whose kerncijfers the changes compare with, by the name of the comparison.
    pub fn compared(&self) -> Vec<(String, Issue)> {
        let compared = self.list("vergelijking").map(|row| {
            let (issue, name) = Issue::of_file(row["bestand"].as_str().unwrap()).unwrap();
            assert_eq!(name, "kerncijfers.json");
            (text(row, "met"), issue)
        });
        compared.collect()
    }

    /// Whether a break forbids to compare an area's measure with an earlier period.
    pub fn breaks(&self, area: &str, measure: &str, earlier: &Self) -> bool {
        self.breaks_since(area, measure, earlier.begin)
    }

    /// Whether a break forbids to compare an area's measure with a period that begins on a day, published or not.
    pub fn breaks_since(&self, area: &str, measure: &str, begin: NaiveDate) -> bool {
        let concerns = |list: &Value, code: &str| {
            let list = list.as_array().unwrap();
            list.is_empty() || list.iter().any(|found| found == code)
        };
        self.list("reeksbreuken").any(|found| {
            let date: NaiveDate = text(found, "datum").parse().unwrap();
            found["gevolg"] == "geen_vergelijking"
                && concerns(&found["gebieden"], area)
                && concerns(&found["maten"], measure)
                && begin < date
                && date <= self.eind
        })
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.explanation[name].as_array().unwrap().iter()
    }
}

/// A field as text; empty when it is absent.
pub fn text(row: &Value, name: &str) -> String {
    plain(&row[name])
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
