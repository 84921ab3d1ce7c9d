use std::time::Duration;

use super::{Case, at, month, run_of};
use crate::{Ledger, LedgerError, NewRun, ProcessMark, Recorded, Run, RunId, RunOutcome, Step, StepName, StepOutcome};

const HOUR: Duration = Duration::from_secs(3600);

pub(super) async fn a_run_is_begun_once(ledger: &Ledger) -> Case {
    let new = NewRun::of_this_process("begun once", "0.1.0", at(0));
    let id = ledger.begin_run(&new).await?;
    let again = ledger.begin_run(&new).await?;
    // Without a mark of the process nothing says that it is the same run.
    assert!(id == again || new.process.is_none());
    assert_ne!(id, ledger.begin_run(&NewRun { started: at(1), ..new.clone() }).await?);
    ledger.finish_run(id, at(2), RunOutcome::Succeeded).await.map(drop)?;
    assert_ne!(id, ledger.begin_run(&new).await?);
    Ok(())
}

pub(super) async fn a_run_ends_once(ledger: &Ledger) -> Case {
    let id = run_of(ledger, "ends once").await?;
    assert_eq!(ledger.finish_run(id, at(5), RunOutcome::Partial).await?, Recorded::Written);
    assert_eq!(ledger.finish_run(id, at(6), RunOutcome::Partial).await?, Recorded::Unchanged);
    let refused = ledger.finish_run(id, at(6), RunOutcome::Failed).await;
    assert!(matches!(&refused, Err(LedgerError::Conflict { recorded, .. }) if recorded == "partial"), "{refused:?}");
    let run = find(ledger, id).await?;
    assert_eq!((run.ended, run.outcome), (Some(at(5)), Some(RunOutcome::Partial)));
    Ok(())
}

pub(super) async fn an_unknown_run_can_not_end(ledger: &Ledger) -> Case {
    let refused = ledger.finish_run(RunId(1 << 40), at(0), RunOutcome::Succeeded).await;
    assert!(matches!(refused, Err(LedgerError::UnknownRun(id)) if id == 1 << 40));
    Ok(())
}

pub(super) async fn the_latest_runs_come_first(ledger: &Ledger) -> Case {
    let mut ids = Vec::new();
    for command in ["first", "second", "third"] {
        ids.push(run_of(ledger, command).await?);
    }
    let latest = ledger.latest_runs(2).await?;
    assert_eq!(latest.iter().map(|run| run.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    let Run { command, software, started, ended, outcome, .. } = &latest[0];
    assert_eq!(
        (command.as_str(), software.as_str(), *started, *ended, *outcome),
        ("third", "0.1.0", at(0), None, None)
    );
    Ok(())
}

pub(super) async fn runs_come_page_by_page(ledger: &Ledger) -> Case {
    let mut ids = Vec::new();
    for command in ["page one", "page two", "page three"] {
        ids.push(run_of(ledger, command).await?);
    }
    let page = async |below, limit| -> Result<Vec<RunId>, LedgerError> {
        Ok(ledger.runs_below(below, limit).await?.into_iter().map(|run| run.id).collect())
    };
    assert_eq!(page(None, 1).await?, [ids[2]]);
    assert_eq!(page(Some(ids[2].0), 2).await?, [ids[1], ids[0]]);
    assert_eq!(page(Some(1), 9).await?, []);
    assert_eq!(page(None, 0).await?, []);
    Ok(())
}

pub(super) async fn a_run_is_found_by_its_number(ledger: &Ledger) -> Case {
    let id = run_of(ledger, "found").await?;
    assert_eq!(ledger.run(id).await?, Some(find(ledger, id).await?));
    assert_eq!(ledger.run(RunId(1 << 40)).await?, None);
    Ok(())
}

pub(super) async fn a_run_whose_process_is_gone_is_interrupted(ledger: &Ledger) -> Case {
    let Some(mark) = ProcessMark::current() else { return Ok(()) };
    let gone = ProcessMark { started_ticks: mark.started_ticks + 1, ..mark };
    let new = NewRun { process: Some(gone), ..NewRun::of_this_process("killed", "0.1.0", at(0)) };
    let id = ledger.begin_run(&new).await?;
    let step = Step::of_pull("VT01", month("2020-07"), StepName::Fetch, at(1));
    let done = Step::of_pull("VT02", month("2020-07"), StepName::Fetch, at(1)).done(at(2));
    ledger.record_steps(id, &[step, done]).await.map(drop)?;

    let interrupted = ledger.interrupted_runs(at(30), HOUR).await?;
    let run = interrupted.iter().find(|run| run.id == id).cloned();
    assert_eq!(run, Some(find(ledger, id).await?));
    assert_eq!(run.and_then(|run| Some((run.ended?, run.outcome?))), Some((at(30), RunOutcome::Interrupted)));
    let steps = ledger.steps(id).await?;
    assert_eq!((steps[0].outcome, steps[0].ended), (StepOutcome::Interrupted, Some(at(30))));
    assert_eq!((steps[1].outcome, steps[1].ended), (StepOutcome::Done, Some(at(2))));

    assert!(!ledger.interrupted_runs(at(31), HOUR).await?.iter().any(|run| run.id == id));
    assert_eq!(ledger.finish_run(id, at(40), RunOutcome::Succeeded).await?, Recorded::Written);
    assert_eq!(find(ledger, id).await?.outcome, Some(RunOutcome::Succeeded));
    Ok(())
}

pub(super) async fn a_run_of_a_living_process_goes_on(ledger: &Ledger) -> Case {
    let id = run_of(ledger, "alive").await?;
    if ProcessMark::current().is_some() {
        ledger.interrupted_runs(at(30), Duration::ZERO).await?;
        assert_eq!(find(ledger, id).await?.outcome, None);
    }
    Ok(())
}

pub(super) async fn a_run_that_can_not_be_looked_up_goes_by_its_sign_of_life(ledger: &Ledger) -> Case {
    let elsewhere = NewRun { process: None, ..NewRun::of_this_process("elsewhere", "0.1.0", at(0)) };
    let id = ledger.begin_run(&elsewhere).await?;
    ledger.interrupted_runs(at(30), HOUR).await?;
    assert_eq!(find(ledger, id).await?.outcome, None);
    let closed = ledger.interrupted_runs(at(31), Duration::ZERO).await?;
    assert!(closed.iter().any(|run| run.id == id));
    Ok(())
}

async fn find(ledger: &Ledger, id: RunId) -> Result<Run, LedgerError> {
    ledger.latest_runs(1000).await?.into_iter().find(|run| run.id == id).ok_or(LedgerError::UnknownRun(id.0))
}
