//! Properties of protected tables in the geography of 2020, at any size.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vt_disclosure::{BlockKind, CellTable, Past, Policy, ProtectedTable, certify, protect};

use crate::support::{Blocks, document, errors, geography, key, period, protect_blocks};

/// Value by area of one category.
fn by_area(table: &ProtectedTable, measure: &str, dimension: Option<&str>, category: &str) -> BTreeMap<String, u32> {
    let cells = table
        .cells()
        .filter(|cell| cell.measure == measure && cell.dimension == dimension && cell.category == category);
    cells.map(|cell| (cell.area_code.to_owned(), cell.value)).collect()
}

fn sum(values: &BTreeMap<String, u32>, prefix: &str) -> u32 {
    values.iter().filter(|(code, _)| code.starts_with(prefix)).map(|(_, value)| value).sum()
}

/// Every (measure, dimension, category) for all areas.
fn columns(table: &ProtectedTable) -> Vec<(String, Option<String>, String)> {
    let specs = table.blocks().filter(|spec| spec.scope == vt_disclosure::BlockScope::AllAreas);
    specs
        .flat_map(|spec| {
            let category = |category: &vt_disclosure::CategorySpec| category.code.clone();
            spec.categories.iter().map(move |c| (spec.measure.clone(), spec.dimension.clone(), category(c)))
        })
        .collect()
}

