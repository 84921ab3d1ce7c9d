//! Counts that the contract ties together.

use proptest::prelude::*;
use vt_disclosure::links::{self, Link, LinkEnd, Relation};
use vt_disclosure::{BlockKind, CellTable, Geography, Past, Policy, Protection, TableError, certify, protect};

use crate::support::{Blocks, breakdown, document, key, small_geography, totals};

fn link(relation: Relation, left: (&str, &str), right: (&str, &str)) -> Link {
    let end = |(dimension, category): (&str, &str)| LinkEnd { dimension: dimension.into(), category: category.into() };
    Link { measure: "m".into(), relation, left: end(left), right: end(right), rule: "test rule".into() }
}

fn areas() -> Geography {
    small_geography(
        3,
        &[("NL", "NL01", &[0, 1, 2]), ("VT", "VT01", &[0, 1]), ("VR", "VR01", &[1, 2]), ("VR", "VR02", &[0])],
    )
}

fn protect_linked(blocks: Blocks, links: Vec<Link>) -> Protection {
    let cells = CellTable::with_links("p", areas(), blocks, links).unwrap();
    protect(cells, &Past::first(), &key(), &Policy::default()).unwrap()
}

/// Two breakdowns of the same records: c0 of both is the same count (⇔), c1 of the first is part of c1 of the second (⇒).
fn tied(rows: &[(u32, u32, u32, u32)]) -> Blocks {
    let total: Vec<u32> = rows.iter().map(|&(a, b, c, d)| a + b + c + d).collect();
    let first = rows.iter().map(|&(a, b, c, d)| vec![a, b, c + d]).collect();
    let second = rows.iter().map(|&(a, b, c, d)| vec![a, b + c, d]).collect();
    vec![totals(&total), breakdown("x", BlockKind::Single, 0, first), breakdown("y", BlockKind::Single, 0, second)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn tied_counts_never_contradict_each_other(rows in prop::collection::vec((0..12_u32, 0..12_u32, 0..12_u32, 0..12_u32), 3)) {
        let links = vec![
            link(Relation::Equal, ("x", "c0"), ("y", "c0")),
            link(Relation::AtMost, ("x", "c1"), ("y", "c1")),
        ];
        let protection = protect_linked(tied(&rows), links);
        prop_assert!(certify(&protection.record).passed());
        for area in &areas().areas {
            let value = |dimension, category| {
                protection.table.lookup("m", Some(dimension), category, &area.code).unwrap().value
            };
            prop_assert_eq!(value("x", "c0"), value("y", "c0"));
            prop_assert!(value("x", "c1") <= value("y", "c1"));
        }
    }
}

/// Without the link the two counts are drawn apart, and a published 0 beside a 5 would prove a count of 1 to 4.
#[test]
fn the_link_is_what_makes_them_equal() {
    let differs = |links: fn() -> Vec<Link>| {
        (0..40).any(|seed| {
            let rows = [(seed % 5, 3, 4, 2), (2, seed % 7, 1, 3), (1, 2, 3, seed % 3)];
            let table = protect_linked(tied(&rows), links()).table;
            areas().areas.iter().any(|area| {
                let value = |dimension| table.lookup("m", Some(dimension), "c0", &area.code).unwrap().value;
                value("x") != value("y")
            })
        })
    };
    assert!(differs(Vec::new));
    assert!(!differs(|| vec![link(Relation::Equal, ("x", "c0"), ("y", "c0"))]));
}

#[test]
fn counts_that_break_a_link_are_refused() {
    let links = vec![link(Relation::Equal, ("x", "c0"), ("y", "c1"))];
    let error = CellTable::with_links("p", areas(), tied(&[(1, 2, 3, 4); 3]), links).unwrap_err();
    assert!(matches!(&error, TableError::Counts { atom, .. } if atom == "a0"), "{error}");
}

#[test]
fn the_certificate_refuses_values_that_break_a_link() {
    let protection = protect_linked(tied(&[(6, 2, 3, 4); 3]), Vec::new());
    let mut record = document(&protection);
    let planted = link(Relation::Equal, ("x", "c1"), ("y", "c1"));
    record["links"] = serde_json::to_value([planted]).unwrap();
    let certificate = certify(&serde_json::from_value(record).unwrap());
    assert_eq!(certificate.findings, ["m: the link of test rule does not hold"]);
}

#[test]
fn a_link_to_a_table_that_is_not_there_is_left_alone() {
    let protection = protect_linked(tied(&[(6, 2, 3, 4); 3]), vec![link(Relation::Equal, ("x", "c0"), ("z", "c0"))]);
    assert!(protection.audit.passed);
}

/// Every link of the contract names its rule once, and ties two dimensions.
#[test]
fn the_list_of_the_contract_is_well_formed() {
    let contract = links::contract();
    for (index, link) in contract.iter().enumerate() {
        assert!(!link.rule.is_empty() && link.left != link.right);
        assert!(!contract[..index].contains(link));
    }
}
