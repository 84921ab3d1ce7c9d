//! What is told of insiders' attacks: nothing that rests on counts which the insider does not know.

use serde_json::{Value, json};
use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{
    Ask, Exactly, InsiderFigures, Profile, PublishedIssue, Store, Which, profile_figures,
};
use vt_disclosure::{
    BlockKind, BlockSpec, CategorySpec, CellTable, Geography, InputChange, MemoryRecord, Past, Policy, protect,
};

use crate::support::{SmallArea, key, small_geography};

const MEASURE: &str = "ontvangen_meldingen";
const ASK: Ask = Ask { which: Which::All, exactly: Exactly::Unproven, limits: Limits { nodes: 2_000, solves: 10_000 } };
const AREAS: [SmallArea<'_>; 5] = [
    ("NL", "NL01", &[0, 1, 2]),
    ("VT", "VT06", &[0, 1]),
    ("VT", "VT13", &[2]),
    ("VR", "VR08", &[0]),
    ("VR", "VR23", &[1, 2]),
];

fn geography() -> Geography {
    let atoms = ["VT06-VR08", "VT06-VR23", "VT13-VR23"].map(str::to_owned).to_vec();
    Geography { atoms, ..small_geography(3, &AREAS) }
}

fn issue(totals: [u32; 3], past: &Past<'_>) -> MemoryRecord {
    let organisatie = ["politie", "gemeente"].map(CategorySpec::plain).to_vec();
    let blocks = vec![
        (BlockSpec::total(MEASURE), totals.map(|total| vec![total]).to_vec()),
        (
            BlockSpec::breakdown(MEASURE, "organisatie", BlockKind::Single, organisatie),
            totals.map(|total| vec![total / 3, total - total / 3]).to_vec(),
        ),
    ];
    let cells = CellTable::new("2020W407", geography(), blocks).unwrap();
    protect(cells, past, &key(), &Policy::default()).unwrap().record
}

/// The same published values from one record of the gemeente more in VT13: as far as an insider can tell, as likely.
fn with_one_more(record: &MemoryRecord) -> MemoryRecord {
    let mut document = serde_json::to_value(record).unwrap();
    for (block, category) in [(0, 0), (1, 1)] {
        let count = &mut document["blocks"][block]["truth"][2][category];
        *count = json!(count.as_u64().unwrap() + 1);
    }
    serde_json::from_value(document).unwrap()
}

fn figures(records: &[MemoryRecord], profile: &Profile) -> InsiderFigures {
    let store = Store::new(records.iter().map(PublishedIssue::from_record).collect()).unwrap();
    let records: Vec<&MemoryRecord> = records.iter().collect();
    profile_figures(&store.families()[0], MEASURE, profile, &records, &ASK, &|| false).unwrap()
}

fn two_issues() -> Vec<MemoryRecord> {
    let first = issue([31, 2, 17], &Past::first());
    let inputs = vec![InputChange::Replaced; 3];
    let past = Past { issue: 2, previous: Some(&first), inputs, ..Past::first() };
    let second = issue([31, 3, 15], &past);
    vec![first, second]
}

fn profiles() -> [Profile; 3] {
    [Profile::Region("VT06".to_owned()), Profile::police(), Profile::Revisions]
}

#[test]
fn figures_do_not_depend_on_counts_that_the_insider_does_not_know() {
    let records = two_issues();
    let other: Vec<MemoryRecord> = records.iter().map(with_one_more).collect();
    assert_ne!(records, other);
    for profile in profiles() {
        let found = figures(&records, &profile);
        assert!(found.wide > 0 && found.unchecked == 0, "{found:?}");
        assert_eq!(found, figures(&other, &profile));
    }
}

#[test]
fn ends_stand_only_where_the_insider_can_compute_them() {
    for profile in profiles() {
        let written = serde_json::to_value(figures(&two_issues(), &profile)).unwrap();
        if let Some(narrowest) = written.get("narrowest") {
            assert_eq!(narrowest["exact"], Value::Bool(true), "{written}");
            assert!(written["narrow"].as_u64().unwrap() > 0, "{written}");
        }
    }
    // What the police know of the other organisation leaves it wide, so nothing of it is told.
    assert!(figures(&two_issues()[..1], &Profile::police()).narrowest.is_none());
}

#[test]
fn a_region_is_the_one_of_its_whole_code() {
    let records = two_issues();
    let nobody = figures(&records, &Profile::Region("VT0".to_owned()));
    let outsider = figures(&records, &Profile::Outsider);
    assert_eq!(nobody.targets, outsider.targets);
    assert!(figures(&records, &Profile::Region("VT06".to_owned())).targets < outsider.targets);
    for wrong in ["region:", "region:VT", "region:vt07", "region:VT0", "region:VT007", "region:VR23"] {
        assert_eq!(Profile::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Profile::parse("region:VT07"), Some(Profile::Region("VT07".to_owned())));
}