fn any_period() -> impl Strategy<Value = Blocks> {
    (any::<u64>(), prop_oneof![0..40_u64, 0..800_u64, 0..6_000_u64])
        .prop_map(|(seed, records)| period(seed, records, records + records / 3))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_value_is_an_adjacent_multiple(blocks in any_period()) {
        let protection = protect_blocks(blocks);
        prop_assert!(protection.table.cells().all(|cell| cell.value % 5 == 0));
        prop_assert!(errors(&protection).iter().all(|(.., error)| error.abs() <= 4));
        prop_assert!(protection.audit.measures.iter().all(|measure| !measure.widened));
    }

    #[test]
    fn a_multiple_of_five_stays_itself(blocks in any_period()) {
        let protection = protect_blocks(blocks);
        let cells: Vec<_> = protection.table.cells().map(|cell| i64::from(cell.value)).collect();
        for (value, (.., error)) in cells.iter().zip(errors(&protection)) {
            prop_assert!((value - error) % 5 != 0 || error == 0);
        }
    }

    #[test]
    fn regions_add_up_to_the_country(blocks in any_period()) {
        let table = protect_blocks(blocks).table;
        for (measure, dimension, category) in columns(&table) {
            let values = by_area(&table, &measure, dimension.as_deref(), &category);
            prop_assert_eq!(values["NL01"], sum(&values, "VT"));
            prop_assert_eq!(values["NL01"], sum(&values, "VR"));
        }
    }

    #[test]
    fn single_valued_breakdowns_add_up_to_the_total(blocks in any_period()) {
        let table = protect_blocks(blocks).table;
        for spec in table.blocks().filter(|spec| spec.kind == BlockKind::Single) {
            for area in table.geography().areas_in(spec.scope) {
                let total = table.lookup(&spec.measure, None, "", &area.code).unwrap().value;
                let parts = spec.categories.iter().map(|category| {
                    table.lookup(&spec.measure, spec.dimension.as_deref(), &category.code, &area.code).unwrap().value
                });
                prop_assert_eq!(parts.sum::<u32>(), total);
            }
        }
    }

    #[test]
    fn multi_valued_breakdowns_stay_realisable(blocks in any_period()) {
        let table = protect_blocks(blocks).table;
        for spec in table.blocks().filter(|spec| spec.kind == BlockKind::Multi) {
            for area in table.geography().areas_in(spec.scope) {
                let total = table.lookup(&spec.measure, None, "", &area.code).unwrap().value;
                let value = |code: &str| table.lookup(&spec.measure, spec.dimension.as_deref(), code, &area.code).unwrap().value;
                let all: u32 = spec.categories.iter().map(|category| value(&category.code)).sum();
                prop_assert!(all >= total);
                prop_assert!(spec.categories.iter().all(|category| value(&category.code) <= total));
            }
        }
    }

    #[test]
    fn areas_with_the_same_atoms_have_the_same_values(blocks in any_period()) {
        let table = protect_blocks(blocks).table;
        for (measure, dimension, category) in columns(&table) {
            let values = by_area(&table, &measure, dimension.as_deref(), &category);
            prop_assert_eq!(values["VT01"], values["VR13"]);
            prop_assert_eq!(values["VT26"], values["VR22"]);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_record(blocks in any_period()) {
        let (first, second) = (protect_blocks(blocks.clone()), protect_blocks(blocks));
        prop_assert_eq!(document(&first), document(&second));
        prop_assert_eq!(first.audit, second.audit);
    }

    #[test]
    fn the_record_gives_the_same_table_again(blocks in any_period()) {
        let protection = protect_blocks(blocks);
        let stored = serde_json::to_string(&protection.record).unwrap();
        let record = serde_json::from_str(&stored).unwrap();
        prop_assert!(certify(&record).passed());
        prop_assert_eq!(ProtectedTable::from_record(&record).unwrap(), protection.table);
    }

    #[test]
    fn withheld_areas_get_the_values_they_would_have_had(blocks in any_period(), withheld in prop::collection::btree_set(0..53_usize, 0..20)) {
        let mut geography = geography();
        for &area in &withheld {
            geography.areas[area].withheld = true;
        }
        let cells = CellTable::new("2020W407", geography, blocks.clone()).unwrap();
        let protection = protect(cells, &Past::first(), &key(), &Policy::default()).unwrap();
        let open = protect_blocks(blocks);
        let values = |table: &ProtectedTable| table.cells().map(|cell| cell.value).collect::<Vec<_>>();
        prop_assert_eq!(values(&protection.table), values(&open.table));
        prop_assert!(errors(&protection).iter().all(|(.., error)| error.abs() <= 9));
        let marked = protection.table.cells().filter(|cell| cell.withheld).count();
        prop_assert_eq!(marked, protection.audit.withheld);
    }
}

#[test]
fn another_key_and_another_period_round_otherwise() {
    let blocks = period(5, 4_000, 4_000);
    let values = |period: &str, key: vt_disclosure::Key| {
        let cells = CellTable::new(period, geography(), blocks.clone()).unwrap();
        let table = protect(cells, &Past::first(), &key, &Policy::default()).unwrap().table;
        table.cells().map(|cell| cell.value).collect::<Vec<_>>()
    };
    let reference = values("2020W407", key());
    assert_ne!(reference, values("2020W408", key()));
    assert_ne!(reference, values("2020W407", vt_disclosure::Key::from_bytes([9; 32])));
}

#[test]
fn a_measure_does_not_depend_on_the_others() {
    let mut blocks = period(6, 3_000, 3_000);
    let together = protect_blocks(blocks.clone()).table;
    blocks.retain(|(spec, _)| spec.measure == "ontvangen_meldingen");
    let alone = protect_blocks(blocks).table;
    for cell in alone.cells() {
        assert_eq!(together.lookup(cell.measure, cell.dimension, cell.category, cell.area_code), Some(cell));
    }
}

/// Mook en Middelaar is VR23 without its part of VT13: the reader who subtracts sees a multiple of 5 too.
#[test]
fn differences_of_regions_are_rounded_too() {
    let table = protect_blocks(period(7, 9_000, 9_000)).table;
    for cell in table.cells().filter(|cell| cell.area_code == "VR23") {
        let part = table.lookup(cell.measure, cell.dimension, cell.category, "VT13").unwrap();
        assert!(cell.value >= part.value && (cell.value - part.value).is_multiple_of(5));
    }
}

#[test]
fn an_empty_period_is_all_zeros() {
    let protection = protect_blocks(period(8, 0, 0));
    assert!(protection.table.cells().all(|cell| cell.value == 0));
    assert_eq!((protection.audit.max_error, protection.audit.off_draw), (0, 0));
}
