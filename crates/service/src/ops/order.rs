//! Publishing a period by order of an operator: what the rules say of it, and the work.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::Instrument;
use utoipa::ToSchema;
use vt_domain::period::Period;
use vt_ledger::{Change, LedgerError, RunId};

use super::{Refused, Said, in_dutch, look, note, to_its_end, with_reason};
use crate::app::App;
use crate::due::PeriodState;
use crate::exit::Exit;
use crate::hold::Hold;
use crate::overview::Overview;
use crate::publishing::{self, PublishResult};
use crate::views::OrderView;
use crate::{runlog, runs};

/// A period to publish now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// The period.
    #[schema(value_type = String, example = "2020W407")]
    pub periode: Period,
    /// Before the deadline although regions lack days: they, and NL, stay empty in this issue. Needs a reason.
    #[serde(default)]
    pub incomplete: bool,
    /// Why; needed also for a new issue of a published period before its day.
    #[serde(default)]
    pub reason: String,
}

/// What an order comes to at once.
pub enum Ordered {
    /// It has begun, and is to be carried out.
    Begun(Box<Order>),
    /// There is nothing to do, and this is why.
    Nothing(String),
}

/// An order that no rule refuses. It holds what a round holds, so that nothing else is published until it has ended.
pub struct Order {
    hold: Hold,
    run: RunId,
    overview: Overview,
    period: Period,
}

/// Publishes a period in a task of the service; answers when that has begun.
///
/// # Errors
/// As [`Order::begin`]; [`super::Stopping`].
pub async fn publish(app: &App, asked: PublishBody, change: Change) -> Result<OrderView> {
    let (service, periode) = (app.clone(), asked.periode);
    let begun = to_its_end(app, async move {
        Ok(match Order::begin(&service, &asked, &change).await? {
            Ordered::Nothing(why) => Err(why),
            Ordered::Begun(order) => {
                let (run, work) = (order.run, service.clone());
                service.orders.spawn(async move {
                    if let Err(error) = Box::pin(order.carry_out(&work)).await {
                        tracing::error!(run = run.0, "the end of an order was not recorded: {error}");
                    }
                });
                Ok(run)
            }
        })
    });
    Ok(match begun.await? {
        Ok(run) => OrderView { periode, run: Some(look::run(app, run.0).await?), text: None },
        Err(why) => OrderView { periode, run: None, text: Some(why) },
    })
}

impl Order {
    /// Decides on an order, and begins the run in which it is carried out.
    ///
    /// # Errors
    /// [`Refused`] by a rule, or because another run is at work; [`super::Wrong`] when a reason is missing; when a store or the
    /// ledger can't be used.
    pub async fn begin(app: &App, asked: &PublishBody, change: &Change) -> Result<Ordered> {
        if asked.incomplete {
            with_reason(change)?;
        }
        let Some(hold) = Hold::take(app, "run").await? else {
            let en = "another run is at work here; try again when it has ended";
            return Err(Refused::new(en, "er is al een run bezig; probeer het opnieuw als die klaar is").into());
        };
        match start(&app.under(&hold), asked, change).await {
            Ok(Start::Run(run, overview)) => {
                Ok(Ordered::Begun(Box::new(Self { hold, run, overview: *overview, period: asked.periode })))
            }
            Ok(Start::Nothing(why)) => {
                hold.release().await;
                Ok(Ordered::Nothing(why))
            }
            Err(error) => {
                hold.release().await;
                Err(error)
            }
        }
    }

    /// Publishes the period, and the longer ones that follow from it; says what came of it and how the run ended.
    ///
    /// # Errors
    /// When the end of the run can't be recorded.
    pub async fn carry_out(self, app: &App) -> Result<(Result<Vec<PublishResult>>, Exit), LedgerError> {
        let Self { hold, run, overview, period } = self;
        let app = &app.under(&hold);
        let worked = async {
            let outcome = publishing::publish_all(app, run, &overview, vec![period]).await;
            if let Err(error) = &outcome {
                // In the span of the run, so that it stands where the run is shown.
                tracing::error!(period = %period, "the order failed: {error:#}");
            }
            // Read for this order; a service lives on.
            app.bases.forget();
            let exit = publishing::ended(app, &outcome).await?;
            runs::finish(app, run, exit).await?;
            Ok((outcome, exit))
        };
        let ended = Box::pin(worked.instrument(runlog::span(run))).await;
        hold.release().await;
        ended
    }
}

/// How an order starts.
enum Start {
    Run(RunId, Box<Overview>),
    Nothing(String),
}

async fn start(app: &App, asked: &PublishBody, change: &Change) -> Result<Start> {
    let overview = Overview::read(app).await?;
    let has_reason = !change.reason.is_empty();
    match (Rules { app, overview: &overview, asked, has_reason }).decide()? {
        Decision::Nothing(why) => return Ok(Start::Nothing(why)),
        Decision::Publish => {}
    }
    let period = asked.periode;
    note(app, "publish.order", &period.to_string(), change).await?;
    // The reason stands in the audit log, which fewer may read than the list of runs.
    let incomplete = if asked.incomplete { " --incomplete" } else { "" };
    let run = runs::begin(app, &format!("publish --period {period}{incomplete}")).await?;
    Ok(Start::Run(run, Box::new(overview)))
}

/// What to do with what an operator asked for, when no rule refuses it.
enum Decision {
    Publish,
    Nothing(String),
}

