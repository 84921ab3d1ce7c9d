//! Deliveries by hand: checked and taken in as a pull does, only that the files came through the door.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tracing::Instrument;
use vt_domain::delivery::{DeliveryEntry, DeliveryId};
use vt_domain::finding::Finding;
use vt_domain::month::Month;
use vt_intake::RawDelivery;
use vt_intake::keep::keep_nothing;
use vt_intake::parse::ParsedDelivery;
use vt_intake::validate::counted;
use vt_ledger::{Change, NewAudit, OrderKind, RunId, StepName};
use vt_vault::{DeliveryRecord, Vault};

use super::{NotFound, Refused, Wrong, report, sound_reason};
use crate::app::App;
use crate::drive::{self, PullError, Pulled};
use crate::due::PullOrder;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::journal::Journal;
use crate::pulling::{Came, fault, noted};
use crate::uploading::Upload;
use crate::views::{FindingView, ReportView, UploadOutcome, UploadView};
use crate::{runlog, runs};

/// Deliveries by hand that are judged at once: each takes threads and some memory.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How long one waits for its turn, or for another's work on the region.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks a delivery without delivering it: keeps nothing, and answers what delivering would.
///
/// # Errors
/// [`Wrong`], [`Refused`] when too much is under way; when a store fails.
pub async fn check_draft(app: &App, vt: &str, files: Upload, change: &Change) -> Result<UploadView> {
    sound_reason(change)?;
    sensible(app, vt, &files)?;
    let (app, vt, actor) = (app.clone(), vt.to_owned(), change.actor.clone());
    apart(move || async move {
        let _turn = turn().await?;
        tracing::info!(vt, actor, "a draft is checked");
        let history = app.vault.deliveries(Some(&vt)).await?;
        let view = draft(&app, &files, &history).await;
        files.clear().await?;
        view
    })
    .await
}

/// Takes a delivery in: the same way, checks and rules as one that is pulled. A wake follows it when it was new.
///
/// # Errors
/// [`Wrong`], [`Refused`] when the region is in other hands; when a store or the ledger fails.
pub async fn upload(app: &App, vt: &str, files: Upload, change: &Change) -> Result<UploadView> {
    sound_reason(change)?;
    sensible(app, vt, &files)?;
    let (app, vt, change) = (app.clone(), vt.to_owned(), change.clone());
    apart(move || async move { held(&app, &vt, files, &change).await }).await
}

/// Works on a thread of its own: what is being written can't move between threads, and whoever hangs up finds it judged when asking
/// again.
async fn apart<F: Future<Output = Result<UploadView>>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<UploadView> {
    let runtime = tokio::runtime::Handle::current();
    let work = tokio::task::spawn_blocking(move || runtime.block_on(work()));
    work.await.context("judging a delivery ended early")?
}

fn sensible(app: &App, vt: &str, files: &Upload) -> Result<()> {
    let maand = files.head.leveringsmaand;
    let (first, last) = (app.schedule.first_month, Month::of(app.clock.today()));
    if files.vt() != vt {
        return Err(NotFound::new(format!("{vt} is another region"), format!("{vt} is een andere regio")).into());
    }
    if maand < first || maand > last {
        let nl = format!("kies een maand van {first} tot en met {last}");
        return Err(Wrong::new("leveringsmaand", format!("from {first} to {last}"), nl).into());
    }
    if !app.register.vt_regions(maand.last_day()).iter().any(|region| region.code == vt) {
        let nl = format!("{vt} was in {maand} geen regio");
        return Err(Wrong::new("leveringsmaand", format!("{vt} was no region in {maand}"), nl).into());
    }
    Ok(())
}

async fn turn() -> Result<tokio::sync::SemaphorePermit<'static>> {
    let busy = || {
        Refused::new(
            "other deliveries by hand are being judged; try again in a minute",
            "andere leveringen worden nu beoordeeld; probeer het over een minuut opnieuw",
        )
    };
    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await.map_err(|_| busy())?;
    Ok(turn.map_err(|_| busy())?)
}

/// A delivery that the vault knows already, compared with what is given now.
enum Before {
    /// A number that was judged, with the same files or others.
    Judged(Pulled),
    /// A new number.
    New(DeliveryEntry),
}

