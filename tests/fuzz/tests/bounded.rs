//! Every target over all that is kept for it, and over inputs near those: bounded, and the same on every machine.

#![expect(clippy::print_stdout, reason = "what was measured, for whoever reads a failing run")]

use std::time::{Duration, Instant};

use vt_fuzz::mutate::Mutator;
use vt_fuzz::{Target, targets};

/// How long the mutated inputs of a target may take together; `VT_FUZZ_MS` says otherwise.
const LONGEST_MS: u64 = 2_000;

/// How many there are at most, so that a fast machine does no other work than a slow one for long.
const MOST: usize = 20_000;

/// No input takes longer, on a slow machine with others at work.
const PATIENCE: Duration = Duration::from_secs(20);

fn patient(target: &Target, input: &[u8], what: &str) {
    let begun = Instant::now();
    let outcome = std::panic::catch_unwind(|| (target.run)(input));
    let took = begun.elapsed();
    if outcome.is_err() || took > PATIENCE {
        let place = std::env::temp_dir().join(format!("vt-fuzz-{}", target.name));
        std::fs::write(&place, input).unwrap();
        panic!("{}: {what} failed or took {took:?}; the input is {}", target.name, place.display());
    }
}

#[test]
fn no_input_that_is_kept_makes_a_reader_fail() {
    for target in targets() {
        let kept = target.kept();
        assert!(kept.len() >= 3, "{} has {} examples", target.name, kept.len());
        for (path, input) in kept {
            patient(&target, &input, &path.display().to_string());
        }
    }
}

#[test]
fn no_input_near_those_makes_a_reader_fail() {
    let longest = std::env::var("VT_FUZZ_MS").ok().and_then(|text| text.parse().ok()).unwrap_or(LONGEST_MS);
    for target in targets() {
        let corpus: Vec<Vec<u8>> = target.kept().into_iter().map(|(_, input)| input).collect();
        let (mut mutator, begun) = (Mutator::new(6, &corpus, target.words), Instant::now());
        let mut done = 0;
        while done < MOST && begun.elapsed() < Duration::from_millis(longest) {
            patient(&target, &mutator.input(), &format!("mutated input {done}"));
            done += 1;
        }
        println!("{}: {done} inputs", target.name);
        assert!(done > 20, "{}: {done} inputs in {:?}", target.name, begun.elapsed());
    }
}
