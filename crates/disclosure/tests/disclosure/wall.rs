//! True counts and withheld values do not leave by accident.

use vt_disclosure::{BlockKind, CellTable, Past, Policy, protect};

use crate::support::{breakdown, geography, key, period, protect_blocks, small_geography, totals};

#[test]
fn a_table_of_true_counts_shows_no_number() {
    let cells = CellTable::new("2020W407", geography(), period(1, 900, 900)).unwrap();
    for text in [format!("{cells:?}"), format!("{cells:#?}")] {
        assert!(!text.chars().any(|c| c.is_ascii_digit()), "{text}");
    }
}

#[test]
fn a_record_shows_its_name_only() {
    let protection = protect_blocks(period(1, 900, 900));
    let text = format!("{:?}", protection.record);
    let fingerprint = key().fingerprint();
    assert_eq!(
        text,
        format!(
            "MemoryRecord {{ version: 2, period: \"2020W407\", issue: 1, key_fingerprint: \"{fingerprint}\", .. }}"
        )
    );
}

#[test]
fn withheld_values_are_neither_serialised_nor_shown() {
    let mut geography = small_geography(2, &[("NL", "NL01", &[0, 1]), ("VT", "VT01", &[0]), ("VT", "VT02", &[1])]);
    geography.areas[0].withheld = true;
    let cells = CellTable::new("p", geography, vec![totals(&[765_430, 15])]).unwrap();
    let protection = protect(cells, &Past::first(), &key(), &Policy::default()).unwrap();
    let text = serde_json::to_string(&protection.table).unwrap();
    assert!(text.contains("VT01") && text.contains("765430"));
    assert!(!text.contains("NL01") && !text.contains("765445"));
    assert!(!format!("{:?}", protection.table).contains("765"));
    let national = protection.table.lookup("m", None, "", "NL01").unwrap();
    assert_eq!((national.value, national.withheld), (765_445, true));
}

#[test]
fn errors_hold_no_counts() {
    let counts = breakdown("d", BlockKind::Single, 0, vec![vec![4_321, 1], vec![0, 0]]);
    let geography = small_geography(2, &[("NL", "NL01", &[0, 1])]);
    let error = CellTable::new("p", geography, vec![totals(&[4_444, 0]), counts]).unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("4321") && !text.contains("4444"), "{text}");
    }
}

#[test]
fn a_lookup_of_an_unknown_code_finds_nothing() {
    let table = protect_blocks(period(2, 300, 300)).table;
    assert!(table.lookup("gestarte_adviezen", None, "", "VT07").is_some());
    assert!(table.lookup("gestarte_adviezen", None, "", "VT99").is_none());
    assert!(table.lookup("gestarte_adviezen", Some("aard"), "", "VT07").is_none());
    assert!(table.lookup("adviezen", None, "", "VT07").is_none());
}

#[test]
fn every_published_cell_can_be_looked_up() {
    let table = protect_blocks(period(3, 300, 300)).table;
    assert_eq!(table.period(), "2020W407");
    assert!(table.cells().count() > 5_000);
    for cell in table.cells() {
        assert_eq!(table.lookup(cell.measure, cell.dimension, cell.category, cell.area_code), Some(cell));
    }
}
