//! SQL beside an independent count in Rust.

use std::collections::HashMap;
use std::time::Instant;

use vt_domain::atoms::AtomCode;
use vt_domain::measure::{Dimensie, Maat};
use vt_domain::{Month, Period};
use vt_vault::{DeliveryRecord, Vault};

use super::*;
use crate::engine::EngineConfig;
use crate::gate::gate;
use crate::testdata::{Delivery, Mix, day, generate, gemeenten_of_meldingen, memory_vault, month, store};

type Counts = HashMap<(Maat, Option<Dimensie>, AtomCode, String), u64>;

/// Counts by walking through the records of the deliveries that count, one after the other.
fn walk(period: Period, deliveries: &[Delivery], register: &Register) -> Counts {
    let mut counts = Counts::new();
    for delivery in deliveries {
        let kop = &delivery.record.kop;
        for maat in Maat::ALL {
            for record in &delivery.content[&maat.record()] {
                let Some(event) = record.day else { continue };
                let soort = record.codes.get("soort").map(String::as_str);
                if !period.contains(event) || !kop.leveringsmaand.contains(event) || soort != maat.dienst_soort() {
                    continue;
                }
                let gm = match maat.record() {
                    RecordType::Vervolgdienst => {
                        let known = gemeenten_of_meldingen(deliveries.iter(), Month::of(event));
                        known.get(&(kop.vt_code.clone(), record.melding)).and_then(|(_, gm)| gm.clone())
                    }
                    _ => record.gm.clone(),
                };
                let Some(atom) = register.atom_of(&kop.vt_code, gm.as_deref(), event) else { continue };
                *counts.entry((maat, None, atom, String::new())).or_default() += 1;
                for &dimensie in maat.dimensies() {
                    for code in record.codes[dimensie.field()].split('|') {
                        *counts.entry((maat, Some(dimensie), atom, code.to_owned())).or_default() += 1;
                    }
                }
            }
        }
    }
    counts
}

fn listed(counts: &PeriodCounts, lists: &CodeLists) -> Counts {
    let mut listed = Counts::new();
    for maat in Maat::ALL {
        for dimensie in std::iter::once(None).chain(maat.dimensies().iter().copied().map(Some)) {
            let codes: Vec<String> = match dimensie {
                None => vec![String::new()],
                Some(dimensie) => lists.list(dimensie.field()).codes().iter().map(|code| code.code.clone()).collect(),
            };
            for (atom, row) in counts.layout.atoms.iter().zip(counts.table(maat, dimensie)) {
                assert_eq!(row.len(), codes.len());
                for (code, &count) in codes.iter().zip(row).filter(|(_, count)| **count > 0) {
                    listed.insert((maat, dimensie, atom.code, code.clone()), count);
                }
            }
        }
    }
    listed
}

fn engine(vault: &Vault) -> Engine {
    Engine::new(&EngineConfig::default(), vault).unwrap()
}

fn verdicts(deliveries: &[Delivery]) -> Vec<DeliveryRecord> {
    deliveries.iter().map(|delivery| delivery.record.clone()).collect()
}

fn inputs(periods: &[&str], deliveries: &[Delivery]) -> Vec<PeriodInput> {
    let verdicts = verdicts(deliveries);
    let gate = |code: &&str| gate(code.parse().unwrap(), &verdicts, Register::builtin(), day("2030-01-01"));
    periods.iter().map(gate).collect()
}

async fn counted(periods: &[&str], deliveries: &[Delivery]) -> Vec<Counts> {
    let vault = memory_vault();
    store(&vault, deliveries).await;
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let counts = count(&engine(&vault), &inputs(periods, deliveries), register, lists).await.unwrap();
    counts.iter().map(|counts| listed(counts, lists)).collect()
}

fn months(from: &str, last: &str) -> Vec<Month> {
    month(from).through(month(last)).collect()
}

fn generated(seed: u64, from: &str, last: &str) -> Vec<Delivery> {
    let mix = Mix { seed, per_month: 8, strays: 10 };
    generate(Register::builtin(), CodeLists::builtin(), &months(from, last), &mix)
}

#[tokio::test]
async fn every_cell_equals_an_independent_count() {
    let periods = ["2020W404", "2020W405", "2020W406"];
    for seed in 0..3 {
        let deliveries = generated(seed, "2020-01", "2020-06");
        for (period, counts) in periods.iter().zip(counted(&periods, &deliveries).await) {
            let walked = walk(period.parse().unwrap(), &deliveries, Register::builtin());
            assert!(walked.len() > 500, "too few cells to mean anything");
            assert_eq!(counts, walked, "{period}, seed {seed}");
        }
    }
}

/// The demo's size: 26 regions, 25 months, about 550,000 registrations.
#[tokio::test]
#[ignore = "a measurement: cargo test -p vt-publication -- --ignored measure --nocapture"]
#[expect(clippy::print_stdout, reason = "it is read by a person")]
async fn measure_the_demo() {
    let per_month = std::env::var("PER_MONTH").map_or(370, |text| text.parse().unwrap());
    let mix = Mix { seed: 7, per_month, strays: 0 };
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let start = Instant::now();
    let deliveries = generate(register, lists, &months("2019-01", "2021-01"), &mix);
    let rows: usize = deliveries.iter().flat_map(|d| d.content.values()).map(Vec::len).sum();
    println!("{rows} registrations generated in {:?}", start.elapsed());
    let start = Instant::now();
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::new(std::sync::Arc::new(object_store::local::LocalFileSystem::new_with_prefix(dir.path()).unwrap()));
    store(&vault, &deliveries).await;
    println!("written in {:?}", start.elapsed());
    let start = Instant::now();
    let verdicts = verdicts(&deliveries);
    let first: Period = "2019W402".parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| Some(period.next())).take(26);
    let inputs: Vec<PeriodInput> = periods.map(|period| gate(period, &verdicts, register, day("2021-02-08"))).collect();
    println!("gated in {:?}", start.elapsed());
    let config = EngineConfig { partitions: 2, ..EngineConfig::default() };
    let engine = Engine::new(&config, &vault).unwrap();
    let together: Vec<&PeriodInput> = inputs.iter().collect();
    let mut tally = Tally::new(&together, register, lists);
    for record in RecordType::ALL {
        let start = Instant::now();
        count_records(&engine, record, &together, register, &mut tally).await.unwrap();
        println!("{record} in {:?}", start.elapsed());
    }
    let counted: u64 = tally.finish().iter().flat_map(|c| c.table(Maat::GestarteAdviezen, None)).flatten().sum();
    let all: usize = deliveries.iter().map(|d| d.content[&RecordType::Advies].len()).sum();
    assert!(counted <= all as u64 && counted * 100 > all as u64 * 90);
}
