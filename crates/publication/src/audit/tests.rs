use std::time::Duration;

use serde_json::json;
use vt_disclosure::{
    Area, BlockKind, BlockSpec, CategorySpec, CellTable, Geography, InputChange, Key, MemoryRecord, Past, Policy,
    protect,
};
use vt_domain::atoms::AtomCode;
use vt_domain::measure::Maat;
use vt_domain::snapshot::Manifest;

use super::{AttackLimits, Attacked, Seen, inputs};
use vt_disclosure::AttackAudit;

const MEASURE: &str = "ontvangen_meldingen";

fn geography() -> Geography {
    let area = |kind: &str, code: &str, atoms: &[usize]| Area {
        kind: kind.into(),
        code: code.into(),
        atoms: atoms.to_vec(),
        withheld: false,
    };
    Geography {
        atoms: ["VT06-VR08", "VT06-VR23", "VT13-VR23"].map(str::to_owned).to_vec(),
        areas: vec![
            area("NL", "NL01", &[0, 1, 2]),
            area("VT", "VT06", &[0, 1]),
            area("VT", "VT13", &[2]),
            area("VR", "VR08", &[0]),
            area("VR", "VR23", &[1, 2]),
        ],
    }
}

fn record(totals: [u32; 3], past: &Past<'_>) -> MemoryRecord {
    let kanaal = ["telefoon", "mail"].map(CategorySpec::plain).to_vec();
    let blocks = vec![
        (BlockSpec::total(MEASURE), totals.map(|total| vec![total]).to_vec()),
        (
            BlockSpec::breakdown(MEASURE, "kanaal", BlockKind::Single, kanaal),
            totals.map(|total| vec![total / 3, total - total / 3]).to_vec(),
        ),
    ];
    let cells = CellTable::new("2020W407", geography(), blocks).unwrap();
    protect(cells, past, &Key::from_bytes([7; 32]), &Policy::default()).unwrap().record
}

fn gate(
    new: &MemoryRecord,
    earlier: &[&MemoryRecord],
    limits: &AttackLimits,
    elapsed: &dyn Fn() -> Duration,
) -> AttackAudit {
    let earlier: Vec<Attacked<'_>> = earlier.iter().map(|record| Attacked { record, seen: None }).collect();
    super::gate(&Attacked { record: new, seen: None }, &earlier, limits, elapsed)
}

fn no_time() -> Duration {
    Duration::ZERO
}

#[test]
fn a_protected_issue_and_its_revision_pass() {
    let first = record([31, 2, 17], &Past::first());
    let limits = AttackLimits::default();
    let audit = gate(&first, &[], &limits, &no_time);
    assert!(audit.passed && audit.targets > 5 && audit.proven == audit.targets, "{audit:?}");
    assert_eq!(audit.refusal(), None);
    let past = Past {
        issue: 2,
        previous: Some(&first),
        inputs: vec![InputChange::Same, InputChange::Grown, InputChange::Replaced],
        ..Past::first()
    };
    let second = record([31, 3, 15], &past);
    let both = gate(&second, &[&first], &limits, &no_time);
    assert!(both.passed && both.targets > audit.targets, "{both:?}");
}

#[test]
fn values_that_no_witness_stands_behind_are_refused() {
    let mut document = serde_json::to_value(record([31, 2, 17], &Past::first())).unwrap();
    document["blocks"][0]["published"][4] = json!([90]);
    let audit = gate(&serde_json::from_value(document).unwrap(), &[], &AttackLimits::default(), &no_time);
    assert!(!audit.passed && !audit.findings.is_empty());
    let refusal = audit.refusal().unwrap();
    assert!(refusal.contains("not proven safe") && refusal.contains("report the case"), "{refusal}");
}

