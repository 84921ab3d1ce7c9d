//! Small tables that can be tried exhaustively, and tables that adjacent multiples can't solve.

use proptest::prelude::*;
use vt_disclosure::{BlockKind, CellTable, Geography, Past, Policy, ProtectError, Protection, certify, protect};

use crate::support::{Blocks, SmallArea, breakdown, errors, key, small_geography, totals};

fn protect_small(geography: Geography, blocks: Blocks, policy: &Policy) -> Result<Protection, ProtectError> {
    protect(CellTable::new("p", geography, blocks).unwrap(), &Past::first(), &key(), policy)
}

/// Whether some whole units per atom give every area one of its two adjacent multiples, by trying all.
fn adjacent_exists(geography: &Geography, counts: &[u32]) -> bool {
    exists(geography, counts, |truth, units| (truth / 5..=truth.div_ceil(5)).contains(&units))
}

/// Whether some whole units per atom keep every area within 9.
fn within_bound_exists(geography: &Geography, counts: &[u32]) -> bool {
    exists(geography, counts, |truth, units| truth.abs_diff(5 * units) <= 9)
}

fn exists(geography: &Geography, counts: &[u32], fits: impl Fn(u32, u32) -> bool) -> bool {
    let national: u32 = counts.iter().sum();
    let most: Vec<u32> = counts.iter().map(|count| (count / 5 + 4).min(national / 5 + 2)).collect();
    let mut units = vec![0; counts.len()];
    loop {
        let all = geography.areas.iter().all(|area| {
            let sum = |values: &[u32]| area.atoms.iter().map(|&atom| values[atom]).sum();
            fits(sum(counts), sum(&units))
        });
        if all {
            return true;
        }
        let Some(next) = (0..units.len()).find(|&atom| units[atom] < most[atom]) else { return false };
        units[..next].fill(0);
        units[next] += 1;
    }
}

/// Four atoms of 2, published in pairs and triples. In each pair at most one can go up, in each triple at least one must:
/// no choice of adjacent multiples does both.
fn pairs_and_triples() -> Geography {
    let sets: [&[usize]; 15] = [
        &[0],
        &[1],
        &[2],
        &[3],
        &[0, 1],
        &[0, 2],
        &[0, 3],
        &[1, 2],
        &[1, 3],
        &[2, 3],
        &[0, 1, 2],
        &[0, 1, 3],
        &[0, 2, 3],
        &[1, 2, 3],
        &[0, 1, 2, 3],
    ];
    let codes: Vec<String> = (0..sets.len()).map(|area| format!("A{area}")).collect();
    let areas: Vec<_> = sets.iter().zip(&codes).map(|(set, code)| ("NL", code.as_str(), *set)).collect();
    small_geography(4, &areas)
}

#[test]
fn where_adjacent_multiples_have_no_solution_one_more_step_is_taken() {
    let counts = [2, 2, 2, 2];
    assert!(!adjacent_exists(&pairs_and_triples(), &counts));
    let protection = protect_small(pairs_and_triples(), vec![totals(&counts)], &Policy::default()).unwrap();
    assert!(protection.audit.measures[0].widened && protection.audit.beyond_ideal > 0);
    assert!(protection.audit.max_error <= 9);
    assert!(certify(&protection.record).passed());
}

/// The classic 2×2×2 table: every second cell is half a base. Each plane must get one of its two cells, and any two of
/// the four share a plane.
#[test]
fn a_cube_without_a_zero_restricted_solution_is_solved_with_one_more_step() {
    let areas: [SmallArea<'_>; 9] = [
        ("NL", "NL01", &[0, 1, 2, 3]),
        ("VT", "VT01", &[0, 1]),
        ("VT", "VT02", &[2, 3]),
        ("VR", "VR01", &[0, 2]),
        ("VR", "VR02", &[1, 3]),
        ("X", "X00", &[0]),
        ("X", "X01", &[1]),
        ("X", "X10", &[2]),
        ("X", "X11", &[3]),
    ];
    let half = 3;
    let cells = vec![vec![half, 0], vec![0, half], vec![0, half], vec![half, 0]];
    let blocks = vec![totals(&[half; 4]), breakdown("d", BlockKind::Single, 0, cells)];
    let policy = Policy { base: 2 * half, bound: 4 * half - 1, ideal: 2 * half - 1, ..Policy::default() };
    let protection = protect_small(small_geography(4, &areas), blocks, &policy).unwrap();
    assert!(protection.audit.measures[0].widened && protection.audit.beyond_ideal > 0);
    assert!(certify(&protection.record).passed());
    // Nothing that may be published differs from an ordinary table.
    let published = serde_json::to_string(&protection.table).unwrap();
    assert!(!published.contains("widened") && !published.contains("bound"));
}

#[test]
fn a_table_without_a_solution_names_the_measure_and_what_to_do() {
    // With no step beyond the adjacent multiples allowed, the four atoms have no solution at all.
    let policy = Policy { bound: 4, ..Policy::default() };
    let error = protect_small(pairs_and_triples(), vec![totals(&[2; 4])], &policy).unwrap_err();
    assert!(matches!(&error, ProtectError::NoSolution { measure, .. } if measure == "m"));
    let text = error.to_string();
    assert!(text.contains("no values within the bound add up") && text.contains("max_iterations"), "{text}");
}

#[test]
fn a_policy_that_breaks_the_guarantee_protects_nothing() {
    let policy = Policy { bound: 14, ..Policy::default() };
    let error = protect_small(pairs_and_triples(), vec![totals(&[2; 4])], &policy).unwrap_err();
    assert!(matches!(error, ProtectError::Policy(_)));
}