/// What an order is judged by.
struct Rules<'a> {
    app: &'a App,
    overview: &'a Overview,
    asked: &'a PublishBody,
    has_reason: bool,
}

impl Rules<'_> {
    fn decide(&self) -> Result<Decision, Refused> {
        let period = self.asked.periode;
        match &self.overview.period(self.app, period).state {
            state @ PeriodState::Waiting { until } if !self.asked.incomplete => Err(Refused::new(
                format!(
                    "{period} {}; to publish it now, with the missing regions and NL empty, add --incomplete --reason \"…\"",
                    state.text()
                ),
                format!(
                    "{period} wacht tot {} op regio's; om nu te publiceren, met de regio's die missen en Nederland leeg, kruist u aan \
                     dat dit ook mag als regio's dagen missen, en geeft u een reden",
                    in_dutch(*until)
                ),
            )),
            PeriodState::Waiting { .. } | PeriodState::RevisionDue { .. } => Ok(Decision::Publish),
            PeriodState::PartOf { longer } => Err(Refused::new(
                format!(
                    "the days of {period} were published only as part of {longer}; figures of both lengths would narrow each \
                     other. Shorter periods can be published from {} on",
                    longer.end()
                ),
                format!(
                    "de dagen van {period} zijn alleen als deel van {longer} gepubliceerd; cijfers over beide zouden elkaar \
                     verraden. Kortere perioden kunnen verschijnen vanaf {}",
                    in_dutch(longer.end())
                ),
            )),
            PeriodState::ComesOutAs { longer } => Err(Refused::new(
                format!(
                    "the days of {period} come out as {longer}; to publish shorter periods, see `vt-monitor cadence set`"
                ),
                format!(
                    "de dagen van {period} verschijnen in {longer}; voor kortere perioden kiest u eerst een andere cadans"
                ),
            )),
            PeriodState::Published { issue } | PeriodState::ChangedWaits { issue } => self.again(*issue),
            PeriodState::Retracted { issue } => self.anew(*issue),
            PeriodState::HeldBack { issue, .. } if *issue > 1 => self.again(issue - 1),
            state if state.due() || matches!(state, PeriodState::HeldBack { .. }) => Ok(Decision::Publish),
            state => Err(Refused::new(format!("{period} {}", state.text()), format!("{period} {}", why_not(state)))),
        }
    }

    /// A new issue of a period whose newest one is retracted, also from the same deliveries: once a day, with a reason.
    fn anew(&self, issue: u32) -> Result<Decision, Refused> {
        let period = self.asked.periode;
        self.not_today(issue)?;
        self.with_reason(|| {
            Said::new(
                format!(
                    "issue {issue} of {period} is retracted; to publish its figures again, as they follow from the deliveries \
                     now, add --reason \"…\""
                ),
                format!(
                    "uitgave {issue} van {period} is ingetrokken; om haar cijfers opnieuw te publiceren, zoals zij nu uit de \
                     leveringen volgen, geeft u een reden"
                ),
            )
        })
    }

    /// A new issue of a published period: only of changed deliveries, once a day, with a reason.
    fn again(&self, issue: u32) -> Result<Decision, Refused> {
        let period = self.asked.periode;
        if self.overview.same_input(self.app, period) {
            let why = format!("{period} is published already (issue {issue}), from the same deliveries: nothing to do");
            return Ok(Decision::Nothing(why));
        }
        self.not_today(issue)?;
        self.with_reason(|| {
            Said::new(
                format!(
                    "{period} is published already (issue {issue}), and its deliveries have changed since: it gets its next issue \
                     with the next period; to publish that now, add --reason \"…\""
                ),
                format!(
                    "{period} is al gepubliceerd (uitgave {issue}) en haar leveringen zijn sindsdien veranderd: de volgende uitgave \
                     komt met de volgende periode; om die nu te publiceren, geeft u een reden"
                ),
            )
        })
    }

    fn not_today(&self, issue: u32) -> Result<(), Refused> {
        let period = self.asked.periode;
        if !self.overview.issued_today(period) {
            return Ok(());
        }
        Err(Refused::new(
            format!(
                "{period} was published today (issue {issue}), and a period has at most one new issue a day: repeat it tomorrow"
            ),
            format!(
                "{period} is vandaag al gepubliceerd (uitgave {issue}), en een periode krijgt hoogstens één nieuwe uitgave per dag: \
                 probeer het morgen opnieuw"
            ),
        ))
    }

    fn with_reason(&self, refusal: impl FnOnce() -> Said) -> Result<Decision, Refused> {
        if self.has_reason { Ok(Decision::Publish) } else { Err(Refused(refusal())) }
    }
}

/// Why a period in a state can't be published, in Dutch; the periods in other states can, or say more.
fn why_not(state: &PeriodState) -> &'static str {
    match state {
        PeriodState::Running => "loopt nog; zij kan verschijnen als haar laatste dag voorbij is",
        PeriodState::TermOver { .. } => {
            "krijgt geen nieuwe uitgave: haar leveringen zijn na hun bewaartermijn verwijderd"
        }
        PeriodState::WaitsForParts { .. } => "is een som van kortere perioden, die nog niet alle gepubliceerd zijn",
        PeriodState::BeforeFirstMonth => "begint vóór de eerste maand die wordt bijgehouden",
        PeriodState::NoCompleteRegion => "kan nog niet verschijnen: geen enkele regio heeft al haar dagen geleverd",
        _ => "kan nu niet verschijnen",
    }
}
