//! What is agreed with regions.

use anyhow::Result;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::month::Month;
use vt_domain::workday::delivery_due;
use vt_ledger::{Arrangement, ArrangementKind, Change, NewArrangement};

use super::{NotFound, Refused, Wrong, in_dutch, near, with_reason};
use crate::app::App;
use crate::views::ArrangementView;

/// What is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArrangeKind {
    /// The region's system is out of service: it is not pulled and not called late.
    Outage,
    /// A month may come later; the periods that need it wait as much longer.
    Extension,
}

/// Something to agree with a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrange {
    /// What.
    pub kind: ArrangeKind,
    /// The region, such as VT07.
    pub vt: String,
    /// The month, of an extension.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "2020-07")]
    pub maand: Option<Month>,
    /// The first day of an outage; today when not given.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: NaiveDate,
    /// Who at the region answers for it; who decides when not given.
    #[serde(default)]
    pub owner: Option<String>,
    /// Why.
    pub reason: String,
}

/// All that was agreed, ended or not.
///
/// # Errors
/// When the ledger can't be read.
pub async fn arrangements(app: &App) -> Result<Vec<ArrangementView>> {
    Ok(app.ledger.arrangements().await?.iter().map(Into::into).collect())
}

/// Agrees something with a region.
///
/// # Errors
/// [`Wrong`], [`NotFound`]; when the ledger can't be written.
pub async fn arrange(app: &App, asked: &Arrange, change: &Change) -> Result<ArrangementView> {
    let today = app.clock.today();
    let from = asked.from.unwrap_or(today);
    near("from", from, today, (366, 366))?;
    near("until", asked.until, today, (0, 366))?;
    let kind = match (asked.kind, asked.maand) {
        (ArrangeKind::Outage, Some(_)) => {
            return Err(
                Wrong::new("maand", "only an extension is of a month", "alleen uitstel geldt voor een maand").into()
            );
        }
        (ArrangeKind::Outage, None) if asked.until < from => {
            let nl = format!("dit ligt vóór de eerste dag, {}", in_dutch(from));
            return Err(Wrong::new("until", format!("{} lies before the first day, {from}", asked.until), nl).into());
        }
        (ArrangeKind::Outage, None) => ArrangementKind::Outage,
        (ArrangeKind::Extension, None) => {
            return Err(Wrong::new("maand", "an extension is of a month", "kies de maand die later mag komen").into());
        }
        (ArrangeKind::Extension, Some(maand))
            if maand < app.schedule.first_month || maand > Month::of(today).next() =>
        {
            let first = app.schedule.first_month;
            let nl = format!("kies een maand van {first} tot en met de volgende maand");
            return Err(Wrong::new("maand", format!("from {first} to the next month"), nl).into());
        }
        (ArrangeKind::Extension, Some(maand)) => {
            let by_rule = delivery_due(maand, app.schedule.delivery_due_working_day);
            if asked.until <= by_rule {
                let nl = format!("{maand} hoeft er toch al pas op {} te zijn; kies een latere dag", in_dutch(by_rule));
                return Err(
                    Wrong::new("until", format!("{maand} is due on {by_rule} anyway; give a later day"), nl).into()
                );
            }
            ArrangementKind::Extension
        }
    };
    make(app, kind, asked.maand, &asked.vt, (from, Some(asked.until)), asked.owner.as_deref(), change).await
}

/// Pulls a region no more until it is resumed.
///
/// # Errors
/// As [`arrange`].
pub async fn pause(app: &App, vt: &str, change: &Change) -> Result<ArrangementView> {
    make(app, ArrangementKind::Pause, None, vt, (app.clock.today(), None), None, change).await
}

async fn make(
    app: &App,
    kind: ArrangementKind,
    maand: Option<Month>,
    vt: &str,
    (from, until): (NaiveDate, Option<NaiveDate>),
    owner: Option<&str>,
    change: &Change,
) -> Result<ArrangementView> {
    with_reason(change)?;
    known(app, vt)?;
    let owner = owner.unwrap_or(&change.actor).to_owned();
    let new = NewArrangement { kind, vt: vt.to_owned(), maand, from, until, owner };
    Ok((&app.ledger.arrange(&new, change).await?).into())
}

/// Pulls a paused region again.
///
/// # Errors
/// [`Refused`] when it is not paused.
pub async fn resume(app: &App, vt: &str, change: &Change) -> Result<Vec<ArrangementView>> {
    with_reason(change)?;
    known(app, vt)?;
    let open = |it: &Arrangement| it.kind == ArrangementKind::Pause && it.vt == vt && it.ended_at.is_none();
    let mut ended = Vec::new();
    for it in app.ledger.arrangements().await?.into_iter().filter(open) {
        ended.push((&app.ledger.end_arrangement(it.id, change).await?).into());
    }
    if ended.is_empty() {
        return Err(Refused::new(format!("{vt} is not paused"), format!("{vt} is niet gepauzeerd")).into());
    }
    Ok(ended)
}

/// Ends what was agreed before its time.
///
/// # Errors
/// When there is nothing of this number.
pub async fn end(app: &App, id: i64, change: &Change) -> Result<ArrangementView> {
    with_reason(change)?;
    Ok((&app.ledger.end_arrangement(id, change).await?).into())
}

/// Refuses what is no region.
pub(super) fn known(app: &App, vt: &str) -> Result<(), NotFound> {
    match app.register.vt(vt) {
        Some(_) => Ok(()),
        None => Err(NotFound::new(
            format!("{vt} is no region; `vt-monitor regions` lists them"),
            format!("{vt} is geen regio; het overzicht noemt ze alle"),
        )),
    }
}
