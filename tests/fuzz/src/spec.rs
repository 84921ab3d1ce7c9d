//! The specification of an attack on tables of anyone, with its tables.

use vt_disclosure::attack::spec::{Problem, RawRow, RawTable, Spec};

use crate::Target;

pub(crate) const TARGETS: [Target; 1] = [Target {
    name: "disclosure_spec",
    run: spec,
    words: &[
        "tables",
        "file",
        "dims",
        "dimensions",
        "atoms",
        "groups",
        "rules",
        "known",
        "where",
        "value",
        "snapshots",
        "targets",
        "protect",
        "cell_min",
        "cell_max",
        "structural_zeros",
        "round",
        "truth",
        "rename",
        "fixed",
        "*",
    ],
}];

/// The most rows of tables that are attacked here: larger ones take longer than an input may.
const MOST_ROWS: usize = 24;

/// The specification, then a line `---`, then one CSV table that all its tables are.
fn spec(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (spec, table) = text.split_once("\n---\n").unwrap_or((text, ""));
    let Ok(spec) = Spec::parse(spec) else { return };
    let Some(raw) = table_of(table) else { return };
    let tables = vec![raw; spec.tables.len()];
    let Ok(problem) = Problem::new(spec, &tables) else { return };
    let Ok(attacked) = problem.attack() else { return };
    for target in &attacked.targets {
        if let (Some(low), Some(high)) = (target.lo, target.hi) {
            assert!(low <= high, "an interval that holds nothing");
        }
    }
}

fn table_of(text: &str) -> Option<RawTable> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .zip(2..)
        .map(|(record, number)| Some(RawRow { number, fields: record.ok()?.iter().map(str::to_owned).collect() }));
    let rows: Vec<RawRow> = rows.collect::<Option<_>>()?;
    (rows.len() <= MOST_ROWS).then_some(RawTable { unit: "line", header, rows })
}
