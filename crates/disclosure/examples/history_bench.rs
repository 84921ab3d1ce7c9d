//! Times a year of publications and their revisions, and counts how often there is no solution.
//!
//! `cargo run --release -p vt-disclosure --example history_bench [-- SEED [RECORDS [REVISIONS]]]`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use vt_disclosure::{
    BlockScope, CellTable, InputChange, MemoryRecord, Past, Policy, Protection, SumOf, certify, protect, sum,
};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/registrations.rs"]
mod registrations;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/support.rs"]
mod support;

use registrations::Registrations;
use support::{ADVIEZEN, Blocks, MELDINGEN, Rng, geography, key};

/// Figures of a set of publications.
#[derive(Default)]
struct Tally {
    done: usize,
    held_back: usize,
    widened: usize,
    cells: usize,
    beyond: usize,
    error: u64,
    time: Duration,
    slowest: Duration,
    certificate: Duration,
}

impl Tally {
    fn add(&mut self, protection: &Protection, taken: Duration) {
        let audit = &protection.audit;
        self.done += 1;
        self.widened += audit.measures.iter().filter(|measure| measure.widened).count();
        self.cells += audit.cells;
        self.beyond += audit.beyond_ideal;
        self.error += audit.total_error;
        self.time += taken;
        self.slowest = self.slowest.max(taken);
        let start = Instant::now();
        assert!(certify(&protection.record).passed());
        self.certificate += start.elapsed();
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: {} done, {} held back, {} measures widened, {} cells, {:.2}% beyond 4, mean error {:.2}, mean {:?}, slowest {:?}, certificate {:?}",
            self.done,
            self.held_back,
            self.widened,
            self.cells,
            100.0 * self.beyond as f64 / self.cells.max(1) as f64,
            self.error as f64 / self.cells.max(1) as f64,
            self.time / self.done.max(1) as u32,
            self.slowest,
            self.certificate / self.done.max(1) as u32
        );
    }
}

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>().unwrap());
    let seed = args.next().unwrap_or(1);
    let records = args.next().unwrap_or(10_000);
    let revisions = args.next().unwrap_or(2);
    year(seed, records, revisions);
    weeks(seed, records / 4, BlockScope::NationalOnly);
    weeks(seed, records / 4, BlockScope::AllAreas);
}

fn registrations(rng: &mut Rng, records: u64) -> Vec<Registrations> {
    vec![
        Registrations::new(rng, "gestarte_adviezen", &ADVIEZEN, records),
        Registrations::new(rng, "ontvangen_meldingen", &MELDINGEN, records),
        Registrations::new(rng, "afgeronde_onderzoeken", &[], records / 10),
        Registrations::new(rng, "afgeronde_voorwaarden_vervolg", &[], records / 8),
    ]
}

fn blocks(all: &[Registrations]) -> Blocks {
    all.iter().flat_map(Registrations::blocks).collect()
}

fn publish(period: &str, blocks: Blocks, past: &Past<'_>, tally: &mut Tally) -> Option<MemoryRecord> {
    let cells = CellTable::new(period, geography(), blocks).unwrap();
    let start = Instant::now();
    match protect(cells, past, &key(), &Policy::default()) {
        Ok(protection) => {
            tally.add(&protection, start.elapsed());
            Some(protection.record)
        }
        Err(error) => {
            println!("{period}: {error}");
            tally.held_back += 1;
            None
        }
    }
}

fn year_of(others: Vec<&MemoryRecord>, bound: u32) -> Vec<SumOf<'_>> {
    vec![SumOf { period: "year".into(), bound, others }]
}

fn year(seed: u64, records: u64, revisions: u64) {
    let mut rng = Rng(seed);
    let mut truth: Vec<Vec<Registrations>> = Vec::new();
    let mut memory: Vec<Vec<MemoryRecord>> = Vec::new();
    let mut tally = Tally::default();
    for index in 0..13 {
        let all = registrations(&mut rng, records);
        let others: Vec<&MemoryRecord> = memory.iter().filter_map(|issues| issues.last()).collect();
        let past = Past { sums: year_of(others, 14), ..Past::first() };
        let record = publish(&format!("p{index}"), blocks(&all), &past, &mut tally);
        memory.push(record.into_iter().collect());
        truth.push(all);
    }
    tally.print("13 new periods of a year");
    for wave in 0..revisions {
        let mut tally = Tally::default();
        for index in 0..13 {
            let vts: Vec<String> = (0..4).map(|_| format!("VT{:02}", 1 + rng.below(26))).collect();
            for measure in &mut truth[index] {
                measure.correct(&mut rng, &vts, 20, 10);
            }
            let others = (0..13).filter(|other| *other != index).filter_map(|other| memory[other].last()).collect();
            let atoms = geography().atoms;
            let inputs = atoms.iter().map(|atom| {
                if vts.iter().any(|vt| atom.starts_with(vt.as_str())) {
                    InputChange::Replaced
                } else {
                    InputChange::Same
                }
            });
            let past = Past {
                issue: memory[index].len() as u32 + 1,
                previous: memory[index].last(),
                inputs: inputs.collect(),
                sums: year_of(others, 19),
                earlier: memory[index].iter().rev().skip(1).rev().collect(),
                apart: Default::default(),
            };
            let record = publish(&format!("p{index}"), blocks(&truth[index]), &past, &mut tally);
            memory[index].extend(record);
        }
        tally.print(&format!("revision {} of each", wave + 1));
    }
    let parts: Vec<&MemoryRecord> = memory.iter().filter_map(|issues| issues.last()).collect();
    let start = Instant::now();
    match sum("year", 1, 19, &parts) {
        Ok(year) => println!("the year as a sum: {:?}, max error {}", start.elapsed(), year.audit.max_error),
        Err(error) => println!("the year: {error}"),
    }
}

fn weeks(seed: u64, records: u64, scope: BlockScope) {
    let mut rng = Rng(seed);
    let mut memory: Vec<MemoryRecord> = Vec::new();
    let mut tally = Tally::default();
    for week in 0..52 {
        let mut tables = blocks(&registrations(&mut rng, records));
        for (spec, _) in tables.iter_mut().filter(|(spec, _)| spec.dimension.is_some()) {
            if scope == BlockScope::NationalOnly {
                spec.scope = scope;
            }
        }
        let group = |weeks: usize, bound: u32| SumOf {
            period: format!("{weeks} weeks"),
            bound,
            others: memory
                .iter()
                .filter(|record| {
                    let other: usize = record.period()[1..].parse().unwrap();
                    other / weeks == week / weeks
                })
                .collect(),
        };
        let past = Past { sums: vec![group(2, 9), group(4, 9), group(52, 14)], ..Past::first() };
        let record = publish(&format!("w{week}"), tables, &past, &mut tally);
        memory.extend(record);
    }
    tally.print(&format!("52 weeks, breakdowns for {scope:?}"));
}
