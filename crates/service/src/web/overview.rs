//! Overzicht: the regions by month, and what needs attention now.

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use vt_domain::month::Month;

use super::asked::Query;
use super::attention;
use super::board::{Board, Light, Row, Square};
use super::forms::{Form, REASON, Tried};
use super::frame::{Answer, Page, csrf, facts, table, told};
use super::session::Visit;
use super::words::{count, day, month_name, time, word};
use crate::api::Api;
use crate::due::PeriodState;
use crate::overview::PeriodOverview;

/// How many months are shown when nothing is asked.
const MONTHS: usize = 13;

pub fn read() -> Router<Api> {
    Router::new().route("/overzicht", get(show))
}

/// How much is shown.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    maanden: Option<usize>,
    gedaan: Option<String>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    page(&api, &visit, asked, &Tried::default()).await
}

/// The page on which asking for a round was refused.
pub async fn refused(api: &Api, visit: &Visit, tried: &Tried) -> Answer {
    page(api, visit, Asked::default(), tried).await
}

async fn page(api: &Api, visit: &Visit, asked: Asked, tried: &Tried) -> Answer {
    let board = api.shown.board(&api.app).await?;
    let alerts = api.app.ledger.open_alerts().await?;
    let shown = asked.maanden.unwrap_or(MONTHS).clamp(1, 240);
    // Newest first: on a narrow screen these are the ones that show.
    let months: Vec<Month> = board.months.iter().rev().take(shown).copied().collect();
    let main = html! {
        div.kop { h1 { "Overzicht" } (head(&board)) }
        (told(asked.gedaan.as_deref().filter(|done| *done == "run").map(|_| "Er is om een ronde gevraagd; die begint binnen een minuut.")))
        (tried.told())
        (attention::section(visit, &board, &api.app.alerting, &alerts))
        (grid(&board, &months, shown))
        (periods(&board))
        @if visit.caller.may_see_details() { (ask_for_round(visit, tried)) }
    };
    Ok(tried.answer(Page { visit, title: "Overzicht", menu: "Overzicht", live: false }.show(&main)))
}

fn head(board: &Board) -> Markup {
    let status = &board.status;
    let next = status.next_wakes.first().map_or_else(|| "geen".to_owned(), |at| time(*at));
    facts(&[
        ("Vandaag", html! { (day(status.today)) }),
        ("Cadans", html! { a href="/cadans" { (word(&status.cadence)) } }),
        ("Volgende ronde", html! { (next) }),
        ("Regio's", html! { (board.rows.len()) }),
    ])
}

/// The mark and the words of a state.
pub fn mark(light: Light) -> (&'static str, &'static str, &'static str) {
    match light {
        Light::OnTime => ("✓", "op-tijd", "op tijd"),
        Light::CameLate => ("✓", "kwam-laat", "later ontvangen"),
        Light::Late => ("!", "te-laat", "te laat"),
        Light::Rejected => ("✕", "afgekeurd", "afgekeurd"),
        Light::MonthToDate => ("◐", "tussentijds", "deel van de maand"),
        Light::Expected => ("·", "verwacht", "nog niet nodig"),
        Light::OutOfService => ("–", "buiten", "buiten gebruik"),
    }
}

/// All states, in the order of the legend.
const LIGHTS: [Light; 7] = [
    Light::OnTime,
    Light::CameLate,
    Light::Late,
    Light::Rejected,
    Light::MonthToDate,
    Light::Expected,
    Light::OutOfService,
];

fn grid(board: &Board, months: &[Month], shown: usize) -> Markup {
    html! {
        section aria-labelledby="maanden" {
            h2 #maanden { "Leveringen per maand, nieuwste eerst" }
            p.legenda {
                @for light in LIGHTS {
                    @let (sign, class, words) = mark(light);
                    span { span.vak.(class) aria-hidden="true" { (sign) } " " (words) }
                }
            }
            div.scroll role="region" aria-label="Regio's en maanden" tabindex="0" {
                table.rooster {
                    thead {
                        tr {
                            th scope="col" { "Regio" }
                            @for it in months { th scope="col" { (month_name(*it)) br; (it.year()) } }
                        }
                    }
                    tbody { @for row in &board.rows { (line(row, months)) } }
                }
            }
            @if board.months.len() > months.len() {
                p { a href={ "/overzicht?maanden=" (2 * shown) } { "Toon meer maanden" } }
            }
        }
    }
}

