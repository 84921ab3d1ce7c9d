//! What needs attention now: one line for each region of which something is wrong, and what is of no region. Short enough that the
//! regions by month come within the first screen.

use maud::{Markup, html};
use vt_domain::month::Month;
use vt_ledger::Alert;

use super::board::Board;
use super::session::Visit;
use super::trouble::{self, Amiss, Trouble, Why};
use super::words::{day, month, months, time};
use crate::alerts::Alerting;
use crate::causes;

/// So many findings of a rejected delivery are named in a line.
const FINDINGS: usize = 2;

/// So many subjects of alerts of one rule are named.
const SUBJECTS: usize = 6;

/// What needs attention, worst first.
pub fn section(visit: &Visit, board: &Board, alerting: &Alerting, alerts: &[Alert]) -> Markup {
    let troubles = trouble::all(board);
    let alerts: Vec<&Alert> = alerts.iter().filter(|alert| !is_told(alert, board, &troubles)).collect();
    let held = &board.status.held_back;
    let details = visit.caller.may_see_details();
    html! {
        section aria-labelledby="aandacht" {
            h2 #aandacht { "Vraagt nu aandacht" }
            @if troubles.is_empty() && held.is_empty() && alerts.is_empty() { p.goed { "Niets: alles is op tijd." } }
            @if !troubles.is_empty() { (regions(visit, &troubles)) }
            @if !held.is_empty() || !alerts.is_empty() {
                ul.aandacht {
                    @for held in held {
                        li.erg {
                            (held.periode.to_string()) " uitgave " (held.uitgave) " kon niet verschijnen, sinds " (time(held.since)) ": "
                            (causes::publication(&held.class)) "."
                            @if details { " " span.klein lang="en" { (held.message) } }
                        }
                    }
                    @for of_rule in by_rule(&alerts) { li { (alarm(alerting, &of_rule, details)) } }
                }
            }
        }
    }
}

/// Whether a line tells already what an alert is about: a region or a month of it, or an issue that could not be published.
fn is_told(alert: &Alert, board: &Board, troubles: &[Trouble<'_>]) -> bool {
    match month_of(&alert.subject) {
        Some((vt, maand)) => troubles.iter().any(|it| it.is_about(vt, maand)),
        None if alert.rule.starts_with("publication_") => {
            board.status.held_back.iter().any(|it| it.periode.to_string() == alert.subject)
        }
        None => troubles.iter().any(|it| it.row.region.vt == alert.subject),
    }
}

/// The region and month that an alert is about.
fn month_of(subject: &str) -> Option<(&str, Month)> {
    let (vt, maand) = subject.split_once(' ')?;
    Some((vt, maand.parse().ok()?))
}

/// Alerts of one rule beside each other.
fn by_rule<'a>(alerts: &[&'a Alert]) -> Vec<Vec<&'a Alert>> {
    let mut sorted = alerts.to_vec();
    sorted.sort_by(|one, other| (&one.rule, &one.subject).cmp(&(&other.rule, &other.subject)));
    sorted.chunk_by(|one, other| one.rule == other.rule).map(<[&Alert]>::to_vec).collect()
}

/// Alerts of one rule, in a line; one alone with what it says, for operators.
fn alarm(alerting: &Alerting, of_rule: &[&Alert], details: bool) -> Markup {
    let since = of_rule.iter().map(|alert| alert.since).min().map(time).unwrap_or_default();
    let about = |alert: &&Alert| match month_of(&alert.subject) {
        Some((vt, maand)) => format!("{vt} {}", month(maand)),
        None => alert.subject.clone(),
    };
    let named: Vec<String> = of_rule.iter().take(SUBJECTS).map(about).collect();
    let more = of_rule.len().saturating_sub(SUBJECTS);
    let rule = of_rule.first().map_or("", |alert| alert.rule.as_str());
    html! {
        a href="/alarmen" { "Alarm" } " sinds " (since) ": "
        @match of_rule {
            [alone] if details => (first_sentence(&alone.text)),
            _ => {
                (alerting.title(rule)) " (" (named.join(", ")) @if more > 0 { " en nog " (more) } ")"
            },
        }
    }
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or_else(|| text.to_owned(), |(first, _)| format!("{first}."))
}

fn regions(visit: &Visit, troubles: &[Trouble<'_>]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Regio's die aandacht vragen" tabindex="0" {
            table.mis {
                caption.verborgen { "Regio's die aandacht vragen, ergste eerst" }
                thead {
                    tr { @for column in ["Regio", "Maanden", "Wat", "Sinds", "Oorzaak"] { th scope="col" { (column) } } }
                }
                tbody { @for it in troubles { (line(visit, it)) } }
            }
        }
    }
}

fn line(visit: &Visit, it: &Trouble<'_>) -> Markup {
    let region = &it.row.region;
    let all: Vec<Month> = it.months.iter().map(|month| month.maand).collect();
    let causes = causes_of(visit, it);
    html! {
        tr.erg[it.late() > 0] {
            th scope="row" { a href={ "/regio/" (region.vt) } { (region.vt) " " (region.naam) } }
            td { (months(&all)) }
            td { (it.what()) }
            td.heel { (it.since().map_or_else(|| "–".to_owned(), day)) }
            td.oorzaak {
                @for (index, cause) in causes.iter().enumerate() {
                    @if index > 0 { "; " }
                    @if causes.len() > 1 { (months(&cause.months)) ": " }
                    (cause.words)
                    @if let Some((to, text)) = &cause.link { " " a.heel href=(to) { (text) } }
                }
            }
        }
    }
}

/// A cause, of the months that share it.
struct Shared {
    months: Vec<Month>,
    words: String,
    link: Option<(String, String)>,
}

/// The causes of a region's trouble: each once, with the link of its newest month.
fn causes_of(visit: &Visit, it: &Trouble<'_>) -> Vec<Shared> {
    let details = visit.caller.may_see_details();
    let mut shared: Vec<Shared> = Vec::new();
    let each = it.months.iter().flat_map(|amiss| amiss.why.iter().map(move |why| (amiss, why)));
    for (amiss, why) in each {
        let words = why.words(details, FINDINGS);
        let link = if details { link(&it.row.region.vt, amiss, why) } else { None };
        match shared.iter_mut().find(|cause| cause.words == words) {
            Some(cause) => {
                cause.months.push(amiss.maand);
                cause.link = link.or(cause.link.take());
            }
            None => shared.push(Shared { months: vec![amiss.maand], words, link }),
        }
    }
    shared
}

/// Where an operator sees more of a cause.
pub fn link(vt: &str, amiss: &Amiss<'_>, why: &Why<'_>) -> Option<(String, String)> {
    match why {
        Why::Rejected(refused) => Some((
            format!("/regio/{vt}/levering/{}/{}", amiss.maand, refused.nr),
            format!("rapport {}", month(amiss.maand)),
        )),
        Why::Failing(pull) => pull.run.map(|run| (format!("/runs/{run}"), format!("run {run}"))),
        Why::Until(_) | Why::Absent => None,
    }
}