#[test]
fn atoms_that_no_area_tells_apart_are_protected_together() {
    let geography = small_geography(3, &[("NL", "NL01", &[0, 1, 2]), ("VT", "VT01", &[0, 1])]);
    let cells = vec![vec![1, 6], vec![2, 2], vec![4, 4]];
    let blocks = vec![totals(&[7, 4, 8]), breakdown("d", BlockKind::Single, 0, cells)];
    let protection = protect_small(geography, blocks, &Policy::default()).unwrap();
    assert!(errors(&protection).iter().all(|(.., error)| error.abs() <= 4));
}

#[test]
fn a_national_table_is_published_for_the_country_only() {
    let geography = small_geography(2, &[("NL", "NL01", &[0, 1]), ("VT", "VT01", &[0]), ("VT", "VT02", &[1])]);
    let (spec, counts) = breakdown("besluit", BlockKind::Single, 0, vec![vec![3, 4], vec![0, 11]]);
    let protection =
        protect_small(geography, vec![totals(&[7, 11]), (spec.national_only(), counts)], &Policy::default()).unwrap();
    let areas: Vec<_> = protection.table.cells().filter(|cell| cell.dimension.is_some()).map(|c| c.area_code).collect();
    assert_eq!(areas, ["NL01", "NL01"]);
    assert_eq!(protection.table.lookup("m", Some("besluit"), "c0", "VT01"), None);
}

#[test]
fn structural_zeros_are_in_the_problem_and_not_in_the_table() {
    let geography = small_geography(1, &[("NL", "NL01", &[0])]);
    let (mut spec, counts) = breakdown("kanaal", BlockKind::Single, 0, vec![vec![8, 0, 3]]);
    spec.categories[1].structural_zero = true;
    let protection = protect_small(geography, vec![totals(&[11]), (spec, counts)], &Policy::default()).unwrap();
    let categories: Vec<_> = protection.table.cells().map(|cell| cell.category).collect();
    assert_eq!(categories, ["", "c0", "c2"]);
    assert_eq!(protection.table.lookup("m", Some("kanaal"), "c1", "NL01"), None);
    assert_eq!(protection.audit.cells, 3);
    let record = serde_json::to_value(&protection.record).unwrap();
    assert_eq!(record["blocks"][1]["published"][0][1], 0);
}

/// Counts of records in up to four atoms, over areas that overlap as they like.
fn overlapping() -> impl Strategy<Value = (Geography, Vec<u32>)> {
    (2..5_usize).prop_flat_map(|atoms| {
        let area = prop::collection::btree_set(0..atoms, 1..=atoms);
        let areas = prop::collection::vec(area, 0..9);
        (areas, prop::collection::vec(prop_oneof![0..4_u32, 0..23_u32], atoms)).prop_map(move |(areas, counts)| {
            let mut sets: Vec<Vec<usize>> = areas.into_iter().map(|area| area.into_iter().collect()).collect();
            sets.push((0..atoms).collect());
            let codes: Vec<String> = (0..sets.len()).map(|area| format!("A{area}")).collect();
            let areas: Vec<_> = sets.iter().zip(&codes).map(|(set, code)| ("NL", code.as_str(), &set[..])).collect();
            (small_geography(atoms, &areas), counts)
        })
    })
}

/// The categories of each record of an atom, as bits; not empty, and an exclusive one (the last) is alone.
fn records() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let record = prop_oneof![3 => 1..8_u8, 1 => Just(8_u8)];
    prop::collection::vec(prop::collection::vec(record, 0..14), 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn adjacent_multiples_are_kept_to_exactly_where_they_have_a_solution((geography, counts) in overlapping()) {
        let adjacent = adjacent_exists(&geography, &counts);
        let bound = within_bound_exists(&geography, &counts);
        match protect_small(geography, vec![totals(&counts)], &Policy::default()) {
            Ok(protection) => {
                prop_assert_eq!(protection.audit.measures[0].widened, !adjacent);
                prop_assert_eq!(protection.audit.beyond_ideal == 0, adjacent);
                prop_assert!(protection.audit.max_error <= 9);
            }
            Err(error) => prop_assert!(!bound, "{error}"),
        }
    }

    /// Two atoms of two VT and two VR each, all breakdowns at once, tiny counts.
    #[test]
    fn tiny_tables_of_any_records_are_protected(records in records()) {
        let areas: [SmallArea<'_>; 6] = [
            ("NL", "NL01", &[0, 1, 2, 3]),
            ("VT", "VT01", &[0, 1]),
            ("VT", "VT02", &[2, 3]),
            ("VR", "VR01", &[0]),
            ("VR", "VR02", &[1, 2]),
            ("VR", "VR03", &[3]),
        ];
        let total: Vec<u32> = records.iter().map(|atom| atom.len() as u32).collect();
        let count = |atom: &[u8], test: &dyn Fn(u8) -> bool| atom.iter().filter(|&&record| test(record)).count() as u32;
        let multi = |atom: &Vec<u8>| (0..4).map(|bit| count(atom, &|record| record & (1 << bit) != 0)).collect();
        let single = |atom: &Vec<u8>| (0..3).map(|rest| count(atom, &|record| record % 3 == rest)).collect();
        let blocks = vec![
            totals(&total),
            breakdown("aard", BlockKind::Multi, 1, records.iter().map(multi).collect()),
            breakdown("duur", BlockKind::Single, 0, records.iter().map(single).collect()),
        ];
        let protection = protect_small(small_geography(4, &areas), blocks, &Policy::default()).unwrap();
        prop_assert!(certify(&protection.record).passed());
        prop_assert!(protection.audit.max_error <= 9);
    }
}
