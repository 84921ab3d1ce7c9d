//! Times the protection of a demo-sized run: 26 four-week periods of two measures with all their breakdowns.
//!
//! `cargo run -p vt-disclosure --example protect_bench [-- PERIODS]`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use vt_disclosure::{CellTable, Past, Policy, certify, protect};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/disclosure/support.rs"]
mod support;

use support::{ADVIEZEN, Blocks, MELDINGEN, Rng, geography, key, measure, period};

fn main() {
    let periods = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(26);
    for (name, shapes) in [("adviezen", &ADVIEZEN[..]), ("meldingen", &MELDINGEN[..])] {
        for records in [200, 2_500, 10_000, 40_000] {
            for shape in shapes {
                let blocks = measure(&mut Rng(records), "maat", &[*shape], records);
                println!("{name:10} {records:6} records, {:18} {:?}", shape.0, time(blocks, "p").0);
            }
        }
    }
    for records in [60, 600, 2_500] {
        let mut blocks = period(records, records, records);
        for (spec, _) in blocks.iter_mut().filter(|(spec, _)| spec.dimension.is_some()) {
            spec.scope = vt_disclosure::BlockScope::NationalOnly;
        }
        println!("a week of {records}: {:?}", time(blocks, "week"));
    }
    for (adviezen, meldingen) in
        [(5, 8), (20, 30), (60, 60), (200, 250), (2_500, 3_000), (9_000, 10_000), (40_000, 40_000)]
    {
        let mut all = Duration::ZERO;
        let mut slowest = Duration::ZERO;
        for index in 0..periods {
            let (taken, line) = time(period(index, adviezen, meldingen), &format!("p{index}"));
            all += taken;
            slowest = slowest.max(taken);
            println!("  {index:2} {taken:?} {line}");
        }
        println!("{periods} periods of {adviezen} adviezen and {meldingen} meldingen: {all:?}, slowest {slowest:?}");
    }
}

fn time(blocks: Blocks, period: &str) -> (Duration, String) {
    let cells = CellTable::new(period, geography(), blocks).unwrap();
    let start = Instant::now();
    let protection = match protect(cells, &Past::first(), &key(), &Policy::default()) {
        Ok(protection) => protection,
        Err(error) => return (start.elapsed(), error.to_string()),
    };
    let taken = start.elapsed();
    let certifying = Instant::now();
    assert!(certify(&protection.record).passed());
    let audit = &protection.audit;
    let widened: Vec<_> = audit.measures.iter().map(|measure| measure.widened).collect();
    let line = format!(
        "cells {} mean error {:.2} beyond {} off draw {} widened {widened:?} certificate {:?}",
        audit.cells,
        audit.total_error as f64 / audit.cells as f64,
        audit.beyond_ideal,
        audit.off_draw,
        certifying.elapsed()
    );
    (taken, line)
}
