use std::time::Duration;

use super::deliveries::accepted;
use super::{Case, at, run_of};
use crate::{Delivery, DeliveryStatus, Ledger, LedgerError, OrderKind, Recorded, RunId, Step, StepName};

pub(super) async fn of_many_claims_exactly_one_wins(one: &Ledger, other: &Ledger) -> Case {
    const TTL: Duration = Duration::from_secs(60);
    for round in 0..25 {
        let name = format!("contested {round}");
        let claims: Vec<_> = (0..6)
            .map(|rival| {
                let (ledger, name) = (if rival % 2 == 0 { one.clone() } else { other.clone() }, name.clone());
                tokio::spawn(async move { ledger.claim(&name, &format!("rival {rival}"), TTL).await })
            })
            .collect();
        let mut winners = Vec::new();
        for claim in claims {
            winners.extend(joined(claim).await?);
        }
        assert_eq!(winners.len(), 1, "{name}");
        assert!(one.leases().await?.contains(&winners[0]) && other.leases().await?.contains(&winners[0]));
    }
    Ok(())
}

pub(super) async fn of_two_decisions_one_stands(one: &Ledger, other: &Ledger) -> Case {
    for nr in 1..=25 {
        let taken = accepted("VT15", "2020-07", nr);
        let refused = Delivery { status: DeliveryStatus::Rejected, ..taken.clone() };
        let answers = tokio::join!(one.record_delivery(&taken), other.record_delivery(&refused));
        let stands = one.delivery(&taken.id).await?;
        match answers {
            (Ok(Recorded::Written), Err(LedgerError::Conflict { .. })) => assert_eq!(stands, Some(taken)),
            (Err(LedgerError::Conflict { .. }), Ok(Recorded::Written)) => assert_eq!(stands, Some(refused)),
            unexpected => panic!("nr {nr}: {unexpected:?}"),
        }
    }
    Ok(())
}

pub(super) async fn no_record_of_two_writers_is_lost(one: &Ledger, other: &Ledger) -> Case {
    const EACH: usize = 100;
    let run = run_of(one, "two writers").await?;
    let write = |ledger: &Ledger, who: &'static str| {
        let ledger = ledger.clone();
        tokio::spawn(async move { record_many(&ledger, run, who, EACH).await })
    };
    let (first, second) = (write(one, "one"), write(other, "other"));
    joined(first).await?;
    joined(second).await?;
    assert_eq!(one.steps(run).await?.len(), 2 * EACH);
    assert_eq!(one.steps(run).await?, other.steps(run).await?);
    Ok(())
}

async fn record_many(ledger: &Ledger, run: RunId, who: &str, many: usize) -> Case {
    for n in 0..many {
        let step = Step::begun(OrderKind::Pull, format!("{who} {n}"), StepName::Fetch, at(0)).done(at(1));
        assert_eq!(ledger.record_step(run, &step).await?, Recorded::Written);
    }
    Ok(())
}

async fn joined<T>(task: tokio::task::JoinHandle<Result<T, LedgerError>>) -> Result<T, LedgerError> {
    // Unwrap safety: a task of a case ends by itself; a panic in it is the case's own failure.
    task.await.expect("the task did not panic")
}
