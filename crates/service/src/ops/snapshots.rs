//! What is published, what differs between issues, and what readers are told of one.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::Instrument;
use utoipa::ToSchema;
use vt_domain::period::{Period, PeriodKind};
use vt_domain::snapshot::{Erratum, ErratumKind, Issue};
use vt_ledger::Change;
use vt_publication::changes::{Diff, diff};
use vt_publication::errata::{self, ErratumError, NewErratum};
use vt_publication::publish::rebuild_pages;

use super::{NotFound, Refused, Wrong, note};
use crate::app::App;
use crate::belonging;
use crate::cli::IssueName;
use crate::exit::Exit;
use crate::views::{ErratumView, SnapshotDetail, SnapshotView, of_code};
use crate::{runlog, runs};

/// All published issues, newest period first; of a cadence when one is given.
///
/// # Errors
/// When the published store can't be read.
pub async fn snapshots(app: &App, kind: Option<PeriodKind>) -> Result<Vec<SnapshotView>> {
    let shelf = belonging::shelf(app).await?;
    let of_kind = shelf.snapshots.iter().filter(|(issue, _)| kind.is_none_or(|kind| issue.periode.kind() == kind));
    let mut views: Vec<SnapshotView> = of_kind.map(|(_, found)| SnapshotView::new(&found.content, &shelf)).collect();
    views.sort_by_key(|view| std::cmp::Reverse((view.begin, view.eind, view.uitgave)));
    Ok(views)
}

/// The issue that a path names, published or not.
///
/// # Errors
/// [`NotFound`] when its period is not of that cadence.
pub fn issue_at((cadans, periode, uitgave): (&str, Period, u32)) -> Result<Issue, NotFound> {
    if of_code::<PeriodKind>(cadans) != Some(periode.kind()) {
        let nl = format!("{periode} is geen periode van die cadans");
        return Err(NotFound::new(format!("{periode} is not of that cadence"), nl));
    }
    Ok(Issue { periode, uitgave })
}

fn not_published(issue: Issue) -> NotFound {
    NotFound::new(format!("{issue} is not published"), format!("{} is niet gepubliceerd", dutch_name(issue)))
}

/// An issue as Dutch texts name it.
pub(super) fn dutch_name(issue: Issue) -> String {
    format!("{} uitgave {}", issue.periode, issue.uitgave)
}

/// A published issue.
///
/// # Errors
/// [`NotFound`]; when the published store can't be read.
pub async fn snapshot(app: &App, issue: Issue) -> Result<SnapshotDetail> {
    let shelf = belonging::shelf(app).await?;
    let found = shelf.snapshots.get(&issue).ok_or_else(|| not_published(issue))?;
    Ok(SnapshotDetail::new(&found.content, &found.sha256, &shelf))
}

/// What differs between an issue and another (the newest of its period that is not retracted, when it names a period).
///
/// # Errors
/// [`NotFound`]; when the published store can't be read.
pub async fn difference(app: &App, issue: Issue, against: IssueName) -> Result<Diff> {
    let shelf = belonging::shelf(app).await?;
    let other = match against.issue {
        Some(uitgave) => Some(Issue { periode: against.period, uitgave }),
        None => shelf.standing(against.period),
    };
    let other = other.ok_or_else(|| {
        let period = against.period;
        NotFound::new(format!("no issue of {period} stands"), format!("van {period} geldt geen enkele uitgave"))
    })?;
    for one in [issue, other] {
        if !shelf.snapshots.contains_key(&one) {
            return Err(not_published(one).into());
        }
    }
    Ok(diff(app.published.as_ref(), &shelf, other, issue).await?)
}

/// What readers were told, oldest first.
///
/// # Errors
/// When the published store can't be read.
pub async fn errata(app: &App) -> Result<Vec<ErratumView>> {
    let shelf = belonging::shelf(app).await?;
    Ok(shelf.errata.values().map(|found| (&found.content).into()).collect())
}

/// Something that readers must know of an issue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErratumBody {
    /// erratum, or intrekking: that it must not be used.
    pub soort: ErratumKindBody,
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// The number of the issue.
    pub uitgave: u32,
    /// What readers must know: one line of Dutch that states no number, for a true count would undo the protection.
    pub tekst: String,
}

/// Erratum or retraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErratumKindBody {
    /// An erratum.
    Erratum,
    /// A retraction.
    Intrekking,
}

/// Publishes a signed erratum or retraction.
///
/// # Errors
/// [`Wrong`] when the text breaks a rule, [`NotFound`], [`Refused`]; when a store or the ledger fails.
pub async fn add_erratum(app: &App, asked: &ErratumBody, change: &Change) -> Result<ErratumView> {
    let issue = Issue { periode: asked.periode, uitgave: asked.uitgave };
    let shelf = belonging::shelf(app).await?;
    if !shelf.snapshots.contains_key(&issue) {
        return Err(not_published(issue).into());
    }
    let kind = match asked.soort {
        ErratumKindBody::Erratum => ErratumKind::Erratum,
        ErratumKindBody::Intrekking => ErratumKind::Intrekking,
    };
    let added = erratum(app, kind, issue, &asked.tekst, change).await;
    added.map(|erratum| (&erratum).into()).map_err(|error| refusal(&error).unwrap_or(error))
}

/// Publishes a signed erratum or retraction of an issue that is there, in a run of its own.
///
/// # Errors
/// [`ErratumError`]; when a store or the ledger fails.
async fn erratum(app: &App, kind: ErratumKind, issue: Issue, text: &str, change: &Change) -> Result<Erratum> {
    // The text is not repeated before it is published: one that is refused may state a true count.
    let action = if kind == ErratumKind::Erratum { "erratum.add" } else { "erratum.retract" };
    note(app, action, &issue.to_string(), &Change { reason: String::new(), ..change.clone() }).await?;
    let run = runs::begin(app, &format!("{kind} --period {} --issue {}", issue.periode, issue.uitgave)).await?;
    let new = NewErratum { kind, issue, text: text.trim().to_owned(), at: app.clock.now(), software: App::software() };
    let added = published(app, &new).instrument(runlog::span(run)).await;
    let exit = match &added {
        Ok(_) => Exit::Done,
        Err(error) if refusal(error).is_some() => Exit::Refused,
        Err(_) => Exit::Failed,
    };
    runs::finish(app, run, exit).await?;
    let added = added?;
    let done = Change { at: app.clock.now(), ..change.clone() };
    let after = json!({ "path": added.path(), "tekst": added.tekst });
    let entry = done.audit("erratum.published", issue.to_string(), None, Some(after));
    app.ledger.record_audit(&entry).await.context("it is published; the audit log could not be written")?;
    Ok(added)
}

/// The record, and the pages that show it: only then is it done.
async fn published(app: &App, new: &NewErratum) -> Result<Erratum> {
    let erratum = errata::add(&app.vault, app.published.as_ref(), app.signer()?, new).await?;
    rebuild_pages(app.published.as_ref()).await?;
    Ok(erratum)
}

/// What is told of a rule that refuses it.
fn refusal(error: &anyhow::Error) -> Option<anyhow::Error> {
    match error.downcast_ref::<ErratumError>()? {
        ErratumError::Text(rule) => {
            Some(Wrong::new("tekst", rule.to_string(), "deze tekst mag zo niet verschijnen").into())
        }
        refused if refused.is_refusal() => {
            Some(Refused::new(refused.to_string(), "een regel staat dit niet toe").into())
        }
        _ => None,
    }
}
