//! The certificate over a history refuses each kind of violation, planted in records that pass.

use serde_json::{Value, json};
use vt_disclosure::{
    BlockKind, CellTable, Geography, InputChange, MemoryRecord, Past, Policy, SumOf, certify, certify_all, protect, sum,
};

use crate::support::{Blocks, breakdown, key, small_geography, totals};

/// Places of the records: two issues of a period, a period beside it, and the sum of both.
const FIRST: usize = 0;
const SECOND: usize = 1;
const BESIDE: usize = 2;
const SUM: usize = 3;

const TOTALS: usize = 0;
const AARD: usize = 1;

/// Atoms a2 and a3 lie in the same areas, so that only the witness tells them apart.
fn geography() -> Geography {
    small_geography(
        4,
        &[
            ("NL", "NL01", &[0, 1, 2, 3]),
            ("VT", "VT01", &[0]),
            ("VT", "VT02", &[1, 2, 3]),
            ("VR", "VR01", &[0, 1]),
            ("VR", "VR02", &[2, 3]),
        ],
    )
}

fn cells(period: &str, counts: &[u32], aard: Vec<Vec<u32>>) -> CellTable {
    let blocks: Blocks = vec![totals(counts), breakdown("aard", BlockKind::Multi, 1, aard)];
    CellTable::new(period, geography(), blocks).unwrap()
}

/// Deliveries of a0 stayed, of a1 grew, of a2 and a3 were replaced. Counts of the first issue are multiples of 5.
fn records() -> Vec<Value> {
    let summed = |others: Vec<&'static MemoryRecord>| vec![SumOf { period: "s".into(), bound: 9, others }];
    let make = |cells, past: &Past<'_>| -> &'static MemoryRecord {
        Box::leak(Box::new(protect(cells, past, &key(), &Policy::default()).unwrap().record))
    };
    let before = vec![vec![20, 15, 5], vec![10, 15, 0], vec![5, 5, 5], vec![5, 5, 5]];
    let first = make(cells("p", &[30, 20, 10, 10], before), &Past { sums: summed(Vec::new()), ..Past::first() });
    let other = vec![vec![15, 5, 0], vec![3, 4, 1], vec![2, 1, 0], vec![0, 6, 1]];
    let beside = make(cells("q", &[15, 7, 3, 7], other), &Past { sums: summed(vec![first]), ..Past::first() });
    let after = vec![vec![20, 15, 5], vec![12, 16, 0], vec![5, 6, 5], vec![5, 4, 5]];
    let past = Past {
        issue: 2,
        previous: Some(first),
        inputs: vec![InputChange::Same, InputChange::Grown, InputChange::Replaced, InputChange::Replaced],
        sums: summed(vec![beside]),
        earlier: Vec::new(),
        apart: Default::default(),
    };
    let second = make(cells("p", &[30, 23, 11, 10], after), &past);
    let both = sum("s", 1, 9, &[second, beside]).unwrap().record;
    [first, second, beside, &both].map(|record| serde_json::to_value(record).unwrap()).to_vec()
}

