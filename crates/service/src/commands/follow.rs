//! Follows a run of a service far away to its end, and tells what came of it as a run beside the ledger does.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use vt_domain::period::Period;
use vt_ledger::{Fault, OrderKind, RunOutcome};

use crate::exit::Exit;
use crate::progress::say;
use crate::publishing::{self, PublishResult, is_refused_class};
use crate::remote::Remote;
use crate::views::{LineView, RunView, SnapshotView, StepView, code, of_code};

/// How often it is asked whether the run has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Lines of a run that are looked through for errors at most.
const LINES: usize = 10_000;

/// Waits for a run of publications, and gives what came of each.
///
/// # Errors
/// When the service can't be asked any more; the run may go on there.
pub(super) async fn publications(remote: &Remote, run: &RunView) -> Result<(Vec<PublishResult>, Exit)> {
    let id = run.id;
    say(&format!(
        "run {id} has begun there, and goes on without this command too: `/v1/runs/{id}`, or /runs/{id} on the page"
    ));
    told(remote, id).await.with_context(|| format!("run {id} was begun there, and may go on"))
}

async fn told(remote: &Remote, id: i64) -> Result<(Vec<PublishResult>, Exit)> {
    let run = ended(remote, id).await?;
    let steps: Vec<StepView> = remote.get(&format!("/v1/runs/{id}/steps"), &[]).await?;
    let snapshots: Vec<SnapshotView> = remote.get("/v1/snapshots", &[]).await?;
    let results = results(&steps, &snapshots);
    let exit = exit(&run, &results);
    if results.is_empty() && exit == Exit::Failed {
        tell_errors(remote, id).await?;
    }
    Ok((results, exit))
}

async fn ended(remote: &Remote, id: i64) -> Result<RunView> {
    loop {
        let run: RunView = remote.get(&format!("/v1/runs/{id}"), &[]).await?;
        if run.ended.is_some() {
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Why a run failed that came to no period.
async fn tell_errors(remote: &Remote, id: i64) -> Result<()> {
    let lines: Vec<LineView> = remote.rows(&format!("/v1/runs/{id}/lines"), &[], LINES).await?;
    lines.iter().filter(|line| line.level == "error").for_each(|line| say(&format!("error: {}", line.text)));
    Ok(())
}

/// What came of each period, as its steps and what is published since tell.
fn results(steps: &[StepView], snapshots: &[SnapshotView]) -> Vec<PublishResult> {
    let mut failures: BTreeMap<Period, Option<Fault>> = BTreeMap::new();
    for step in steps.iter().filter(|step| step.order == code(OrderKind::Publish)) {
        let Ok(period) = step.subject.parse() else { continue };
        let failure = failures.entry(period).or_default();
        if let Some((class, message)) = step.failure.as_deref().and_then(|text| text.split_once(": ")) {
            *failure = Some(Fault::new(class, message));
        }
    }
    let newest = |period: Period| snapshots.iter().filter(|it| it.periode == period).map(|it| it.uitgave).max();
    let result = |(periode, failure): (Period, Option<Fault>)| PublishResult {
        periode,
        uitgave: if failure.is_none() { newest(periode) } else { None },
        refused: failure.as_ref().is_some_and(|fault| is_refused_class(&fault.class)),
        failure,
    };
    failures.into_iter().map(result).collect()
}

fn exit(run: &RunView, results: &[PublishResult]) -> Exit {
    match run.outcome.as_deref().and_then(of_code::<RunOutcome>) {
        Some(RunOutcome::Succeeded) => Exit::Done,
        Some(RunOutcome::Stopped) => Exit::Interrupted,
        Some(RunOutcome::Partial | RunOutcome::Failed) if !results.is_empty() => publishing::exit(results),
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: &str) -> RunView {
        let at = "2020-09-14T06:00:00Z".parse().unwrap();
        let (command, software) = ("publish --period 2020W407".into(), "vt-monitor".into());
        RunView { id: 7, command, software, started: at, last_seen: at, ended: Some(at), outcome: Some(outcome.into()) }
    }

    fn step(subject: &str, failure: Option<&str>) -> StepView {
        let at = "2020-09-14T06:00:00Z".parse().unwrap();
        let outcome = if failure.is_some() { "failed" } else { "done" }.to_owned();
        let (order, step) = ("publish".to_owned(), "render".to_owned());
        let failure = failure.map(str::to_owned);
        StepView { order, subject: subject.to_owned(), step, started: at, ended: Some(at), outcome, failure }
    }

    fn issue(periode: &str, uitgave: u32) -> SnapshotView {
        let periode: Period = periode.parse().unwrap();
        SnapshotView {
            cadans: periode.kind().name().to_owned(),
            periode,
            begin: periode.begin(),
            eind: periode.last_day(),
            uitgave,
            status: "voorlopig".into(),
            gepubliceerd_op: "2020-09-14T06:00:00Z".parse().unwrap(),
            ingetrokken: false,
            geldt: true,
        }
    }

    #[test]
    fn what_was_published_is_told_with_its_newest_issue() {
        let steps = [step("2020W407", None), step("2020W407", None), step("2020ISO", None)];
        let told = results(&steps, &[issue("2020W407", 2), issue("2020W407", 1), issue("2020ISO", 1)]);
        let told: Vec<_> = told.iter().map(|result| (result.periode.to_string(), result.uitgave)).collect();
        assert_eq!(told, [("2020W407".to_owned(), Some(2)), ("2020ISO".to_owned(), Some(1))]);
    }

    #[test]
    fn the_exit_code_is_that_of_a_run_beside_the_ledger() {
        let refused = results(&[step("2020W407", Some("protect: no values: none"))], &[issue("2020W407", 1)]);
        let fault = refused[0].failure.as_ref().unwrap();
        assert_eq!((fault.class.as_str(), fault.message.as_str()), ("protect", "no values: none"));
        assert_eq!((refused[0].uitgave, exit(&run("failed"), &refused)), (None, Exit::Refused));
        let failed = results(&[step("2020W407", Some("vault: full"))], &[]);
        assert_eq!(exit(&run("failed"), &failed), Exit::Failed);
        assert_eq!(exit(&run("failed"), &[]), Exit::Failed);
        assert_eq!(exit(&run("succeeded"), &results(&[step("2020W407", None)], &[])), Exit::Done);
        assert_eq!(exit(&run("stopped"), &[]), Exit::Interrupted);
        assert_eq!(exit(&run("interrupted"), &[]), Exit::Failed, "the process is gone");
        let part = results(&[step("2020W407", None), step("2020ISO", Some("bases: gone"))], &[issue("2020W407", 1)]);
        assert_eq!(exit(&run("partial"), &part), Exit::Partial);
    }
}
