use std::time::Duration;

use super::deliveries::{accepted, failed, finding};
use super::{Case, at, month, run_of};
use crate::{
    Delivery, DeliveryFilter, DeliveryStatus, FailedPull, Fault, JudgedDelivery, Ledger, LedgerError, PullRecord,
    Recorded, RunId, Step, StepName,
};

pub(super) fn pull(vt: &str) -> PullRecord {
    let step = |name, minute| Step::of_pull(vt, month("2020-07"), name, at(minute)).done(at(minute + 1));
    let rejected = Delivery { status: DeliveryStatus::Rejected, ..accepted(vt, "2020-07", 1) };
    PullRecord {
        vt: vt.to_owned(),
        maand: month("2020-07"),
        at: at(9),
        steps: vec![
            step(StepName::Fetch, 1),
            step(StepName::Parse, 2),
            step(StepName::Validate, 3),
            step(StepName::Keep, 4),
        ],
        deliveries: vec![
            JudgedDelivery { delivery: rejected, findings: vec![finding("B003")] },
            JudgedDelivery { delivery: accepted(vt, "2020-07", 2), findings: vec![] },
        ],
        failure: None,
        backfill: None,
    }
}

async fn failed_pull(ledger: &Ledger, vt: &str) -> Result<Option<FailedPull>, LedgerError> {
    Ok(ledger.failed_pulls().await?.into_iter().find(|failed| failed.vt == vt))
}

/// Steps of a run, deliveries and findings of a region: how many there are.
async fn left(ledger: &Ledger, run: RunId, vt: &str) -> Result<[usize; 3], LedgerError> {
    let deliveries = ledger.deliveries(&DeliveryFilter::of(vt, month("2020-07"))).await?;
    Ok([ledger.steps(run).await?.len(), deliveries.len(), ledger.findings(vt, month("2020-07")).await?.len()])
}

pub(super) async fn failures_of_a_pull_are_counted_until_it_works(ledger: &Ledger) -> Case {
    let (vt, maand) = ("VT10", month("2020-07"));
    let fault = |class| Fault::new(class, "the region does not answer; try again later");
    assert_eq!(ledger.record_failed_pull(vt, maand, at(0), &fault("timeout")).await?, Recorded::Written);
    assert_eq!(ledger.record_failed_pull(vt, maand, at(0), &fault("timeout")).await?, Recorded::Unchanged);
    assert_eq!(ledger.record_failed_pull(vt, maand, at(5), &fault("refused")).await?, Recorded::Written);
    let expected = FailedPull {
        vt: vt.to_owned(),
        maand,
        attempts: 2,
        first_failed: at(0),
        last_failed: at(5),
        run: None,
        fault: fault("refused"),
    };
    assert_eq!(failed_pull(ledger, vt).await?, Some(expected));
    assert_eq!(ledger.clear_failed_pull(vt, maand).await?, Recorded::Written);
    assert_eq!(ledger.clear_failed_pull(vt, maand).await?, Recorded::Unchanged);
    assert_eq!(failed_pull(ledger, vt).await?, None);
    Ok(())
}

pub(super) async fn a_pull_is_recorded_whole_and_once(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a whole pull").await?;
    assert_eq!(ledger.record_pull(run, None, &pull("VT11")).await?, Recorded::Written);
    assert_eq!(ledger.record_pull(run, None, &pull("VT11")).await?, Recorded::Unchanged);
    assert_eq!(left(ledger, run, "VT11").await?, [4, 2, 1]);
    assert_eq!(ledger.steps(run).await?, pull("VT11").steps);
    Ok(())
}

pub(super) async fn a_pull_that_works_clears_its_failures(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull fails, then works").await?;
    let cut_off = JudgedDelivery { delivery: failed(accepted("VT12", "2020-07", 1)), findings: vec![] };
    let first = PullRecord {
        failure: Some(Fault::new("cut_off", "the connection broke")),
        deliveries: vec![cut_off],
        ..pull("VT12")
    };
    assert_eq!(ledger.record_pull(run, None, &first).await?, Recorded::Written);
    assert_eq!(
        failed_pull(ledger, "VT12").await?.map(|failed| (failed.attempts, failed.last_failed, failed.run)),
        Some((1, at(9), Some(run)))
    );
    assert_eq!(ledger.record_pull(run, None, &pull("VT12")).await?, Recorded::Written);
    assert_eq!(failed_pull(ledger, "VT12").await?, None);
    assert_eq!(left(ledger, run, "VT12").await?, [4, 2, 1]);
    Ok(())
}

pub(super) async fn when_a_pull_came_to_its_end_is_known(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull comes to its end").await?;
    let key = ("VT27".to_owned(), month("2020-07"));
    let broken = PullRecord { failure: Some(Fault::new("cut_off", "the connection broke")), ..pull("VT27") };
    ledger.record_pull(run, None, &broken).await.map(drop)?;
    assert_eq!(ledger.pulled().await?.get(&key), None, "a failure is no end");
    ledger.record_pull(run, None, &pull("VT27")).await.map(drop)?;
    assert_eq!(ledger.pulled().await?.get(&key), Some(&at(9)));
    ledger.record_pull(run, None, &PullRecord { at: at(5), ..pull("VT27") }).await.map(drop)?;
    assert_eq!(ledger.pulled().await?.get(&key), Some(&at(9)), "the last one counts");
    Ok(())
}

pub(super) async fn a_pull_that_conflicts_leaves_nothing(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a pull conflicts").await?;
    ledger
        .record_delivery(&Delivery { listing_digest: "e".repeat(64), ..accepted("VT13", "2020-07", 2) })
        .await
        .map(drop)?;
    let refused = ledger.record_pull(run, None, &pull("VT13")).await;
    assert!(
        matches!(&refused, Err(LedgerError::Conflict { what, .. }) if what == "delivery VT13 2020-07 nr 2"),
        "{refused:?}"
    );
    assert_eq!(left(ledger, run, "VT13").await?, [0, 1, 0]);
    Ok(())
}

pub(super) async fn a_pull_without_its_lease_leaves_nothing(ledger: &Ledger) -> Case {
    const TTL: Duration = Duration::from_secs(60);
    let run = run_of(ledger, "a pull loses its lease").await?;
    let name = "pull VT14 2020-07";
    let Some(ran_out) = ledger.claim(name, "one", Duration::ZERO).await? else { panic!("{name} was free") };
    let Some(held) = ledger.claim(name, "other", TTL).await? else { panic!("{name} had run out") };
    let refused = ledger.record_pull(run, Some(&ran_out), &pull("VT14")).await;
    assert!(matches!(&refused, Err(LedgerError::LeaseLost(lost)) if lost == name), "{refused:?}");
    assert_eq!(left(ledger, run, "VT14").await?, [0, 0, 0]);
    assert_eq!(ledger.record_pull(run, Some(&held), &pull("VT14")).await?, Recorded::Written);
    assert_eq!(left(ledger, run, "VT14").await?, [4, 2, 1]);
    assert!(ledger.leases().await?.contains(&held), "recording under a lease neither ends nor prolongs it");
    Ok(())
}
