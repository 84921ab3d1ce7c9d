//! What is claimed of deliveries is a fact of the counts: generated registrations, counted before and after months came in.

use vt_domain::codes::CodeLists;
use vt_domain::measure::Maat;
use vt_domain::register::Register;

use super::super::inputs::changes;
use super::*;
use crate::aggregate::{PeriodCounts, count};
use crate::engine::{Engine, EngineConfig};
use crate::gate::gate;
use crate::testdata::{Delivery, Dice, Mix, day, generate, month, store};

async fn counted(vault: &Vault, input: &PeriodInput) -> PeriodCounts {
    let engine = Engine::new(&EngineConfig::default(), vault).unwrap();
    let inputs = std::slice::from_ref(input);
    count(&engine, inputs, Register::builtin(), CodeLists::builtin()).await.unwrap().remove(0)
}

/// Whether every count of a measure in the atom is the same, and whether none is less.
fn compare(before: &PeriodCounts, now: &PeriodCounts, maat: Maat, atom: usize) -> (bool, bool) {
    let tables =
        std::iter::once((maat, None)).chain(maat.dimensies().iter().map(move |dimensie| (maat, Some(*dimensie))));
    let pairs: Vec<(u64, u64)> = tables
        .flat_map(|(maat, dimensie)| {
            let [before, now] = [before, now].map(|counts| counts.table(maat, dimensie)[atom].clone());
            before.into_iter().zip(now)
        })
        .collect();
    (pairs.iter().all(|(before, now)| before == now), pairs.iter().all(|(before, now)| before <= now))
}

#[tokio::test]
async fn what_is_claimed_of_deliveries_holds_for_the_counts() {
    let asked = period("2020W407");
    let (register, lists) = (Register::builtin(), CodeLists::builtin());
    let months: Vec<_> = month("2020-04").through(month("2020-07")).collect();
    let (mut same, mut grown, mut moved) = (0, 0, 0);
    for seed in 0..4 {
        let mut dice = Dice::new(seed);
        let all = generate(register, lists, &months, &Mix { seed, per_month: 40, strays: 10 });
        let vault = memory_vault();
        store(&vault, &all).await;
        // Each region's month is there from the beginning, comes in later, or never.
        let stages: Vec<usize> = all.iter().map(|_| dice.below(10)).collect();
        let until = |stage: usize| -> Vec<_> {
            let there = all.iter().zip(&stages).filter(|(_, came)| **came < stage);
            there.map(|(delivery, _): (&Delivery, _)| delivery.record.clone()).collect()
        };
        let [before, now] = [7, 9].map(|stage| gate(asked, &until(stage), register, day("2030-01-01")));
        let mut previous = crate::publish::fixture::reservation(&case("2020W407"));
        (previous.invoer, previous.invoer_eerder) = (before.inputs(), before.earlier_inputs());
        let (before, counts) = (counted(&vault, &before).await, counted(&vault, &now).await);
        let atoms: Vec<String> = counts.layout.atoms.iter().map(|atom| atom.code.to_string()).collect();
        let changes = changes(&previous, &now, &atoms, &previous.software).unwrap();
        let claims = Maat::ALL.into_iter().flat_map(|maat| {
            let of_measure = changes.apart.get(maat.code()).unwrap_or(&changes.inputs);
            of_measure.iter().enumerate().map(move |(atom, change)| (maat, atom, *change))
        });
        for (maat, atom, change) in claims {
            let (equal, no_less) = compare(&before, &counts, maat, atom);
            match change {
                InputChange::Same => {
                    assert!(equal, "{}", atoms[atom]);
                    same += 1;
                }
                InputChange::Grown => {
                    assert!(no_less, "{}", atoms[atom]);
                    grown += 1;
                }
                InputChange::Replaced => moved += usize::from(!no_less),
            }
        }
    }
    assert!(same > 10 && grown > 10, "{same} and {grown} claims");
    // No delivery was replaced: where counts went down, services moved to the atom of a melding that came in later.
    assert!(moved > 0, "the exception occurs");
}
