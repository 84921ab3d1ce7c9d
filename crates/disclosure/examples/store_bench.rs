//! Times the attack on published issues at real size: a period, and the same with revisions.
//!
//! `cargo run -p vt-disclosure --example store_bench [-- SEED [RECORDS [REVISIONS]]]`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{Ask, Exactly, MeasureAttack, PublishedIssue, Seed, Store, Which, audit};
use vt_disclosure::{CellTable, InputChange, MemoryRecord, Past, Policy, certify_all, protect};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/registrations.rs"]
mod registrations;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/support.rs"]
mod support;

use registrations::Registrations;
use support::{ADVIEZEN, Blocks, MELDINGEN, Rng, geography, key};

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().unwrap());
    let seed = args.next().unwrap_or(1);
    let records = args.next().unwrap_or(10_000);
    let revisions = args.next().unwrap_or(2);
    let records = issues(seed, records, revisions);
    let start = Instant::now();
    assert!(certify_all(&records).iter().all(|(_, certificate)| certificate.passed()));
    println!("certificate of {} issues: {:?}", records.len(), start.elapsed());
    let gate = Ask { which: Which::Smallest(10), exactly: Exactly::Unproven, limits: Limits::default() };
    let whole = Ask { which: Which::All, exactly: Exactly::Smallest(20), limits: Limits::default() };
    let full = Ask { exactly: Exactly::All, ..whole };
    for count in 1..=records.len() {
        let known: Vec<&MemoryRecord> = records[..count].iter().collect();
        attack(&format!("gate, {count} issues"), &known, Seed::Witness(&known), &gate);
    }
    let known: Vec<&MemoryRecord> = records.iter().collect();
    attack("files alone", &known, Seed::Published, &whole);
    attack("first issue, in full", &known[..1], Seed::Published, &full);
    attack("in full", &known, Seed::Published, &full);
}

fn blocks(all: &[Registrations]) -> Blocks {
    all.iter().flat_map(Registrations::blocks).collect()
}

fn issues(seed: u64, records: u64, revisions: u64) -> Vec<MemoryRecord> {
    let mut rng = Rng(seed);
    let mut truth = vec![
        Registrations::new(&mut rng, "gestarte_adviezen", &ADVIEZEN, records),
        Registrations::new(&mut rng, "ontvangen_meldingen", &MELDINGEN, records),
        Registrations::new(&mut rng, "afgeronde_onderzoeken", &[], records / 10),
        Registrations::new(&mut rng, "afgeronde_voorwaarden_vervolg", &[], records / 8),
    ];
    let mut memory: Vec<MemoryRecord> = Vec::new();
    for issue in 0..=revisions {
        let mut past = Past { issue: issue as u32 + 1, previous: memory.last(), ..Past::first() };
        if issue > 0 {
            let vts: Vec<String> = (0..4).map(|_| format!("VT{:02}", 1 + rng.below(26))).collect();
            truth.iter_mut().for_each(|measure| measure.correct(&mut rng, &vts, 20, 10));
            let theirs = |atom: &String| vts.iter().any(|vt| atom.starts_with(vt.as_str()));
            let change = |atom: &String| if theirs(atom) { InputChange::Replaced } else { InputChange::Same };
            past.inputs = geography().atoms.iter().map(change).collect();
        }
        let cells = CellTable::new("p", geography(), blocks(&truth)).unwrap();
        let start = Instant::now();
        let protection = protect(cells, &past, &key(), &Policy::default()).unwrap();
        println!("protect issue {}: {:?}", issue + 1, start.elapsed());
        drop(past);
        memory.push(protection.record);
    }
    memory
}

fn attack(name: &str, records: &[&MemoryRecord], seed: Seed<'_>, ask: &Ask) {
    let store = Store::new(records.iter().map(|record| PublishedIssue::from_record(record)).collect()).unwrap();
    let start = Instant::now();
    let mut all: Vec<MeasureAttack> = Vec::new();
    for family in store.families() {
        for measure in family.measures() {
            all.push(audit(family, measure, seed, ask, &|| false));
        }
    }
    let sum = |of: fn(&MeasureAttack) -> usize| all.iter().map(of).sum::<usize>();
    println!(
        "{name}: {:?}, {} targets, {} proven, {} by moves, {} unsafe, {} unchecked, {} intervals, {} solves, passed {}",
        start.elapsed(),
        sum(|attack| attack.targets),
        sum(|attack| attack.proven),
        sum(|attack| attack.by_moves),
        sum(|attack| attack.unsafe_targets.len()),
        sum(|attack| attack.unchecked.len()),
        sum(|attack| attack.intervals.len()),
        sum(|attack| attack.solves),
        all.iter().all(MeasureAttack::passed),
    );
    for attack in &all {
        if let Some(narrowest) = &attack.narrowest {
            println!(
                "  {}: {:?} {:?}..{:?} {:?}",
                narrowest.name, narrowest.value, narrowest.lo, narrowest.hi, attack.no_witness
            );
        }
        for target in attack.unsafe_targets.iter().take(3) {
            println!("  unsafe {}: {:?}..{:?} {:?}", target.name, target.lo, target.hi, target.causes);
        }
    }
}