/// Which number it gets, and whether that was judged before. The files of the newest number given again as the next are that number.
fn before(app: &App, files: &Upload, history: &[DeliveryRecord]) -> Result<Before> {
    let maand = files.head.leveringsmaand;
    let of_month = || history.iter().filter(|record| record.kop.leveringsmaand == maand);
    let newest = of_month().max_by_key(|record| record.kop.levering_nr);
    let compared = |record: &DeliveryRecord| {
        // By hand nobody says when it was made, nor how many records there are: what is known of these stands.
        let mut entry = files.entry(record.kop.levering_nr, record.kop.aangemaakt_op);
        for file in &mut entry.bestanden {
            let same =
                record.bestanden.iter().find(|known| known.sha256 == file.sha256 && known.naam == file.kept_name());
            file.records = same.map_or(0, |known| known.records);
        }
        drive::compare(app, record.clone(), &entry)
    };
    let now = app.clock.now();
    Ok(match (files.head.levering_nr, newest) {
        (Some(nr), _) => match of_month().find(|record| record.kop.levering_nr == nr) {
            Some(record) => Before::Judged(compared(record)),
            None => Before::New(files.entry(nr, now)),
        },
        (None, None) => Before::New(files.entry(1, now)),
        (None, Some(newest)) => match compared(newest) {
            Pulled::Known(known) => Before::Judged(Pulled::Known(known)),
            _ => Before::New(files.entry(next(newest.kop.levering_nr)?, now)),
        },
    })
}

/// The number after one that was given out: a region that has an API may give any.
fn next(newest: u32) -> Result<u32> {
    let nl =
        "er is geen hoger nummer dan dat van de nieuwste levering van deze maand; kies zelf een nummer dat nog vrij is";
    let wrong = || Wrong::new("levering_nr", format!("no number follows {newest}: name one that is free"), nl);
    Ok(newest.checked_add(1).ok_or_else(wrong)?)
}

async fn ready(
    app: &App,
    vault: &Vault,
    entry: DeliveryEntry,
    vt: &str,
    journal: &mut Journal,
) -> Result<ParsedDelivery, PullError> {
    let raw = RawDelivery::new(vt, entry.kop.leveringsmaand, entry);
    let parsed = drive::parsed(app, vault, raw, journal).await?;
    Ok(counted(parsed, app.pull.threads_per_delivery).await?)
}

fn accepted(history: Vec<DeliveryRecord>) -> Vec<DeliveryRecord> {
    history.into_iter().filter(DeliveryRecord::accepted).collect()
}

async fn draft(app: &App, files: &Upload, history: &[DeliveryRecord]) -> Result<UploadView> {
    let entry = match before(app, files, history)? {
        Before::Judged(pulled) => return view_of(app, files, &pulled, true).await,
        Before::New(entry) => entry,
    };
    let id = entry.kop.id();
    let vault = files.filed(&id).await?;
    let mut journal = Journal::new(app.clock.clone(), OrderKind::Pull, format!("draft of {id}"));
    let parsed = ready(app, &vault, entry, files.vt(), &mut journal).await?;
    let outcome = drive::judged(app, parsed, &accepted(history.to_vec()), &mut journal).await?;
    let (is_accepted, findings) = (outcome.is_accepted(), outcome.findings());
    let report = keep_nothing(outcome).await?;
    let reports = ReportView {
        vt: id.vt.clone(),
        maand: id.maand,
        nr: id.nr,
        spiegelrapport: report.spiegelrapport.as_ref().map(serde_json::to_value).transpose()?,
        kwaliteitsrapport: Some(serde_json::to_value(&report.kwaliteitsrapport)?),
    };
    let outcome = if is_accepted { UploadOutcome::Accepted } else { UploadOutcome::Rejected };
    Ok(view(files, reports, outcome, &findings, true))
}

async fn held(app: &App, vt: &str, files: Upload, change: &Change) -> Result<UploadView> {
    let _turn = turn().await?;
    let hold = hold(app, vt).await?;
    let app = app.stopped_by(hold.stop().clone());
    let view = taken_in(&app, &files, change, &hold).await;
    let cleared = files.clear().await;
    hold.release().await;
    let view = view?;
    cleared?;
    Ok(view)
}

/// The lease under which a region is pulled: two deliveries of it are never judged at once.
async fn hold(app: &App, vt: &str) -> Result<Hold> {
    for _ in 0..PATIENCE.as_secs() {
        if let Some(hold) = Hold::take(app, &format!("pull {vt}")).await? {
            return Ok(hold);
        }
        app.pause(Duration::from_secs(1)).await;
    }
    Err(Refused::new(
        format!("{vt} is being pulled, or another delivery of it judged; try again in a minute"),
        format!(
            "{vt} wordt nu opgehaald, of een andere levering ervan beoordeeld; probeer het over een minuut opnieuw"
        ),
    )
    .into())
}

