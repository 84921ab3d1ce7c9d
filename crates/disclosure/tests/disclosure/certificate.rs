//! The certificate refuses each kind of violation, planted in a record that passes.

use serde_json::{Value, json};
use vt_disclosure::{BlockKind, CellTable, MemoryRecord, Past, Policy, ProtectError, ProtectedTable, certify, protect};

use crate::support::{SmallArea, breakdown, document, key, small_geography, totals};

/// NL = VT01 + VT02, VR01 is VT01 by another name; a single-valued, a multi-valued and a national table.
fn record() -> Value {
    let areas: [SmallArea<'_>; 5] = [
        ("NL", "NL01", &[0, 1, 2]),
        ("VT", "VT01", &[0]),
        ("VT", "VT02", &[1, 2]),
        ("VR", "VR01", &[0]),
        ("VR", "VR02", &[2, 1]),
    ];
    let mut geography = small_geography(3, &areas);
    geography.areas[0].withheld = true;
    let (mut kanaal, counts) =
        breakdown("kanaal", BlockKind::Single, 0, vec![vec![20, 13, 0], vec![9, 14, 0], vec![3, 8, 0]]);
    kanaal.categories[2].structural_zero = true;
    let aard = breakdown("aard", BlockKind::Multi, 1, vec![vec![20, 22, 6], vec![10, 16, 1], vec![2, 9, 2]]);
    let (besluit, decided) = breakdown("besluit", BlockKind::Single, 0, vec![vec![30, 3], vec![20, 3], vec![5, 6]]);
    let blocks = vec![totals(&[33, 23, 11]), (kanaal, counts), aard, (besluit.national_only(), decided)];
    let cells = CellTable::new("2020W407", geography, blocks).unwrap();
    document(&protect(cells, &Past::first(), &key(), &Policy::default()).unwrap())
}

const TOTALS: usize = 0;
const KANAAL: usize = 1;
const AARD: usize = 2;

/// Findings after a change of the record.
fn findings(change: impl FnOnce(&mut Value)) -> String {
    let mut document = record();
    change(&mut document);
    let record: MemoryRecord = serde_json::from_value(document).unwrap();
    let certificate = certify(&record);
    assert!(!certificate.passed(), "the change was not found");
    let Err(ProtectError::Uncertified { findings, .. }) = ProtectedTable::from_record(&record) else {
        panic!("a table was made of a record that does not pass");
    };
    assert_eq!(findings, certificate.findings);
    findings.join("\n")
}

fn add(value: &mut Value, by: i64) {
    *value = json!(value.as_i64().unwrap() + by);
}

/// Adds to a witness and to every area with the atom, so that only what the change breaks is found.
fn shift(record: &mut Value, block: usize, atom: usize, category: usize, by: i64) {
    add(&mut record["blocks"][block]["witness"][atom][category], by);
    let areas = record["geography"]["areas"].as_array().unwrap().clone();
    let national = record["blocks"][block]["spec"]["scope"] == "national_only";
    let published = areas.iter().filter(|area| !national || area["kind"] == "NL");
    for (row, area) in published.enumerate() {
        if area["atoms"].as_array().unwrap().contains(&json!(atom)) {
            add(&mut record["blocks"][block]["published"][row][category], by);
        }
    }
}

#[test]
fn the_record_passes_as_it_is() {
    let record: MemoryRecord = serde_json::from_value(record()).unwrap();
    let certificate = certify(&record);
    assert!(certificate.passed(), "{certificate:?}");
    assert_eq!(certificate.cells, 5 + 5 * 3 + 5 * 3 + 2);
    assert!(ProtectedTable::from_record(&record).is_ok());
}

#[test]
fn a_value_that_is_no_multiple() {
    let found = findings(|record| add(&mut record["blocks"][AARD]["published"][1][0], 1));
    assert!(found.contains("m/aard/c0 in VT01: not a multiple of the base"), "{found}");
}

#[test]
fn a_value_that_is_not_the_sum_of_its_witness() {
    let found = findings(|record| add(&mut record["blocks"][AARD]["published"][0][0], 5));
    assert_eq!(found, "m/aard/c0 in NL01: not the sum of its witness");
}

#[test]
fn a_value_beyond_the_bound() {
    let found = findings(|record| shift(record, AARD, 1, 0, -10));
    assert!(found.contains("m/aard/c0 in VT02: beyond the bound"), "{found}");
}

#[test]
fn a_withheld_value_beyond_the_bound() {
    // Each region is within its bound; only the country, which is withheld, is not.
    let found = findings(|record| {
        for atom in 0..2 {
            let value = record["blocks"][AARD]["witness"][atom][1].as_i64().unwrap();
            shift(record, AARD, atom, 1, -5 - value % 5);
        }
    });
    assert!(found.contains("m/aard/c1 in NL01: beyond the bound"), "{found}");
}

#[test]
fn a_breakdown_that_does_not_add_up() {
    let found = findings(|record| shift(record, KANAAL, 0, 0, 5));
    assert!(found.contains("m/kanaal in VT01: does not add up to the total"), "{found}");
    assert!(found.contains("m/kanaal in atom a0: no records have the witness"), "{found}");
}

#[test]
fn totals_that_their_breakdowns_do_not_follow() {
    let found = findings(|record| shift(record, TOTALS, 2, 0, 5));
    assert!(found.contains("m/kanaal in VT02: does not add up to the total"), "{found}");
}

