//! Overzicht: the regions by month, and what needs attention now.

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use vt_domain::month::Month;
use vt_ledger::Alert;

use super::board::{Board, Light, Row, Square};
use super::frame::{Answer, Page, csrf, facts, reason, table, told};
use super::session::Visit;
use super::words::{count, day, month, month_name, time, word};
use crate::api::Api;
use crate::due::PeriodState;
use crate::overview::PeriodOverview;

/// How many months are shown when nothing is asked.
const MONTHS: usize = 13;

pub fn read() -> Router<Api> {
    Router::new().route("/overzicht", get(show))
}

/// How much is shown.
#[derive(Debug, Deserialize)]
struct Asked {
    maanden: Option<usize>,
    gedaan: Option<String>,
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    let board = api.shown.board(&api.app).await?;
    let alerts = api.app.ledger.open_alerts().await?;
    let shown = asked.maanden.unwrap_or(MONTHS).clamp(1, 240);
    let months = &board.months[board.months.len().saturating_sub(shown)..];
    let main = html! {
        h1 { "Overzicht" }
        (told(asked.gedaan.as_deref().filter(|done| *done == "run").map(|_| "Er is om een ronde gevraagd; die begint binnen een minuut.")))
        (head(&board))
        (attention(&visit, &board, &alerts))
        (grid(&board, months, shown))
        (periods(&board))
        @if visit.caller.may_see_details() { (ask_for_round(&visit)) }
    };
    Ok(Page { visit: &visit, title: "Overzicht", menu: "Overzicht", live: false }.show(&main).into_response())
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

/// What needs attention, most urgent first.
fn attention(visit: &Visit, board: &Board, alerts: &[Alert]) -> Markup {
    let late: Vec<&Row> = board.rows.iter().filter(|row| !row.region.late.is_empty()).collect();
    let (failed, held) = (&board.status.failed_pulls, &board.status.held_back);
    let details = visit.caller.may_see_details();
    html! {
        section aria-labelledby="aandacht" {
            h2 #aandacht { "Vraagt nu aandacht" }
            @if late.is_empty() && failed.is_empty() && held.is_empty() && alerts.is_empty() {
                p.goed { "Niets: alles is op tijd." }
            }
            ul.aandacht {
                @for row in late {
                    li.erg {
                        a href={ "/regio/" (row.region.vt) } { (row.region.vt) " " (row.region.naam) }
                        " is te laat met " (list_of_months(&row.region.late)) "."
                    }
                }
                @for pull in failed {
                    li.erg {
                        a href={ "/regio/" (pull.vt) } { (pull.vt) } " " (month(pull.maand)) " kan niet worden opgehaald: "
                        (count(usize::try_from(pull.attempts).unwrap_or(usize::MAX), "poging", "pogingen"))
                        " sinds " (time(pull.first_failed)) " (" (pull.class) ")."
                        @if details { span.klein lang="en" { (pull.message) } }
                    }
                }
                @for held in held {
                    li.erg {
                        (held.periode.to_string()) " uitgave " (held.uitgave) " kon niet verschijnen, sinds " (time(held.since)) " (" (held.class) ")."
                        @if details { span.klein lang="en" { (held.message) } }
                    }
                }
                @for alert in alerts {
                    li { a href="/alarmen" { "Alarm" } " sinds " (time(alert.since)) ": " (if details { &alert.text } else { &alert.rule }) }
                }
            }
        }
    }
}

fn list_of_months(months: &[Month]) -> String {
    const NAMED: usize = 3;
    let named: Vec<String> = months.iter().take(NAMED).map(|it| month(*it)).collect();
    match months.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} en nog {}", named.join(", "), count(more, "maand", "maanden")),
    }
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
            h2 #maanden { "Leveringen per maand" }
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
            th scope="row" { a href={ "/regio/" (vt) } { (vt) " " (row.region.naam) } }
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
        html! { (day(row.begin)) " t/m " (day(row.eind)) },
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

fn ask_for_round(visit: &Visit) -> Markup {
    html! {
        section aria-labelledby="ronde" {
            h2 #ronde { "Nu een ronde draaien" }
            form.kaart method="post" action="/ronde" {
                (csrf(visit))
                (reason("ronde-reden"))
                p.klein { "Haalt op en publiceert wat aan de beurt is. Meer niet: wat er al is, verandert niet." }
                button { "Vraag een ronde aan" }
            }
        }
    }
}
