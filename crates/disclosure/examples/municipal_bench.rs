//! Times a table of municipal size: 380 areas, nested in 26 regions and, across those, in 25 others, by breakdowns of 20 categories.
//!
//! `cargo run --release -p vt-disclosure --example municipal_bench [-- BREAKDOWNS [RECORDS]]` (20 and 100,000)

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use vt_disclosure::attack::Limits;
use vt_disclosure::attack::store::{Ask, Exactly, PublishedIssue, Seed, Store, Which, audit};
use vt_disclosure::{
    Area, BlockKind, BlockSpec, CategorySpec, CellTable, Geography, InputChange, Past, Policy, certify_among, protect,
};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/support.rs"]
mod support;

use support::{Blocks, Rng, key};

const AREAS: usize = 380;
const CATEGORIES: usize = 20;

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().unwrap());
    let breakdowns = args.next().unwrap_or(20);
    let records = args.next().unwrap_or(100_000);
    let mut rng = Rng(380);
    let mut rows: Vec<(usize, Vec<usize>)> = (0..records).map(|_| record(&mut rng, breakdowns)).collect();
    let first = time("a new period", &rows, breakdowns, &Past::first());
    let mut inputs = vec![InputChange::Same; AREAS];
    for row in &mut rows {
        // Ten of the areas correct 2% of their records.
        if row.0 < 10 && rng.below(50) == 0 {
            row.1 = record(&mut rng, breakdowns).1;
            inputs[row.0] = InputChange::Replaced;
        }
    }
    let Some(first) = first else { return };
    let past = Past {
        issue: 2,
        previous: Some(&first),
        inputs,
        sums: Vec::new(),
        earlier: Vec::new(),
        apart: Default::default(),
    };
    time("a revision", &rows, breakdowns, &past);
}

fn record(rng: &mut Rng, breakdowns: usize) -> (usize, Vec<usize>) {
    let area = rng.pick(&(0..AREAS).map(|area| 200 + 10_000 / (area as u64 + 1)).collect::<Vec<_>>());
    let weights: Vec<u64> = (0..CATEGORIES).map(|category| 3_000_000 >> (category * 2 / 3)).collect();
    (area, (0..breakdowns).map(|_| rng.pick(&weights)).collect())
}

fn geography() -> Geography {
    let area = |kind: &str, code: String, atoms: Vec<usize>| Area { kind: kind.into(), code, atoms, withheld: false };
    let mut areas = vec![area("NL", "NL01".into(), (0..AREAS).collect())];
    areas.extend((0..26).map(|region| {
        area("VT", format!("VT{region:02}"), (0..AREAS).filter(|atom| atom * 26 / AREAS == region).collect())
    }));
    areas.extend((0..25).map(|region| {
        area(
            "VR",
            format!("VR{region:02}"),
            (0..AREAS).filter(|atom| (atom + 3) * 25 / (AREAS + 3) == region).collect(),
        )
    }));
    areas.extend((0..AREAS).map(|atom| area("GM", format!("GM{atom:04}"), vec![atom])));
    Geography { atoms: (0..AREAS).map(|atom| format!("GM{atom:04}")).collect(), areas }
}

fn blocks(rows: &[(usize, Vec<usize>)], breakdowns: usize) -> Blocks {
    let mut blocks = vec![(BlockSpec::total("m"), vec![vec![0; 1]; AREAS])];
    for breakdown in 0..breakdowns {
        let categories = (0..CATEGORIES).map(|category| CategorySpec::plain(format!("c{category}"))).collect();
        let spec = BlockSpec::breakdown("m", format!("d{breakdown}"), BlockKind::Single, categories);
        blocks.push((spec, vec![vec![0; CATEGORIES]; AREAS]));
    }
    for (area, categories) in rows {
        blocks[0].1[*area][0] += 1;
        for (breakdown, &category) in categories.iter().enumerate() {
            blocks[breakdown + 1].1[*area][category] += 1;
        }
    }
    blocks
}

fn time(
    what: &str,
    rows: &[(usize, Vec<usize>)],
    breakdowns: usize,
    past: &Past<'_>,
) -> Option<vt_disclosure::MemoryRecord> {
    let cells = CellTable::new("p", geography(), blocks(rows, breakdowns)).unwrap();
    let start = Instant::now();
    let protection = match protect(cells, past, &key(), &Policy::default()) {
        Ok(protection) => protection,
        Err(error) => {
            println!("{what}: {:?}, {error}", start.elapsed());
            return None;
        }
    };
    let taken = start.elapsed();
    let start = Instant::now();
    let certificate = certify_among(&protection.record, &past.previous.into_iter().collect::<Vec<_>>());
    assert!(certificate.passed());
    let audit = &protection.audit;
    println!(
        "{what}: {} cells in {taken:?}, certificate {:?}, mean error {:.2}, beyond 4 {:.2}%, kept {}",
        audit.cells,
        start.elapsed(),
        audit.total_error as f64 / audit.cells as f64,
        100.0 * audit.beyond_ideal as f64 / audit.cells as f64,
        audit.kept,
    );
    attack(&protection.record);
    Some(protection.record)
}

/// Attacks the issue by itself, from its published values alone: are all cells as wide as promised?
fn attack(record: &vt_disclosure::MemoryRecord) {
    let store = Store::new(vec![PublishedIssue::from_record(record)]).unwrap();
    let ask = Ask { which: Which::All, exactly: Exactly::Unproven, limits: Limits::default() };
    let start = Instant::now();
    for family in store.families() {
        for measure in family.measures() {
            let found = audit(family, measure, Seed::Published, &ask, &|| false);
            println!(
                "  attack: {} targets, {} proven ({} by moves, {} programs solved) in {:?}",
                found.targets,
                found.proven,
                found.by_moves,
                found.solves,
                start.elapsed()
            );
        }
    }
}
