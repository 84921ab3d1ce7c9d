//! Changes inputs a little, always in the same way for a seed: `cargo test` needs no tool and finds the same on every machine.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// No mutated input is longer, in bytes.
const LONGEST: usize = 1 << 16;

/// What readers of texts and numbers trip over.
const USUAL: &[&str] = &[
    "",
    "\0",
    "\n",
    "\r\n",
    "\"",
    "'",
    "\\",
    ";",
    ",",
    "|",
    "=",
    "{",
    "}",
    "[",
    "]",
    ":",
    "null",
    "true",
    "-0",
    "-1",
    "0",
    "1e999",
    "1e-999",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "4294967295",
    "NaN",
    "0x10",
    "..",
    "../",
    "/",
    "%2e%2e%2f",
    "file:///etc/passwd",
    "http://169.254.169.254/",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "é",
    "+262142-12-31",
    "-262143-01-01",
    "+262142-12-31T23:59:59Z",
    "0000-00-00",
    "9999-12-31",
    "2020-02-30",
    "\\u0000",
    "\\ud800",
    "\u{1f600}",
];

/// A generator of inputs near those of a corpus.
pub struct Mutator<'a> {
    rng: StdRng,
    corpus: &'a [Vec<u8>],
    words: &'a [&'a str],
}

impl<'a> Mutator<'a> {
    /// Of a corpus, with words of its own; the same seed gives the same inputs.
    pub fn new(seed: u64, corpus: &'a [Vec<u8>], words: &'a [&'a str]) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), corpus, words }
    }

    /// The next input: one of the corpus with one to eight changes.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.corpus.choose(&mut self.rng).cloned().unwrap_or_default();
        for _ in 0..self.rng.random_range(1..=8) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (from, to) = self.piece(input.len());
        match self.rng.random_range(0..8) {
            0 if !input.is_empty() => {
                let place = self.rng.random_range(0..input.len());
                input[place] ^= 1 << self.rng.random_range(0..8);
            }
            1 if !input.is_empty() => {
                let place = self.rng.random_range(0..input.len());
                input[place] = self.rng.random();
            }
            2 => drop(input.drain(from..to)),
            3 => {
                let piece = input[from..to].to_vec();
                let times = self.rng.random_range(1..=40);
                let at = self.rng.random_range(0..=input.len());
                drop(input.splice(at..at, piece.repeat(times)));
            }
            4 => {
                let other = self.corpus.choose(&mut self.rng).cloned().unwrap_or_default();
                let (begin, end) = self.piece(other.len());
                drop(input.splice(from..to, other[begin..end].iter().copied()));
            }
            5 => input.truncate(from),
            _ => {
                let word = self.word();
                drop(input.splice(from..to.min(from + word.len()), word));
            }
        }
    }

    /// A stretch of an input, mostly short.
    fn piece(&mut self, length: usize) -> (usize, usize) {
        let from = self.rng.random_range(0..=length);
        let most = (length - from).min(if self.rng.random_ratio(1, 4) { length } else { 16 });
        (from, from + self.rng.random_range(0..=most))
    }

    fn word(&mut self) -> Vec<u8> {
        let of_its_own = !self.words.is_empty() && self.rng.random();
        let word = if of_its_own { self.words } else { USUAL }.choose(&mut self.rng).copied().unwrap_or_default();
        let times = if self.rng.random_ratio(1, 16) { 200 } else { 1 };
        word.repeat(times).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_inputs_and_they_differ() {
        let corpus = [b"2020W407".to_vec(), b"2020-07".to_vec()];
        let inputs = |seed| {
            let mut mutator = Mutator::new(seed, &corpus, &["W4"]);
            (0..200).map(|_| mutator.input()).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        let different: std::collections::BTreeSet<_> = inputs(1).into_iter().collect();
        assert!(different.len() > 150, "{}", different.len());
    }
}