fn findings(documents: Vec<Value>) -> String {
    let records: Vec<MemoryRecord> =
        documents.into_iter().map(|document| serde_json::from_value(document).unwrap()).collect();
    let all = certify_all(&records).into_iter();
    let lines = all.flat_map(|(name, certificate)| {
        certificate.findings.into_iter().map(move |rule| format!("{}/{}: {rule}", name.period, name.issue))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Plants a violation and demands that it is found where it was planted.
fn refuses(plant: impl FnOnce(&mut Vec<Value>), expected: &str) {
    let mut documents = records();
    plant(&mut documents);
    let found = findings(documents);
    assert!(found.lines().any(|line| line.contains(expected)), "{expected}: not in\n{found}");
}

/// The same, where the record by itself stays certified: only its history shows it.
fn refuses_history(record: usize, plant: impl FnOnce(&mut Value), expected: &str) {
    refuses(
        |documents| {
            plant(&mut documents[record]);
            let alone: MemoryRecord = serde_json::from_value(documents[record].clone()).unwrap();
            assert!(certify(&alone).passed(), "the plant shows without a history: {:?}", certify(&alone).findings);
        },
        expected,
    );
}

fn add(value: &mut Value, by: i64) {
    *value = json!(value.as_i64().unwrap() + by);
}

/// Adds to a witness and to every area with the atom.
fn shift(record: &mut Value, block: usize, atom: usize, category: usize, by: i64) {
    add(&mut record["blocks"][block]["witness"][atom][category], by);
    for row in 0..5 {
        if record["geography"]["areas"][row]["atoms"].as_array().unwrap().contains(&json!(atom)) {
            add(&mut record["blocks"][block]["published"][row][category], by);
        }
    }
}

fn witness(record: &Value, block: usize, atom: usize, category: usize) -> i64 {
    record["blocks"][block]["witness"][atom][category].as_i64().unwrap()
}

#[test]
fn the_history_passes_as_it_is() {
    assert_eq!(findings(records()), "");
}

#[test]
fn a_kept_value_changed() {
    let plant = |record: &mut Value| {
        shift(record, TOTALS, 3, 0, 5);
        shift(record, AARD, 3, 0, 5);
    };
    refuses_history(SECOND, plant, "p/2: m/aard/c0 in VR02: the count is that of an issue before, the value is not");
}

#[test]
fn a_kept_witness_changed_behind_the_same_values() {
    let plant = |record: &mut Value| {
        for (atom, by) in [(2, 5), (3, -5)] {
            shift(record, AARD, atom, 2, by);
            shift(record, TOTALS, atom, 0, by);
        }
    };
    refuses_history(SECOND, plant, "p/2: m/aard in atom a3: a witness of an unchanged count changed");
}

#[test]
fn a_witness_that_shrank_where_deliveries_grew() {
    let plant = |record: &mut Value| {
        let by = 15 - witness(record, TOTALS, 1, 0);
        shift(record, TOTALS, 1, 0, by);
        for category in 0..2 {
            let by = (15 - witness(record, AARD, 1, category)).min(0);
            shift(record, AARD, 1, category, by);
        }
    };
    refuses_history(SECOND, plant, "p/2: m in atom a1: changed otherwise than its deliveries");
}

#[test]
fn counts_that_fell_though_deliveries_grew() {
    let plant = |record: &mut Value| record["past"]["inputs"][3] = json!("grown");
    refuses_history(SECOND, plant, "p/2: m/aard in atom a3: changed otherwise than its deliveries");
}

#[test]
fn counts_that_changed_though_deliveries_did_not() {
    let plant = |record: &mut Value| record["past"]["inputs"][1] = json!("same");
    refuses_history(SECOND, plant, "p/2: m in atom a1: changed otherwise than its deliveries");
}

#[test]
fn a_missing_earlier_record() {
    refuses(|documents| drop(documents.remove(FIRST)), "p/2: issue 1 of p, which it rests on, is missing");
}

#[test]
fn an_earlier_record_that_is_not_certified() {
    let plant = |documents: &mut Vec<Value>| add(&mut documents[FIRST]["blocks"][TOTALS]["published"][1][0], 5);
    refuses(plant, "p/2: issue 1 of p, which it rests on, is missing or not certified");
}

#[test]
fn a_wrong_previous_issue() {
    let plant = |record: &mut Value| record["past"]["previous"] = json!(7);
    refuses_history(SECOND, plant, "p/2: it does not rest on the issues before it");
    let later = |record: &mut Value| record["past"]["previous"] = json!(2);
    refuses_history(FIRST, later, "p/1: it rests on an issue that is not before it");
}

#[test]
fn a_second_issue_that_names_none_before_it() {
    let plant = |record: &mut Value| {
        record["past"]["previous"] = Value::Null;
        record["past"]["inputs"] = json!([]);
    };
    refuses_history(SECOND, plant, "p/2: it does not rest on the issues before it");
}

#[test]
fn no_word_of_how_deliveries_changed() {
    let plant = |record: &mut Value| record["past"]["inputs"] = json!([]);
    refuses_history(SECOND, plant, "p/2: it does not say how the deliveries of each atom changed");
}

#[test]
fn a_running_error_beyond_its_bound() {
    let plant = |documents: &mut Vec<Value>| {
        for record in [FIRST, BESIDE] {
            shift(&mut documents[record], TOTALS, 0, 0, 5);
            shift(&mut documents[record], AARD, 0, 0, 5);
        }
    };
    refuses(plant, "q/1: m/ in VT01: the running error of s is beyond its bound");
}

#[test]
fn a_bound_that_the_policy_does_not_promise() {
    let plant = |record: &mut Value| record["past"]["sums"][0]["bound"] = json!(40);
    refuses_history(BESIDE, plant, "q/1: the bound of s is not one of the policy");
}

#[test]
fn a_sum_that_is_not_the_sum() {
    let plant = |record: &mut Value| {
        shift(record, TOTALS, 0, 0, 5);
        shift(record, AARD, 0, 0, 5);
    };
    refuses_history(SUM, plant, "s/1: m/: not the sum of its parts");
}

#[test]
fn a_part_counted_twice() {
    let twice = json!([{"period": "p", "issue": 1}, {"period": "p", "issue": 2}]);
    let beside = twice.clone();
    refuses_history(BESIDE, |record| record["past"]["sums"][0]["others"] = beside, "q/1: a part of s is counted twice");
    refuses_history(SUM, |record| record["past"]["parts"] = twice, "s/1: a part is summed twice");
}

#[test]
fn an_area_that_a_part_withholds() {
    let plant = |documents: &mut Vec<Value>| documents[BESIDE]["geography"]["areas"][1]["withheld"] = json!(true);
    refuses(plant, "s/1: VT01: given, though a part withholds it");
}

#[test]
fn another_key() {
    let plant = |record: &mut Value| record["key_fingerprint"] = json!("00000000");
    refuses_history(SECOND, plant, "p/2: base, bound or key differ from those of the issue before");
}

#[test]
fn other_areas() {
    let plant = |record: &mut Value| record["geography"]["areas"][4]["code"] = json!("VR03");
    refuses_history(SECOND, plant, "p/2: areas, tables or links differ from those of the issue before");
}

#[test]
fn an_issue_that_is_there_twice() {
    refuses(|documents| documents.push(documents[SECOND].clone()), "p/2: the issue is there twice");
}
