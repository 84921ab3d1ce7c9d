//! Giving up a reservation that can't be finished.

use anyhow::{Context, Result};
use tracing::Instrument;
use vt_domain::snapshot::Issue;
use vt_ledger::{Change, Publication, PublicationStatus};
use vt_publication::reservation::{Void, clear_draft, void as mark_void};
use vt_vault::ReservationKey;

use super::snapshots::dutch_name;
use super::{Refused, Said, note, to_its_end, with_reason};
use crate::app::App;
use crate::commands::exit_of;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::issues::Issues;
use crate::publishing::settled_memory;
use crate::views::VoidView;
use crate::{runlog, runs};

/// Gives up a reserved issue, and removes what its draft left in the published store. Repeated, it finishes what was left.
///
/// # Errors
/// [`super::Wrong`] without a reason, [`Refused`] when there is nothing to give up or a run is at work, [`super::Stopping`]; when
/// a store or the ledger fails.
pub async fn void(app: &App, issue: Issue, change: Change) -> Result<VoidView> {
    with_reason(&change)?;
    let service = app.clone();
    to_its_end(app, async move {
        // A run that is at work could be about to finish it.
        let Some(hold) = Hold::take(&service, "run").await? else {
            let why = "a run is at work here, and may be finishing it; try again when it has ended";
            let nl = "er is een run bezig, die haar misschien afmaakt; probeer het opnieuw als die klaar is";
            return Err(Refused::new(why, nl).into());
        };
        let given_up = Box::pin(give_up(&service.under(&hold), issue, &change)).await;
        hold.release().await;
        given_up
    })
    .await
}

async fn give_up(app: &App, issue: Issue, change: &Change) -> Result<VoidView> {
    settled_memory(app).await?;
    if let Some(rule) = refusal(app, issue).await? {
        let nl = format!("{} {}", dutch_name(issue), rule.nl);
        return Err(Refused::new(format!("{issue} {}", rule.en), nl).into());
    }
    note(app, "publish.void", &issue.to_string(), change).await?;
    let run = runs::begin(app, &format!("void --period {} --issue {}", issue.periode, issue.uitgave)).await?;
    let outcome = mark(app, issue, &change.reason).instrument(runlog::span(run)).await;
    runs::finish(app, run, outcome.as_ref().map_or_else(exit_of, |_| Exit::Done)).await?;
    outcome
}

/// The rule that refuses it, if any.
async fn refusal(app: &App, issue: Issue) -> Result<Option<Said>> {
    let Issue { periode: period, uitgave } = issue;
    let issues = Issues::read(&app.vault, app.published.as_ref()).await?;
    let Some(of) = issues.of(period).filter(|of| of.is_reserved(uitgave)) else {
        let en = "is not reserved: there is nothing to give up";
        return Ok(Some(Said::new(en, "is niet gereserveerd: er valt niets te laten vervallen")));
    };
    if of.is_published(uitgave) {
        let en = "was published, and what was published stays: publish a new issue when it is wrong";
        let nl = "is gepubliceerd, en wat gepubliceerd is blijft: publiceer een nieuwe uitgave als zij fout is";
        return Ok(Some(Said::new(en, nl)));
    }
    // What the ledger would refuse after the mark is refused before it.
    let recorded = app.ledger.publications(Some(period.kind())).await?;
    let is_it = |row: &&Publication| (row.period, row.issue) == (period, uitgave);
    let was_published = recorded.iter().find(is_it).is_some_and(|row| row.status == PublicationStatus::Published);
    Ok(was_published.then(|| {
        Said::new(
            "has no manifest in the published store, and the ledger says that it was published: restore the newest copy of \
             the published store",
            "is volgens de administratie gepubliceerd, maar staat niet bij de publicaties: laat de beheerder de nieuwste kopie \
             terugzetten",
        )
    }))
}

async fn mark(app: &App, issue: Issue, reason: &str) -> Result<VoidView> {
    let Issue { periode, uitgave } = issue;
    let key = ReservationKey { period: periode, issue: uitgave };
    let mark = Void { reason: reason.to_owned(), at: app.clock.now(), software: App::software() };
    let changed = mark_void(&app.vault, app.published.as_ref(), key, &mark).await?;
    let cleared = follow_up(app, key, reason).await.with_context(|| {
        format!("{issue} is void: the private store has the mark. What follows failed; give the same command again")
    })?;
    Ok(VoidView { periode, uitgave, changed, cleared })
}

/// What is done once the mark stands, and can be repeated; says how many files of the draft were removed.
async fn follow_up(app: &App, key: ReservationKey, reason: &str) -> Result<usize> {
    let ReservationKey { period, issue } = key;
    let _ = app.ledger.record_void(period, issue, app.clock.now(), reason).await?;
    let _ = app.ledger.clear_held_back(period, issue).await?;
    Ok(clear_draft(&app.vault, app.published.as_ref(), key).await?)
}
