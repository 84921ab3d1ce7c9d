//! In what order the columns of a table stand in its sheet, and how wide and in what format.

use vt_domain::snapshot::{Column, ColumnKind, SnapshotTable};

/// What names a row stands first and stays in view, whatever is scrolled.
const FROZEN: [&str; 5] = ["regio_type", "regio_code", "regio", "maat_label", "indicator_label"];
/// What else names it comes next.
const NEXT: [&str; 2] = ["dimensie", "categorie_label"];
/// Codes that have a label in front, and what is the same in all rows, come last.
const LAST: [&str; 6] = ["maat", "indicator", "categorie", "periode", "begin", "eind"];

/// The order of a table's columns in its sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    table: SnapshotTable,
    /// Places of the columns in the table, from left to right.
    pub(super) order: Vec<usize>,
    /// So many columns stay in view.
    pub(super) frozen: u16,
}

impl Layout {
    /// Of a table.
    pub(super) fn of(table: SnapshotTable) -> Self {
        let places = |names: &[&str]| names.iter().filter_map(|name| table.column(name)).collect::<Vec<_>>();
        let frozen = places(&FROZEN);
        let mut next = places(&NEXT);
        let mut last = places(&LAST);
        if table.column("maat_label").is_none() {
            // Without a label the code names the measure.
            next.extend(table.column("maat"));
            last.retain(|place| !next.contains(place));
        }
        let named = [&frozen[..], &next, &last].concat();
        let middle = (0..table.columns().len()).filter(|place| !named.contains(place)).collect();
        // Unwrap safety: there are five names.
        let count = u16::try_from(frozen.len()).unwrap();
        Self { table, order: [frozen, next, middle, last].concat(), frozen: count }
    }

    /// The columns from left to right.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        self.order.iter().map(|&place| &self.table.columns()[place])
    }
}

/// The width of a column, in characters.
pub(super) fn width(column: &Column) -> f64 {
    match (column.kind, column.name) {
        (_, "regio_type" | "regio_code") => 9.0,
        (_, "marge" | "verschil_marge") => 18.0,
        (ColumnKind::Day | ColumnKind::Int | ColumnKind::Float | ColumnKind::Instant, _) => 13.0,
        (_, "periode" | "andere_periode") => 12.0,
        (_, "maat_label") => 40.0,
        (_, name) if name.ends_with("_label") || matches!(name, "opmerking" | "toelichting") => 44.0,
        _ => 24.0,
    }
}

/// How a spreadsheet shows the numbers of a column, which stay numbers; nothing for texts.
pub(super) fn number_format(column: &Column) -> Option<&'static str> {
    match (column.kind, column.name) {
        (ColumnKind::Text | ColumnKind::Instant, _) => None,
        (ColumnKind::Day, _) => Some("d-m-yyyy"),
        (ColumnKind::Int, "verschil") => Some("+#,##0;-#,##0;0"),
        (ColumnKind::Int, _) => Some("#,##0"),
        (ColumnKind::Float, "dekking") => Some("0.00"),
        (ColumnKind::Float, _) => Some("0.0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: SnapshotTable) -> Vec<&'static str> {
        Layout::of(table).columns().map(|column| column.name).collect()
    }

    #[test]
    fn every_column_stands_in_its_sheet_once() {
        for table in SnapshotTable::ALL {
            let mut order = Layout::of(table).order;
            order.sort_unstable();
            assert_eq!(order, (0..table.columns().len()).collect::<Vec<_>>(), "{table}");
        }
    }

    #[test]
    fn region_and_measure_stay_in_view_and_the_figure_follows_what_names_it() {
        for table in SnapshotTable::ALL {
            let (names, frozen) = (names(table), usize::from(Layout::of(table).frozen));
            assert!(names[..frozen].contains(&"regio") && !names[..frozen].contains(&"periode"), "{table}");
            assert!(table.column("maat_label").is_none() || names[..frozen].contains(&"maat_label"), "{table}");
        }
        let expected = [
            "regio_type",
            "regio_code",
            "regio",
            "maat_label",
            "dimensie",
            "categorie_label",
            "waarde",
            "marge",
            "status",
            "reden_leeg",
            "maat",
            "categorie",
            "periode",
            "begin",
            "eind",
        ];
        assert_eq!(names(SnapshotTable::Verdelingen), expected);
        assert_eq!(names(SnapshotTable::Indicatoren)[3..6], ["indicator_label", "maat", "waarde"]);
    }

    #[test]
    fn counts_have_thousands_and_indicators_a_decimal() {
        let format = |table: SnapshotTable, name| number_format(&table.columns()[table.column(name).unwrap()]);
        assert_eq!(format(SnapshotTable::Kerncijfers, "waarde"), Some("#,##0"));
        assert_eq!(format(SnapshotTable::Indicatoren, "waarde"), Some("0.0"));
        assert_eq!(format(SnapshotTable::Kerncijfers, "regio"), None);
    }
}