#[test]
fn a_witness_with_more_of_a_category_than_records() {
    let found = findings(|record| shift(record, AARD, 0, 1, 15));
    assert!(found.contains("m/aard in atom a0: no records have the witness"), "{found}");
}

#[test]
fn a_witness_with_records_without_a_category() {
    let found = findings(|record| {
        for category in 0..3 {
            let value = record["blocks"][AARD]["witness"][0][category].as_i64().unwrap();
            shift(record, AARD, 0, category, -value);
        }
    });
    assert!(found.contains("m/aard in atom a0: no records have the witness"), "{found}");
}

#[test]
fn a_structural_zero_that_is_published() {
    let found = findings(|record| shift(record, KANAAL, 0, 2, 5));
    assert!(found.contains("m/kanaal/c2 in VT01: a structural zero is not 0"), "{found}");
}

#[test]
fn equal_areas_with_two_values() {
    let found = findings(|record| add(&mut record["blocks"][TOTALS]["published"][3][0], 5));
    assert!(found.contains("m: VT01 and VR01 are one area, with two values"), "{found}");
}

#[test]
fn equal_areas_are_found_whatever_the_order_of_their_atoms() {
    let found = findings(|record| add(&mut record["blocks"][TOTALS]["published"][4][0], 5));
    assert!(found.contains("m: VT02 and VR02 are one area, with two values"), "{found}");
}

#[test]
fn a_grid_with_a_hole() {
    let found = findings(|record| {
        record["blocks"][AARD]["published"].as_array_mut().unwrap().pop();
    });
    assert_eq!(found, "m/aard: the grid is not dense");
}

#[test]
fn a_witness_that_is_negative_cannot_even_be_read() {
    let mut document = record();
    document["blocks"][AARD]["witness"][0][0] = json!(-5);
    assert!(serde_json::from_value::<MemoryRecord>(document).is_err());
}

#[test]
fn a_truth_that_no_records_have() {
    let found = findings(|record| add(&mut record["blocks"][KANAAL]["truth"][1][0], 1));
    assert!(found.contains("m/kanaal in atom a1: no records have the truth"), "{found}");
}

#[test]
fn a_truth_that_was_changed_everywhere() {
    let found = findings(|record| {
        for block in [TOTALS, KANAAL, AARD] {
            add(&mut record["blocks"][block]["truth"][0][0], 20);
        }
        add(&mut record["blocks"][3]["truth"][0][0], 20);
    });
    assert!(found.contains("m in VT01: beyond the bound"), "{found}");
}

#[test]
fn a_policy_with_a_wider_bound() {
    let found = findings(|record| {
        record["policy"]["bound"] = json!(1_000);
        record["bound"] = json!(1_000);
    });
    assert_eq!(found, "the policy is one that the guarantee does not hold for");
}

#[test]
fn a_policy_with_a_smaller_base() {
    let found = findings(|record| record["policy"]["base"] = json!(1));
    assert_eq!(found, "the policy is one that the guarantee does not hold for");
    let found = findings(|record| record["policy"]["base"] = json!(u32::MAX));
    assert_eq!(found, "the policy is one that the guarantee does not hold for");
}

#[test]
fn another_version_of_the_record() {
    let found = findings(|record| record["version"] = json!(3));
    assert_eq!(found, "the record is of another format or version");
}

#[test]
fn a_table_that_is_there_twice() {
    let found = findings(|record| {
        let block = record["blocks"][AARD].clone();
        record["blocks"].as_array_mut().unwrap().push(block);
    });
    assert_eq!(found, "m/aard is there twice");
}

#[test]
fn a_breakdown_whose_totals_were_taken_out() {
    let found = findings(|record| {
        record["blocks"].as_array_mut().unwrap().remove(TOTALS);
    });
    assert!(found.contains("m/kanaal has no totals of its areas"), "{found}");
}

#[test]
fn an_area_of_atoms_that_are_not_there() {
    let found = findings(|record| record["geography"]["areas"][1]["atoms"] = json!([7]));
    assert!(found.contains("area VT01 is not a set of atoms"), "{found}");
}

#[test]
fn an_area_that_is_there_twice() {
    let found = findings(|record| record["geography"]["areas"][3]["code"] = json!("VT01"));
    assert_eq!(found, "area VT01 is there twice");
}

#[test]
fn an_unknown_field_cannot_be_read() {
    let mut document = record();
    document["note"] = json!("x");
    assert!(serde_json::from_value::<MemoryRecord>(document).is_err());
}

#[test]
fn no_finding_holds_a_count() {
    let found = findings(|record| {
        record["blocks"][TOTALS]["truth"][0][0] = json!(765_432);
        record["blocks"][TOTALS]["witness"][0][0] = json!(765_433);
        record["blocks"][TOTALS]["published"][1][0] = json!(765_434);
    });
    assert!(found.contains("VT01") && !found.contains("7654"), "{found}");
}

#[test]
fn many_findings_are_counted_not_listed() {
    let found = findings(|record| {
        for row in record["blocks"][AARD]["published"].as_array_mut().unwrap() {
            for value in row.as_array_mut().unwrap() {
                add(value, 101);
            }
        }
        for row in record["blocks"][KANAAL]["published"].as_array_mut().unwrap() {
            for value in row.as_array_mut().unwrap() {
                add(value, 101);
            }
        }
    });
    let lines: Vec<_> = found.lines().collect();
    assert_eq!(lines.len(), 51);
    assert!(lines[50].starts_with("and ") && lines[50].ends_with(" more"), "{}", lines[50]);
}
