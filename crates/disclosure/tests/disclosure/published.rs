//! The attack on published issues: what is protected passes, and each protection that is taken out is found.

use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{
    Ask, Exactly, MeasureAttack, PublishedIssue, PublishedTable, Seed, Store, TargetAttack, Which, audit,
};
use vt_disclosure::{
    BlockKind, BlockSpec, CellTable, Geography, InputChange, IssueName, MemoryRecord, Past, Policy, Protection, SumOf,
    protect, sum,
};

use crate::registrations::Registrations;
use crate::support::{
    MELDINGEN, Rng, SmallArea, breakdown, geography, key, period, protect_blocks, small_geography, totals,
};

const ASK: Ask = Ask { which: Which::All, exactly: Exactly::Unproven, limits: Limits { nodes: 2_000, solves: 10_000 } };

fn attack(issues: Vec<PublishedIssue>) -> Vec<MeasureAttack> {
    attack_with(issues, Seed::Published, &ASK)
}

fn attack_with(issues: Vec<PublishedIssue>, seed: Seed<'_>, ask: &Ask) -> Vec<MeasureAttack> {
    let store = Store::new(issues).unwrap();
    let of_family = |family| {
        let measures = vt_disclosure::attack::store::Family::measures(family);
        measures.into_iter().map(|measure| audit(family, measure, seed, ask, &|| false)).collect::<Vec<_>>()
    };
    store.families().iter().flat_map(of_family).collect()
}

fn passed(attacks: &[MeasureAttack]) -> bool {
    attacks.iter().all(MeasureAttack::passed)
}

fn no_witness(attacks: &[MeasureAttack]) -> String {
    attacks.iter().filter_map(|attack| attack.no_witness.clone()).collect::<Vec<_>>().join("\n")
}

fn found(attacks: &[MeasureAttack], area: &str) -> TargetAttack {
    let all = attacks.iter().flat_map(|attack| &attack.unsafe_targets);
    all.clone().find(|target| target.name.area == area).cloned().unwrap_or_else(|| {
        panic!("{area} is not among {:?}", all.map(|target| target.name.to_string()).collect::<Vec<_>>())
    })
}

fn of(protection: &Protection) -> PublishedIssue {
    PublishedIssue::from_record(&protection.record)
}

/// The totals of a measure as somebody else would publish them: each number by itself, at most `bound` from the truth.
fn totals_of(name: &str, issue: u32, geography: &Geography, bound: u32, values: &[Option<u32>]) -> PublishedIssue {
    let rows = values.iter().map(|value| vec![*value]).collect();
    PublishedIssue {
        name: IssueName { period: name.to_owned(), issue },
        base: 5,
        bound,
        geography: geography.clone(),
        links: Vec::new(),
        tables: vec![PublishedTable { spec: BlockSpec::total("m"), values: rows }],
        inputs: Vec::new(),
        unlinked: Vec::new(),
        parts: Vec::new(),
    }
}

fn rounded(geography: &Geography, counts: &[u32], past: &Past<'_>) -> Protection {
    let cells = CellTable::new("p", geography.clone(), vec![totals(counts)]).unwrap();
    protect(cells, past, &key(), &Policy::default()).unwrap()
}

