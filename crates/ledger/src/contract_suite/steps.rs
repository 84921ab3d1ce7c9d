use super::{Case, at, month, period, run_of};
use crate::{Fault, Ledger, LedgerError, OrderKind, Recorded, RunId, Step, StepName, StepOutcome};

pub(super) async fn a_step_is_recorded_as_it_goes_on(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a step goes on").await?;
    let begun = Step::of_pull("VT03", month("2020-07"), StepName::Fetch, at(1));
    assert_eq!(ledger.record_step(run, &begun).await?, Recorded::Written);
    assert_eq!(ledger.steps(run).await?, std::slice::from_ref(&begun));
    let failed = begun.failed(at(2), Fault::new("digest_mismatch", "melding.csv.gz: other bytes than promised"));
    assert_eq!(ledger.record_step(run, &failed).await?, Recorded::Written);
    assert_eq!(ledger.steps(run).await?, [failed]);
    Ok(())
}

pub(super) async fn the_same_step_again_changes_nothing(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "a step twice").await?;
    let fetch = Step::of_pull("VT03", month("2020-08"), StepName::Fetch, at(1)).done(at(2));
    let parse = Step::of_pull("VT03", month("2020-08"), StepName::Parse, at(2))
        .failed(at(3), Fault::new("utf8", &"x".repeat(5000)));
    assert_eq!(ledger.record_steps(run, &[fetch.clone(), parse.clone()]).await?, Recorded::Written);
    assert_eq!(ledger.record_steps(run, &[fetch, parse]).await?, Recorded::Unchanged);
    assert_eq!(ledger.steps(run).await?.len(), 2);
    Ok(())
}

pub(super) async fn steps_come_by_subject_and_in_their_order(ledger: &Ledger) -> Case {
    let run = run_of(ledger, "steps in order").await?;
    let pull = |vt: &str, step, minute| Step::of_pull(vt, month("2020-07"), step, at(minute)).done(at(minute));
    let publish = |step| Step::of_publish(period("2020W407"), step, at(9)).done(at(9));
    let recorded = [
        publish(StepName::Gate),
        pull("VT04", StepName::Parse, 3),
        pull("VT05", StepName::Fetch, 1),
        pull("VT04", StepName::Fetch, 2),
        pull("VT04", StepName::Keep, 3),
        publish(StepName::Aggregate),
    ];
    ledger.record_steps(run, &recorded).await.map(drop)?;
    let order: Vec<_> = ledger.steps(run).await?.into_iter().map(|step| (step.subject, step.step)).collect();
    let expected = [
        ("VT05 2020-07", StepName::Fetch),
        ("VT04 2020-07", StepName::Fetch),
        ("VT04 2020-07", StepName::Parse),
        ("VT04 2020-07", StepName::Keep),
        ("2020W407", StepName::Gate),
        ("2020W407", StepName::Aggregate),
    ];
    assert_eq!(order, expected.map(|(subject, step)| (subject.to_owned(), step)));
    Ok(())
}

pub(super) async fn every_step_and_outcome_can_be_recorded(ledger: &Ledger) -> Case {
    use StepName::{Aggregate, Fetch, Gate, Keep, Parse, Protect, Publish, Render, Reserve, Validate};
    let run = run_of(ledger, "all steps").await?;
    let mut steps = Vec::new();
    for order in [OrderKind::Pull, OrderKind::Publish] {
        for step in [Fetch, Parse, Validate, Keep, Gate, Aggregate, Protect, Reserve, Render, Publish] {
            steps.push(Step::begun(order, "anything".to_owned(), step, at(0)));
        }
    }
    let outcomes =
        [StepOutcome::Running, StepOutcome::Done, StepOutcome::Skipped, StepOutcome::Failed, StepOutcome::Interrupted];
    for (step, outcome) in steps.iter_mut().zip(outcomes.into_iter().cycle()) {
        (step.outcome, step.ended) = (outcome, (outcome != StepOutcome::Running).then(|| at(1)));
    }
    ledger.record_steps(run, &steps).await.map(drop)?;
    assert_eq!(ledger.steps(run).await?, steps);
    Ok(())
}

pub(super) async fn a_step_of_an_unknown_run_is_refused(ledger: &Ledger) -> Case {
    let step = Step::of_pull("VT03", month("2020-09"), StepName::Fetch, at(1));
    assert!(matches!(ledger.record_step(RunId(1 << 41), &step).await, Err(LedgerError::UnknownRun(_))));
    Ok(())
}