#[test]
fn an_unchanged_count_that_moved_is_refused() {
    let first = record([31, 2, 17], &Past::first());
    let mut document = serde_json::to_value(&first).unwrap();
    document["issue"] = json!(2);
    document["past"]["previous"] = json!(1);
    document["past"]["inputs"] = json!(["same", "same", "same"]);
    let unmoved: MemoryRecord = serde_json::from_value(document.clone()).unwrap();
    assert!(gate(&unmoved, &[&first], &AttackLimits::default(), &no_time).passed);
    // One record of a kind more, in every row that it counts in.
    for (block, category) in [(0, 0), (1, 0)] {
        for row in [0, 2, 4] {
            let value = &mut document["blocks"][block]["published"][row][category];
            *value = json!(value.as_u64().unwrap() + 5);
        }
        let value = &mut document["blocks"][block]["witness"][2][category];
        *value = json!(value.as_u64().unwrap() + 5);
    }
    let moved: MemoryRecord = serde_json::from_value(document).unwrap();
    assert!(gate(&moved, &[], &AttackLimits::default(), &no_time).passed, "by itself it is in order");
    let audit = gate(&moved, &[&first], &AttackLimits::default(), &no_time);
    assert!(!audit.passed && audit.refusal().is_some());
}

/// The manifests say that nothing was delivered anew, the record that something was.
#[test]
fn what_manifests_show_counts_and_not_the_word_of_the_record() {
    let first = record([31, 2, 17], &Past::first());
    let past = Past { issue: 2, previous: Some(&first), inputs: vec![InputChange::Replaced; 3], ..Past::first() };
    let second = record([31, 2, 27], &past);
    let seen = |number| {
        let input = json!({"regio": "VT13", "maand": "2020-06", "levering_nr": number, "kenmerk": "00ff"});
        Some(Seen::new("a", "r", &[serde_json::from_value(input).unwrap()]))
    };
    let gate = |number| {
        let new = Attacked { record: &second, seen: seen(number) };
        super::gate(&new, &[Attacked { record: &first, seen: seen(1) }], &AttackLimits::default(), &no_time)
    };
    assert!(gate(2).passed, "{:?}", gate(2));
    assert!(!gate(1).passed);
}

#[test]
fn what_time_leaves_undecided_is_refused() {
    let limits = AttackLimits { time_limit_seconds: 5, ..AttackLimits::default() };
    let audit = gate(&record([31, 2, 17], &Past::first()), &[], &limits, &|| Duration::from_secs(5));
    assert!(!audit.passed && audit.unchecked == audit.targets && audit.milliseconds == 5_000);
    let refusal = audit.refusal().unwrap();
    assert!(refusal.contains("within 5 s") && refusal.contains("raise time_limit_seconds"), "{refusal}");
}

#[test]
fn only_services_depend_on_deliveries_that_manifests_do_not_list() {
    assert_eq!(inputs::unlinked(), [Maat::AfgerondeOnderzoeken.code(), Maat::AfgerondeVoorwaardenVervolg.code()]);
}

#[test]
fn readers_see_in_the_manifests_how_deliveries_changed() {
    let manifest = |deliveries: &[(&str, &str, u32)], software: &str| -> Seen {
        let invoer = deliveries
            .iter()
            .map(|(regio, maand, nr)| json!({"regio": regio, "maand": maand, "levering_nr": nr, "kenmerk": "00ff"}));
        let manifest = json!({
            "formaat": 1, "cadans": "four_weeks", "periode": "2020W407", "begin": "2020-06-15", "eind": "2020-07-12",
            "uitgave": 1, "gepubliceerd_op": "2020-08-10T05:00:00Z", "status": "voorlopig", "bestanden": [], "historie": [],
            "invoer": invoer.collect::<Vec<_>>(), "vorige": null, "register": "r", "software": software,
            "beleid": {"veelvoud": 5, "grens": 9, "kleinste_basis": 100, "kleinste_basis_herzien": 200,
                "decimaal_vanaf_basis": 1000, "regio_onbekend_boven_procent": 5},
            "handtekening": null, "controle": "geslaagd",
        });
        Seen::from(&serde_json::from_value::<Manifest>(manifest).unwrap())
    };
    let atoms: Vec<AtomCode> = ["VT06-VR08", "VT07-VR14", "VT13-VR23"].map(|code| code.parse().unwrap()).to_vec();
    let before = manifest(&[("VT06", "2020-06", 1), ("VT07", "2020-06", 1), ("VT13", "2020-06", 1)], "a");
    let now = [("VT06", "2020-06", 1), ("VT07", "2020-06", 1), ("VT07", "2020-07", 1), ("VT13", "2020-06", 2)];
    let expected = [InputChange::Same, InputChange::Grown, InputChange::Replaced];
    assert_eq!(manifest(&now, "a").changes(&before, &atoms), expected);
    assert!(manifest(&now, "b").changes(&before, &atoms).is_empty(), "another program may count otherwise");
}
