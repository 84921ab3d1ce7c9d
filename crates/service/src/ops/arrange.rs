//! What is agreed with regions.

use anyhow::Result;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_domain::workday::delivery_due;
use vt_ledger::{Arrangement, ArrangementKind, Change, NewArrangement};

use super::{NotFound, Refused, Wrong, in_dutch, near, one_line, with_reason};
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
    // The month first: of a wrong one the days that go with it say nothing.
    month_of(app, asked)?;
    near("from", from, today, (366, 366))?;
    near("until", asked.until, today, (0, 366))?;
    let kind = match asked.maand {
        None if asked.until < from => {
            let nl = format!("dit ligt vóór de eerste dag, {}", in_dutch(from));
            return Err(Wrong::new("until", format!("{} lies before the first day, {from}", asked.until), nl).into());
        }
        None => ArrangementKind::Outage,
        Some(maand) => {
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

/// An extension is of a month that can be due still, an outage of none.
fn month_of(app: &App, asked: &Arrange) -> Result<(), Wrong> {
    let (first, last) = (app.schedule.first_month, Month::of(app.clock.today()).next());
    match (asked.kind, asked.maand) {
        (ArrangeKind::Outage, Some(_)) => {
            Err(Wrong::new("maand", "only an extension is of a month", "alleen uitstel geldt voor een maand"))
        }
        (ArrangeKind::Extension, None) => {
            Err(Wrong::new("maand", "an extension is of a month", "kies de maand die later mag komen"))
        }
        (ArrangeKind::Extension, Some(maand)) if maand < first || maand > last => {
            let nl = format!("kies een maand van {first} tot en met {last}");
            Err(Wrong::new("maand", format!("from {first} to {last}"), nl))
        }
        _ => Ok(()),
    }
}

/// Pulls a region no more until it is resumed.
///
/// # Errors
/// As [`arrange`]; [`Refused`] when it is paused already: another reason would not be kept.
pub async fn pause(app: &App, vt: &str, change: &Change) -> Result<ArrangementView> {
    with_reason(change)?;
    let all = app.ledger.arrangements().await?;
    if let Some(it) = all.iter().find(|it| is_open_pause(it, vt)) {
        let since = local_date(it.made_at);
        let nl = format!("{vt} is al gepauzeerd, door {} sinds {}", it.made_by, in_dutch(since));
        return Err(Refused::new(format!("{vt} is paused already, by {} since {since}", it.made_by), nl).into());
    }
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
    one_line("owner", &owner)?;
    let new = NewArrangement { kind, vt: vt.to_owned(), maand, from, until, owner };
    Ok((&app.ledger.arrange(&new, change).await?).into())
}

fn is_open_pause(it: &Arrangement, vt: &str) -> bool {
    it.kind == ArrangementKind::Pause && it.vt == vt && it.ended_at.is_none()
}

/// Pulls a paused region again.
///
/// # Errors
/// [`Refused`] when it is not paused.
pub async fn resume(app: &App, vt: &str, change: &Change) -> Result<Vec<ArrangementView>> {
    with_reason(change)?;
    known(app, vt)?;
    let mut ended = Vec::new();
    for it in app.ledger.arrangements().await?.into_iter().filter(|it| is_open_pause(it, vt)) {
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
pub(crate) fn known(app: &App, vt: &str) -> Result<(), NotFound> {
    match app.register.vt(vt) {
        Some(_) => Ok(()),
        None => Err(NotFound::new(
            format!("{vt} is no region; `vt-monitor regions` lists them"),
            format!("{vt} is geen regio; het overzicht noemt ze alle"),
        )),
    }
}