fn line(row: &Row, months: &[Month]) -> Markup {
    let vt = &row.region.vt;
    let of = |month: &Month| row.months.iter().find(|square| square.maand == *month);
    html! {
        tr {
            // On a narrow screen the name is not seen, and still read out.
            th scope="row" { a href={ "/regio/" (vt) } title=(row.region.naam) { (vt) span.lang { " " (row.region.naam) } } }
            @for month in months {
                @match of(month) {
                    Some(square) => (square_of(square)),
                    None => td { span.verborgen { "niet van toepassing" } },
                }
            }
        }
    }
}

fn square_of(square: &Square) -> Markup {
    let (sign, class, words) = mark(square.light);
    html! {
        td {
            span.vak.(class) title={ (words) ", uiterlijk " (day(square.due)) } {
                span aria-hidden="true" { (sign) } span.verborgen { (words) }
            }
        }
    }
}

fn periods(board: &Board) -> Markup {
    const SHOWN: usize = 8;
    let newest = board.status.periods.iter().rev().take(SHOWN);
    let rows: Vec<Vec<Markup>> = newest.map(period_row).collect();
    html! {
        section aria-labelledby="perioden" {
            h2 #perioden { "Perioden" }
            (table("De nieuwste perioden", &["Periode", "Dagen", "Regio's compleet", "Toestand"], &rows))
            p { a href="/publicaties" { "Alle publicaties" } }
        }
    }
}

fn period_row(row: &PeriodOverview) -> Vec<Markup> {
    vec![
        html! { (row.periode.to_string()) },
        html! { span.heel { (day(row.begin)) " t/m " (day(row.eind)) } },
        html! { (row.complete) " van " (row.regions) },
        html! { (state(&row.state)) },
    ]
}

/// The state of a period in words.
pub fn state(state: &PeriodState) -> String {
    match state {
        PeriodState::Published { issue } => format!("gepubliceerd, uitgave {issue}"),
        PeriodState::Retracted { issue } => format!("uitgave {issue} is ingetrokken"),
        PeriodState::Interrupted { issue } => format!("uitgave {issue} wordt afgemaakt"),
        PeriodState::Complete => "compleet: verschijnt nu".to_owned(),
        PeriodState::DeadlinePassed => "uiterste dag voorbij: verschijnt nu, met lege regio's".to_owned(),
        PeriodState::PartsPublished => "alle delen zijn er: verschijnt nu".to_owned(),
        PeriodState::RevisionDue { issue, .. } => format!("veranderd: uitgave {issue} verschijnt nu"),
        PeriodState::ChangedWaits { issue } => format!("uitgave {issue}, sindsdien veranderd; wacht op zijn dag"),
        PeriodState::HeldBack { issue, .. } => format!("uitgave {issue} wordt tegengehouden"),
        PeriodState::TermOver { issue: Some(issue) } => format!("uitgave {issue}; bewaartermijn voorbij"),
        PeriodState::TermOver { issue: None } => "bewaartermijn voorbij".to_owned(),
        PeriodState::WaitsForParts { parts } => format!("wacht op {}", count(parts.len(), "deel", "delen")),
        PeriodState::PartOf { longer } | PeriodState::ComesOutAs { longer } => format!("verschijnt in {longer}"),
        PeriodState::NotBegun => "nog niet begonnen".to_owned(),
        PeriodState::Running => "loopt nog".to_owned(),
        PeriodState::Waiting { until } => format!("wacht op regio's, tot {}", day(*until)),
        PeriodState::BeforeFirstMonth => "verschijnt niet: begint vóór de eerste maand".to_owned(),
        PeriodState::NoCompleteRegion => "wacht: nog geen regio compleet".to_owned(),
    }
}

/// To ask for a round.
pub fn round() -> Form {
    Form::new("ronde-vragen", &[REASON])
}

fn ask_for_round(visit: &Visit, tried: &Tried) -> Markup {
    let form = tried.of(round());
    html! {
        section aria-labelledby="ronde" {
            h2 #ronde { "Nu een ronde draaien" }
            form.kaart id=(form.form()) method="post" action="/ronde" {
                (csrf(visit))
                (form.reason())
                p.klein { "Haalt op en publiceert wat aan de beurt is. Meer niet: wat er al is, verandert niet." }
                button { "Vraag een ronde aan" }
            }
        }
    }
}
