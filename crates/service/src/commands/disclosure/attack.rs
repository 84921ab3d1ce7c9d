//! `disclosure attack`: what a reader of all tables can compute of each cell.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;
use vt_disclosure::attack::spec::{Attacked, AttackedTarget, Verdict};

use super::Opened;
use super::file::csv_text;
use crate::cli::AttackArgs;
use crate::exit::Exit;
use crate::output::{Output, count, table};

/// The answer as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    safe: bool,
    targets: usize,
    verdicts: BTreeMap<&'static str, usize>,
    cells: Vec<Cell<'a>>,
}

/// A target in the answer.
#[derive(Serialize)]
struct Cell<'a> {
    /// A code per dimension; null is a total, or the dimension of a difference.
    r#where: BTreeMap<&'a str, Option<&'a str>>,
    difference: Option<&'a str>,
    value: Option<i64>,
    status: Option<&'a str>,
    lo: Option<i64>,
    hi: Option<i64>,
    width: Option<i64>,
    verdict: Verdict,
    /// Of an unsafe target, the tables that make its interval narrow; null where they were not looked for.
    causes: Option<&'a [String]>,
}

pub(super) fn run(args: &AttackArgs, output: Output) -> Result<Exit> {
    let opened = Opened::read(&args.spec)?;
    let attacked = opened.problem()?.attack()?;
    if let Some(path) = &args.out {
        let separator = opened.files.first().map_or(b';', super::TableFile::separator);
        let bytes = csv_text(separator, rows(&attacked))?;
        std::fs::write(path, bytes).with_context(|| format!("`{}` can't be written", path.display()))?;
    }
    output.answer(&answer(&attacked), |_| text(&attacked))?;
    Ok(if attacked.is_safe() { Exit::Done } else { Exit::Invalid })
}

/// Header and rows of the CSV file.
fn rows(attacked: &Attacked) -> impl Iterator<Item = Vec<String>> {
    let fixed = ["difference", "value", "status", "lo", "hi", "width", "verdict"].map(str::to_owned);
    let header = attacked.dimensions.iter().cloned().chain(fixed).collect();
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let row = move |target: &AttackedTarget| {
        let codes = target.codes.iter().map(|code| code.clone().unwrap_or_default());
        let fixed = [
            target.difference.clone().unwrap_or_default(),
            number(target.value),
            target.status.clone().unwrap_or_default(),
            number(target.lo),
            number(target.hi),
            number(target.width()),
            target.verdict.name().to_owned(),
        ];
        codes.chain(fixed).collect()
    };
    std::iter::once(header).chain(attacked.targets.iter().map(row))
}

fn answer(attacked: &Attacked) -> Answer<'_> {
    Answer {
        safe: attacked.is_safe(),
        targets: attacked.targets.len(),
        verdicts: Verdict::ALL.iter().map(|&verdict| (verdict.name(), attacked.count(verdict))).collect(),
        cells: attacked.targets.iter().map(|target| cell(&attacked.dimensions, target)).collect(),
    }
}

fn cell<'a>(dimensions: &'a [String], target: &'a AttackedTarget) -> Cell<'a> {
    let codes = target.codes.iter().map(Option::as_deref);
    Cell {
        r#where: dimensions.iter().map(String::as_str).zip(codes).collect(),
        difference: target.difference.as_deref(),
        value: target.value,
        status: target.status.as_deref(),
        lo: target.lo,
        hi: target.hi,
        width: target.width(),
        verdict: target.verdict,
        causes: target.causes.as_deref(),
    }
}

/// The answer for people: the unsafe targets, the gravest first, and how many there are.
fn text(attacked: &Attacked) -> String {
    let targets = attacked.unsafe_targets();
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let row = |target: &&AttackedTarget| {
        [
            target.verdict.name().to_owned(),
            name(attacked, target),
            number(target.value),
            format!("[{}, {}]", number(target.lo), number(target.hi)),
            target.causes.as_ref().map_or_else(String::new, |causes| causes.join(", ")),
        ]
    };
    let mut text = String::new();
    if !targets.is_empty() {
        text += &table(["verdict", "cell", "published", "possible", "because of"], targets.iter().map(row));
        text += "\n";
    }
    let verdicts = Verdict::ALL.iter().map(|&verdict| (verdict, attacked.count(verdict)));
    let counts: Vec<String> =
        verdicts.filter(|(_, count)| *count > 0).map(|(verdict, count)| format!("{count} {verdict}")).collect();
    text += &format!("{} attacked: {}\n", count(attacked.targets.len(), "target"), counts.join(", "));
    text += if targets.is_empty() { "safe\n" } else { "NOT SAFE\n" };
    text
}

/// A target's codes, and the pair of a difference.
fn name(attacked: &Attacked, target: &AttackedTarget) -> String {
    let codes = attacked.dimensions.iter().zip(&target.codes);
    let codes = codes.filter_map(|(name, code)| code.as_ref().map(|code| format!("{name}={code}")));
    let parts: Vec<String> = codes.chain(target.difference.clone()).collect();
    if parts.is_empty() { "total".to_owned() } else { parts.join(", ") }
}