const TWO: [SmallArea<'_>; 3] = [("NL", "NL01", &[0, 1]), ("VT", "VT01", &[0]), ("VT", "VT02", &[1])];

/// Mook en Middelaar is what VR23 has and VT13 has not.
const MOOK: [SmallArea<'_>; 5] = [
    ("NL", "NL01", &[0, 1, 2]),
    ("VT", "VT06", &[0, 1]),
    ("VT", "VT13", &[2]),
    ("VR", "VR08", &[0]),
    ("VR", "VR23", &[1, 2]),
];

#[test]
fn a_protected_period_passes_from_its_published_values_alone() {
    let issue = of(&protect_blocks(period(7, 4_000, 4_500)));
    let attacks = attack(vec![issue]);
    assert!(passed(&attacks), "{:?}", no_witness(&attacks));
    let targets: usize = attacks.iter().map(|attack| attack.targets).sum();
    let by_moves: usize = attacks.iter().map(|attack| attack.by_moves).sum();
    assert!(targets > 6_000 && by_moves == targets, "{by_moves} of {targets}");
    let widths = attacks.iter().filter_map(|attack| attack.narrowest.as_ref()?.width());
    assert!(widths.min().is_some_and(|narrowest| narrowest >= 4));
}

#[test]
fn the_files_hold_no_truth_no_witness_and_nothing_withheld() {
    let mut geography = geography();
    geography.areas[1].withheld = true;
    let cells = CellTable::new("p", geography, period(3, 500, 600)).unwrap();
    let protection = protect(cells, &Past::first(), &key(), &Policy::default()).unwrap();
    let issue = of(&protection);
    for table in issue.tables.iter().filter(|table| table.values.len() > 1) {
        assert!(table.values[1].iter().all(Option::is_none) && table.values[0].iter().all(Option::is_some));
    }
    assert!(passed(&attack(vec![issue])));
}

#[test]
fn a_value_changed_by_a_step_in_one_table_is_found() {
    let mut issue = of(&protect_blocks(period(7, 400, 450)));
    let table = issue.tables.iter_mut().find(|table| table.spec.dimension.as_deref() == Some("aard")).unwrap();
    let value = table.values[4][0].as_mut().unwrap();
    *value += 5;
    let name = table.spec.name();
    let reason = no_witness(&attack(vec![issue]));
    assert!(reason.contains("do not add up") && reason.contains(&name), "{reason}");
}

#[test]
fn a_value_that_is_no_multiple_is_found() {
    let mut issue = of(&protect_blocks(period(7, 400, 450)));
    *issue.tables[0].values[2][0].as_mut().unwrap() += 1;
    assert!(no_witness(&attack(vec![issue])).contains("no multiples of the base"));
}

/// 2 and 2 published as 0 and 0 beside a total of 4 published as 5: nearest multiples, each by itself.
#[test]
fn a_total_rounded_on_its_own_gives_its_parts_away() {
    let geography = small_geography(2, &TWO);
    let own = totals_of("p", 1, &geography, 2, &[Some(5), Some(0), Some(0)]);
    let attacks = attack(vec![own]);
    let target = found(&attacks, "VT01");
    assert_eq!((target.lo, target.hi), (Some(1), Some(2)));
    assert_eq!(target.causes, ["p/1 m"]);
    assert!(no_witness(&attacks).contains("do not add up"));
    assert!(passed(&attack(vec![of(&rounded(&geography, &[2, 2], &Past::first()))])));
}

#[test]
fn a_revision_by_one_record_that_is_published_as_it_is_shows_the_record() {
    let geography = small_geography(2, &TWO);
    let first = rounded(&geography, &[20, 31], &Past::first());
    let exact = |issue, counts: [u32; 3]| totals_of("p", issue, &geography, 0, &counts.map(Some));
    let open = attack(vec![exact(1, [51, 20, 31]), exact(2, [52, 21, 31])]);
    let change = open.iter().flat_map(|attack| &attack.unsafe_targets).find(|target| target.name.since == Some(1));
    assert_eq!(change.map(|target| (target.lo, target.hi)), Some((Some(1), Some(1))));
    let past = Past {
        issue: 2,
        previous: Some(&first.record),
        inputs: vec![InputChange::Grown, InputChange::Same],
        ..Past::first()
    };
    let second = rounded(&geography, &[21, 31], &past);
    let attacks = attack(vec![of(&first), of(&second)]);
    assert!(passed(&attacks), "{attacks:?}");
    let changes = attacks[0].targets - attack(vec![of(&first)])[0].targets - attack(vec![of(&second)])[0].targets;
    assert!(changes > 0, "differences between issues are targets");
}

#[test]
fn an_unchanged_count_that_moved_is_found() {
    let geography = small_geography(2, &TWO);
    let first = totals_of("p", 1, &geography, 9, &[Some(20), Some(0), Some(20)]);
    let same = |values: [u32; 3]| PublishedIssue {
        inputs: vec![InputChange::Same; 2],
        ..totals_of("p", 2, &geography, 9, &values.map(Some))
    };
    assert!(passed(&attack(vec![first.clone(), same([20, 0, 20])])));
    let attacks = attack(vec![first.clone(), same([25, 5, 20])]);
    assert!(no_witness(&attacks).contains("p/1 m") && no_witness(&attacks).contains("p/2 m"), "{attacks:?}");
    // Within 9 of 0 and of 15: 6 to 9.
    let target = found(&attack(vec![first, same([35, 15, 20])]), "VT01");
    assert_eq!((target.lo, target.hi), (Some(6), Some(9)));
    assert_eq!(target.causes, ["p/1 m", "p/2 m"]);
}

#[test]
fn a_region_that_was_left_out_and_then_given_stays_safe() {
    let mut geography = small_geography(2, &TWO);
    let open = [
        totals_of("p", 1, &geography, 0, &[None, None, Some(31)]),
        PublishedIssue {
            inputs: vec![InputChange::Same; 2],
            ..totals_of("p", 2, &geography, 0, &[Some(33), None, Some(31)])
        },
    ];
    let target = found(&attack(open.to_vec()), "NL01 without VT02");
    assert_eq!((target.lo, target.hi), (Some(2), Some(2)), "from the country less the other region");
    geography.areas[0].withheld = true;
    geography.areas[1].withheld = true;
    let first = rounded(&geography, &[0, 31], &Past::first());
    geography.areas.iter_mut().for_each(|area| area.withheld = false);
    let past = Past {
        issue: 2,
        previous: Some(&first.record),
        inputs: vec![InputChange::Grown, InputChange::Same],
        ..Past::first()
    };
    let second = rounded(&geography, &[2, 31], &past);
    assert!(passed(&attack(vec![of(&first), of(&second)])));
}

#[test]
fn a_region_that_is_left_out_does_not_follow_from_the_country_less_the_others() {
    let geography = small_geography(2, &TWO);
    let open = attack(vec![totals_of("p", 1, &geography, 0, &[Some(34), None, Some(31)])]);
    let target = found(&open, "NL01 without VT02");
    assert_eq!((target.lo, target.hi), (Some(3), Some(3)));
    let mut issue = of(&rounded(&geography, &[3, 31], &Past::first()));
    issue.tables[0].values[1][0] = None;
    assert!(passed(&attack(vec![issue])));
}

#[test]
fn a_sliver_between_regions_that_do_not_nest_stays_safe() {
    let geography = small_geography(3, &MOOK);
    let exact: Vec<Option<u32>> = [273, 152, 121, 150, 123].map(Some).to_vec();
    let open = attack(vec![totals_of("p", 1, &geography, 0, &exact)]);
    // The very atom that VR23 has without VT13.
    let target = found(&open, "VT06 without VR08");
    assert_eq!((target.lo, target.hi), (Some(2), Some(2)));
    assert!(!target.causes.is_empty());
    let attacks = attack(vec![of(&rounded(&geography, &[150, 2, 121], &Past::first()))]);
    assert!(passed(&attacks), "{attacks:?}");
}

/// Two revisions of some regions, and periods that add up.
#[test]
fn revisions_and_sums_pass() {
    let mut rng = Rng(5);
    let mut truth = Registrations::new(&mut rng, "ontvangen_meldingen", &MELDINGEN[..2], 1_500);
    let mut memory: Vec<MemoryRecord> = Vec::new();
    let four = |others| vec![SumOf { period: "four".into(), bound: 9, others }];
    for issue in 1..=3 {
        let mut past = Past { issue, previous: memory.last(), sums: four(Vec::new()), ..Past::first() };
        if issue > 1 {
            truth.correct(&mut rng, &["VT06".to_owned(), "VT15".to_owned()], 100, 30);
            let change = |atom: &String| match &atom[..4] {
                "VT06" | "VT15" => InputChange::Replaced,
                _ => InputChange::Same,
            };
            past.inputs = geography().atoms.iter().map(change).collect();
        }
        let cells = CellTable::new("one", geography(), truth.blocks()).unwrap();
        let record = protect(cells, &past, &key(), &Policy::default()).unwrap().record;
        memory.push(record);
    }
    let beside = Registrations::new(&mut rng, "ontvangen_meldingen", &MELDINGEN[..2], 1_200);
    let cells = CellTable::new("two", geography(), beside.blocks()).unwrap();
    let past = Past { sums: four(vec![&memory[2]]), ..Past::first() };
    memory.push(protect(cells, &past, &key(), &Policy::default()).unwrap().record);
    memory.push(sum("four", 1, 9, &[&memory[2], &memory[3]]).unwrap().record);
    let issues: Vec<PublishedIssue> = memory.iter().map(PublishedIssue::from_record).collect();
    let store = Store::new(issues.clone()).unwrap();
    assert_eq!(
        store.families().iter().map(|family| (family.name(), family.issues().len())).collect::<Vec<_>>(),
        [("four", 5)]
    );
    assert!(passed(&attack(issues.clone())));
    let all: Vec<&MemoryRecord> = memory.iter().collect();
    assert!(passed(&attack_with(issues, Seed::Witness(&all), &ASK)));
}

#[test]
fn a_year_is_the_sum_of_its_parts_or_is_refused() {
    let mut memory: Vec<MemoryRecord> = Vec::new();
    for (index, seed) in [11, 12, 13].into_iter().enumerate() {
        let sums = vec![SumOf { period: "year".into(), bound: 14, others: memory.iter().collect() }];
        let cells = CellTable::new(format!("p{index}"), geography(), period(seed, 300, 300)).unwrap();
        let protection = protect(cells, &Past { sums, ..Past::first() }, &key(), &Policy::default()).unwrap();
        memory.push(protection.record);
    }
    let year = sum("year", 1, 14, &memory.iter().collect::<Vec<_>>()).unwrap().record;
    let mut issues: Vec<PublishedIssue> = memory.iter().chain([&year]).map(PublishedIssue::from_record).collect();
    let store = Store::new(issues.clone()).unwrap();
    assert_eq!((store.families().len(), store.longer().len()), (3, 1));
    let checked = store.longer()[0].attack(&store);
    assert!(checked.findings.is_empty() && checked.cells > 5_000, "{checked:?}");
    // What a part leaves empty would follow from the sum, less the others: the sum must leave it empty too.
    for parts in [[1].as_slice(), &[0, 1]] {
        let mut issues = issues.clone();
        parts.iter().for_each(|&part| issues[part].tables[0].values[2][0] = None);
        let store = Store::new(issues.clone()).unwrap();
        let findings = store.longer()[0].attack(&store).findings;
        assert_eq!(findings, ["year/1 gestarte_adviezen/ in VT02: given, though a part does not give it"]);
        issues[3].tables[0].values[2][0] = None;
        let store = Store::new(issues).unwrap();
        assert!(store.longer()[0].attack(&store).findings.is_empty());
    }
    *issues[3].tables[0].values[1][0].as_mut().unwrap() += 5;
    let store = Store::new(issues.clone()).unwrap();
    let findings = store.longer()[0].attack(&store).findings;
    assert_eq!(findings, ["year/1 gestarte_adviezen/ in VT01: not the sum of its parts"]);
    issues.remove(0);
    assert!(Store::new(issues).unwrap_err().to_string().contains("issue 1 of p0 is not there"));
}

/// Whole intervals by moves are those that the engine finds: brute force over what little there is.
#[test]
fn whole_intervals_are_attained_and_not_passed() {
    let geography = small_geography(3, &MOOK);
    let blocks = vec![
        totals(&[12, 2, 7]),
        breakdown("aard", BlockKind::Multi, 1, vec![vec![9, 4, 1], vec![1, 1, 0], vec![5, 3, 1]]),
    ];
    let cells = CellTable::new("p", geography, blocks).unwrap();
    let issue = of(&protect(cells, &Past::first(), &key(), &Policy::default()).unwrap());
    let ask = Ask { exactly: Exactly::All, ..ASK };
    let attacks = attack_with(vec![issue.clone()], Seed::Published, &ask);
    assert!(passed(&attacks) && attacks[0].intervals.len() == attacks[0].targets);
    let area = |code: &str| issue.geography.areas.iter().position(|area| area.code == code).unwrap();
    for target in attacks[0].intervals.iter().filter(|target| target.value.is_some()) {
        let dimension = target.name.dimension.as_deref();
        let table = issue.tables.iter().find(|table| table.spec.dimension.as_deref() == dimension).unwrap();
        let column = table.spec.categories.iter().position(|code| code.code == target.name.category).unwrap();
        let value = i64::from(table.values[area(&target.name.area)][column].unwrap());
        assert!(target.exact, "{}", target.name);
        assert!(target.lo >= Some((value - 9).max(0)) && target.hi <= Some(value + 9), "{target:?}");
    }
}