async fn taken_in(app: &App, files: &Upload, change: &Change, hold: &Hold) -> Result<UploadView> {
    let history = app.vault.deliveries(Some(files.vt())).await?;
    let before = before(app, files, &history)?;
    let order = PullOrder { vt: files.vt().to_owned(), maand: files.head.leveringsmaand };
    audit(app, change, "delivery.upload", &order, Some(digests(files))).await?;
    let run = runs::begin(app, &format!("upload {} {}", order.vt, order.maand)).await?;
    let work = in_run(app, run, files, &order, before, accepted(history), hold);
    let outcome = work.instrument(runlog::span(run)).await;
    let exit = if outcome.is_ok() { Exit::Done } else { Exit::Failed };
    runs::finish(app, run, exit).await?;
    let view = outcome?;
    let after = json!({ "nr": view.nr, "outcome": view.outcome });
    // Last, for it wakes the instance that leads: what it looks for must be there.
    audit(app, change, "delivery.judged", &order, Some(after)).await?;
    Ok(view)
}

async fn in_run(
    app: &App,
    run: RunId,
    files: &Upload,
    order: &PullOrder,
    before: Before,
    history: Vec<DeliveryRecord>,
    hold: &Hold,
) -> Result<UploadView> {
    let mut journal = Journal::new(app.clock.clone(), OrderKind::Pull, format!("{} {}", order.vt, order.maand));
    journal.begin(StepName::Fetch);
    let pulled = match before {
        Before::Judged(pulled) => Ok(pulled),
        Before::New(entry) => {
            let taken = take_in(app, files, entry, &history, &mut journal).await;
            taken.map(|record| Pulled::Judged(Box::new(record)))
        }
    };
    let view = match &pulled {
        Ok(pulled) => Some(view_of(app, files, pulled, false).await?),
        Err(_) => None,
    };
    let (pulled, error) = match pulled {
        Ok(pulled) => (vec![pulled], None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let came = Came { journal, pulled, failure: error.as_ref().map(fault), by_hand: true };
    let result = noted(app, run, order, came, Some(hold.lease()), None).await;
    match (view, error, result.failure) {
        (_, Some(error), _) => Err(error.into()),
        (_, None, Some(fault)) => anyhow::bail!("{}: {}", fault.class, fault.message),
        (view, None, None) => view.context("a delivery was judged"),
    }
}

async fn take_in(
    app: &App,
    files: &Upload,
    entry: DeliveryEntry,
    history: &[DeliveryRecord],
    journal: &mut Journal,
) -> Result<DeliveryRecord, PullError> {
    let id = entry.kop.id();
    let ready = async {
        files.hand_over(&id).await?;
        ready(app, &app.vault, entry, files.vt(), journal).await
    };
    match ready.await {
        Ok(parsed) => drive::take_in(app, parsed, history, journal).await,
        Err(error) => {
            app.vault.clear_quarantine(&id).await?;
            Err(error)
        }
    }
}

async fn audit(app: &App, change: &Change, action: &str, order: &PullOrder, after: Option<Value>) -> Result<()> {
    let new = NewAudit {
        at: app.clock.now(),
        actor: change.actor.clone(),
        action: action.to_owned(),
        subject: format!("{} {}", order.vt, order.maand),
        reason: change.reason.clone(),
        before: None,
        after,
    };
    app.ledger.record_audit(&new).await?;
    Ok(())
}

/// What was given, for the audit log: by digest, never by content.
fn digests(files: &Upload) -> Value {
    let entry = files.entry(files.head.levering_nr.unwrap_or_default(), chrono::DateTime::UNIX_EPOCH);
    let digest = |file: &vt_domain::delivery::FileEntry| json!({ "bestand": file.kept_name(), "sha256": file.sha256 });
    json!({ "soort": entry.kop.soort.name(), "bestanden": entry.bestanden.iter().map(digest).collect::<Vec<_>>() })
}

async fn view_of(app: &App, files: &Upload, pulled: &Pulled, draft: bool) -> Result<UploadView> {
    let (record, outcome, extra) = match pulled {
        Pulled::Known(known) => (known, UploadOutcome::Known, None),
        Pulled::Changed(known, finding) => (known, UploadOutcome::Changed, Some(finding.as_ref())),
        Pulled::Judged(new) if new.accepted() => (new, UploadOutcome::Accepted, None),
        Pulled::Judged(new) => (new, UploadOutcome::Rejected, None),
    };
    let DeliveryId { vt, maand, nr } = record.id();
    let findings: Vec<Finding> = extra.into_iter().chain(&record.bevindingen).cloned().collect();
    Ok(view(files, report::of(app, &vt, maand, nr).await?, outcome, &findings, draft))
}

fn view(files: &Upload, reports: ReportView, outcome: UploadOutcome, findings: &[Finding], draft: bool) -> UploadView {
    let ReportView { vt, maand, nr, spiegelrapport, kwaliteitsrapport } = reports;
    UploadView {
        draft,
        outcome,
        vt,
        maand,
        nr,
        soort: files.head.soort.name().to_owned(),
        tot_en_met: files.head.tot_en_met,
        findings: findings.iter().map(|finding| FindingView::new(nr, finding)).collect(),
        spiegelrapport,
        kwaliteitsrapport,
    }
}
