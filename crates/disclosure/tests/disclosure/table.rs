//! Tables that are refused before anything is drawn.

use vt_disclosure::{
    BlockKind, BlockSpec, CategorySpec, CellTable, Geography, InputChange, Past, Policy, ProtectError, TableError,
    protect,
};

use crate::support::{Blocks, SmallArea, breakdown, key, small_geography, totals};

fn areas() -> Geography {
    small_geography(2, &[("NL", "NL01", &[0, 1]), ("VT", "VT01", &[0])])
}

fn refused(geography: Geography, blocks: Blocks) -> String {
    CellTable::new("p", geography, blocks).unwrap_err().to_string()
}

fn single(counts: Vec<Vec<u32>>) -> Blocks {
    vec![totals(&[7, 9]), breakdown("d", BlockKind::Single, 0, counts)]
}

fn multi(counts: Vec<Vec<u32>>) -> Blocks {
    vec![totals(&[7, 9]), breakdown("d", BlockKind::Multi, 1, counts)]
}

#[test]
fn a_proper_table_is_taken() {
    assert!(CellTable::new("p", areas(), single(vec![vec![3, 4], vec![9, 0]])).is_ok());
    assert!(CellTable::new("p", areas(), multi(vec![vec![5, 4, 2], vec![9, 0, 0]])).is_ok());
}

#[test]
fn categories_that_do_not_add_up_are_refused() {
    let message = refused(areas(), single(vec![vec![3, 4], vec![9, 1]]));
    insta::assert_snapshot!(message, @"table m/d, atom a1: the categories do not add up to the total");
}

#[test]
fn more_of_a_category_than_records_is_refused() {
    let message = refused(areas(), multi(vec![vec![5, 6, 2], vec![9, 0, 0]]));
    insta::assert_snapshot!(message, @"table m/d, atom a0: more records have a category than there are records");
}

#[test]
fn records_without_a_category_are_refused() {
    let message = refused(areas(), multi(vec![vec![3, 1, 2], vec![9, 0, 0]]));
    insta::assert_snapshot!(message, @"table m/d, atom a0: some records have no category");
}

#[test]
fn a_structural_zero_that_is_not_zero_is_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks[1].0.categories[0].structural_zero = true;
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d, atom a0: category c0 is a structural zero, and is not 0");
}

#[test]
fn a_breakdown_without_totals_is_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks.remove(0);
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: its measure has no totals");
}

#[test]
fn two_tables_of_one_name_are_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks.push(blocks[1].clone());
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: is there twice");
}

#[test]
fn two_categories_of_one_code_are_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks[1].0.categories[1].code = "c0".into();
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: category c0 is there twice");
}

#[test]
fn a_grid_that_is_not_dense_is_refused() {
    let message = refused(areas(), single(vec![vec![3, 4], vec![9]]));
    insta::assert_snapshot!(message, @"table m/d: its counts are not one row per atom with one count per category");
}

#[test]
fn counts_beyond_any_country_are_refused() {
    let message = refused(areas(), vec![totals(&[u32::MAX, 9])]);
    insta::assert_snapshot!(message, @"table m: its counts are too large");
}

#[test]
fn totals_and_breakdowns_are_not_confused() {
    let blocks = vec![
        totals(&[7, 9]),
        (BlockSpec { kind: BlockKind::Total, ..single(vec![vec![7], vec![9]])[1].0.clone() }, vec![vec![7], vec![9]]),
    ];
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: totals have no dimension, and every other table has one");
    let mut blocks = vec![totals(&[7, 9])];
    blocks[0].0.categories.push(CategorySpec::plain("x"));
    blocks[0].1 = vec![vec![7, 0], vec![9, 0]];
    insta::assert_snapshot!(refused(areas(), blocks), @"table m: totals have one category, with an empty code and no marks");
}

#[test]
fn an_exclusive_category_of_a_single_valued_table_is_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks[1].0.categories[1].exclusive = true;
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: category c1 is exclusive, but only one applies anyway");
}

#[test]
fn a_breakdown_for_more_areas_than_its_totals_is_refused() {
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks[0].0 = blocks[0].0.clone().national_only();
    insta::assert_snapshot!(refused(areas(), blocks), @"table m/d: is published for more areas than its totals");
}

#[test]
fn a_national_table_needs_a_country() {
    let geography = small_geography(2, &[("VT", "VT01", &[0, 1])]);
    let mut blocks = single(vec![vec![3, 4], vec![9, 0]]);
    blocks[1].0 = blocks[1].0.clone().national_only();
    insta::assert_snapshot!(refused(geography, blocks), @"table m/d: has an atom that is in no area of its scope");
}

#[test]
fn a_geography_that_contradicts_itself_is_refused() {
    let one = || vec![totals(&[7, 9])];
    let faults: [(&[SmallArea<'_>], &str); 4] = [
        (&[("NL", "NL01", &[0])], "atom a1 is in no area"),
        (&[("NL", "NL01", &[0, 1]), ("VT", "NL01", &[0])], "area NL01 is there twice"),
        (&[("NL", "NL01", &[0, 1]), ("VT", "VT01", &[2])], "area VT01 has no atoms, or one that is not there"),
        (&[("NL", "NL01", &[0, 1, 1])], "area NL01 has an atom twice"),
    ];
    for (areas, fault) in faults {
        assert_eq!(refused(small_geography(2, areas), one()), format!("geography: {fault}"));
    }
    let mut twice = areas();
    twice.atoms[1] = "a0".into();
    assert_eq!(refused(twice, one()), "geography: atom a0 is there twice");
    assert!(matches!(CellTable::new("p", small_geography(0, &[]), vec![]), Err(TableError::Geography(_))));
}

/// c1 came into the lists before the period's first issue and begins after it; `new`, in between, came later.
#[test]
fn a_code_that_came_later_does_not_keep_a_period_from_being_revised() {
    let cells = |codes: &[(&str, bool)], counts: [Vec<u32>; 2]| {
        let mut blocks = single(counts.to_vec());
        let spec = |(code, zero): &(&str, bool)| CategorySpec { structural_zero: *zero, ..CategorySpec::plain(*code) };
        blocks[1].0.categories = codes.iter().map(spec).collect();
        CellTable::new("p", areas(), blocks).unwrap()
    };
    let old = [("c0", false), ("c1", true)];
    let first = protect(cells(&old, [vec![7, 0], vec![9, 0]]), &Past::first(), &key(), &Policy::default()).unwrap();
    let past = Past { issue: 2, previous: Some(&first.record), inputs: vec![InputChange::Same; 2], ..Past::first() };
    let extended = || cells(&[("c0", false), ("new", true), ("c1", true)], [vec![7, 0, 0], vec![9, 0, 0]]);
    assert!(matches!(protect(extended(), &past, &key(), &Policy::default()), Err(ProtectError::Past { .. })));
    let second = protect(extended().with_categories_of(&first.record), &past, &key(), &Policy::default()).unwrap();
    assert!(first.table.cells().eq(second.table.cells()));
    // One that may be used in the period stays, and so the revision is refused.
    let used = cells(&[("c0", false), ("new", false), ("c1", true)], [vec![7, 0, 0], vec![9, 0, 0]]);
    let refused = protect(used.with_categories_of(&first.record), &past, &key(), &Policy::default());
    assert!(matches!(refused, Err(ProtectError::Past { .. })));
}
