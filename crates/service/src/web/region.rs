//! A region: how it is doing, its months and deliveries, and what was agreed. For the region itself, and for those who see all.

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::{Path, Query};
use super::board::{Board, Row, Square};
use super::forms::Tried;
use super::frame::{Answer, Failure, Page, cell, facts, table, told};
use super::overview::mark;
use super::score::{MONTHS, Score};
use super::session::Visit;
use super::trouble;
use super::words::{day, month, time, word};
use crate::api::Api;
use crate::ops::{self, DeliveryQuery};
use crate::views::{ArrangementView, DeliveryView};

mod filled;
mod report;
pub mod steering;
mod upload;
mod why;

pub fn read() -> Router<Api> {
    Router::new().route("/regio/{vt}", get(show))
}

/// What only the region itself and operators see: counts of its records.
pub fn own() -> Router<Api> {
    report::routes().merge(upload::routes())
}

#[derive(Debug, Deserialize)]
struct Asked {
    gedaan: Option<String>,
}

/// The row of a region; refused when there is none.
fn row_of<'a>(board: &'a Board, vt: &str) -> Result<&'a Row, Failure> {
    board.row(vt).ok_or_else(|| Failure::new(404).saying(format!("{vt} is geen regio die wordt bijgehouden")))
}

async fn show(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    page(&api, &visit, &vt, told(asked.gedaan.map(|_| "Vastgelegd.")), &Tried::default()).await
}

/// The page of a region, with what came of a form.
pub async fn page(api: &Api, visit: &Visit, vt: &str, done: Markup, tried: &Tried) -> Answer {
    let board = api.shown.board(&api.app).await?;
    let row = row_of(&board, vt)?;
    let counts = visit.caller.may_count(vt);
    let query = DeliveryQuery { vt: Some(vt.to_owned()), ..DeliveryQuery::default() };
    let mut deliveries = ops::deliveries(&api.app, query, counts).await?;
    deliveries.sort_by_key(|it| std::cmp::Reverse((it.maand, it.nr)));
    let arrangements = ops::arrangements(&api.app).await?;
    let of_region = |it: &&ArrangementView| it.vt == vt && it.ended_at.is_none();
    let arrangements: Vec<&ArrangementView> = arrangements.iter().filter(of_region).collect();
    let title = format!("{} {}", row.region.vt, row.region.naam);
    let main = html! {
        h1 { (title) }
        (done)
        (tried.told())
        (head(row))
        @if let Some(trouble) = trouble::of(&board, row) { (why::section(visit, &trouble)) }
        @if counts {
            p { a.knop href={ "/regio/" (vt) "/aanleveren" } { "Levering aanleveren of proefcontroleren" } }
            (score_card(&row.score))
            (filled::newest(&api.app, &deliveries).await?)
        }
        (agreed(visit, &arrangements, tried))
        (months(&row.months))
        (list(&deliveries, counts))
        @if visit.caller.may_see_details() { (steering::steering(visit, vt, &arrangements, tried)) }
    };
    let menu = if visit.caller.regio.is_some() { "Mijn regio" } else { "Overzicht" };
    Ok(tried.answer(Page { visit, title: &title, menu, live: false }.show(&main)))
}

fn head(row: &Row) -> Markup {
    let region = &row.region;
    let late: Vec<String> = region.late.iter().map(|it| month(*it)).collect();
    html! {
        (facts(&[
            ("Maanden compleet", cell(region.complete.to_string())),
            ("Leveringen", cell(region.deliveries.to_string())),
            ("Geaccepteerd", cell(region.accepted.to_string())),
            ("Afgekeurd", cell(region.rejected.to_string())),
        ]))
        @if late.is_empty() { p.goed { "Niets is te laat." } } @else { p.fout { "Te laat: " (late.join(", ")) "." } }
    }
}

fn score_card(score: &Score) -> Markup {
    html! {
        section aria-labelledby="scorekaart" {
            h2 #scorekaart { "Scorekaart" }
            p.klein { "Over de laatste " (MONTHS) " maanden die geleverd moesten zijn. Alleen voor de regio zelf en de operator." }
            (facts(&[
                ("Op tijd", cell(score.on_time.words())),
                ("In één keer goed", cell(score.first_time.words())),
                ("Correcties", cell(score.corrections.to_string())),
                ("Afgekeurd", cell(score.rejected.to_string())),
            ]))
            (trend(score))
        }
    }
}

/// How early or late each month was, as bars around the last day, with the same in words for those who do not see them.
fn trend(score: &Score) -> Markup {
    const WIDTH: i64 = 26;
    const HALF: i64 = 40;
    const MOST: i64 = 20;
    let width = WIDTH * i64::try_from(score.trend.len()).unwrap_or(0);
    let words = |late: Option<i64>| match late {
        None => "nog niet compleet".to_owned(),
        Some(days) if days <= 0 => format!("{} dagen vóór de uiterste dag", -days),
        Some(days) => format!("{days} dagen te laat"),
    };
    html! {
        @if !score.trend.is_empty() {
            figure.trend {
                svg viewBox={ "0 0 " (width) " " (2 * HALF) } width=(width) height=(2 * HALF) role="img"
                    aria-label="Per maand: dagen vóór of na de uiterste dag" {
                    line x1="0" x2=(width) y1=(HALF) y2=(HALF) class="as" {}
                    @for (index, (maand, late)) in score.trend.iter().enumerate() {
                        @let x = WIDTH * i64::try_from(index).unwrap_or(0) + 5;
                        @let bar = bar(late.map(|days| days.clamp(-MOST, MOST) * (HALF - 2) / MOST), HALF);
                        rect x=(x) y=(bar.top) width=(WIDTH - 10) height=(bar.height) class=(bar.class) {
                            title { (month(*maand)) ": " (words(*late)) }
                        }
                    }
                }
                figcaption { "Elke staaf is een maand: omlaag is vóór de uiterste dag, omhoog is te laat (hoogstens " (MOST) " dagen getoond). Gestippeld: nog niet compleet." }
            }
            details {
                summary { "Dezelfde gegevens in woorden" }
                ul { @for (maand, late) in &score.trend { li { (month(*maand)) ": " (words(*late)) } } }
            }
        }
    }
}

/// A bar of the trend.
struct Bar {
    top: i64,
    height: i64,
    class: &'static str,
}

/// The bar of a month that was late by so much (negative: early), around a line at `middle`; one that is not whole yet has no length.
fn bar(late: Option<i64>, middle: i64) -> Bar {
    const LEAST: i64 = 2;
    match late {
        None => Bar { top: middle - 4, height: 8, class: "open" },
        Some(late) if late > 0 => {
            let height = late.max(LEAST);
            Bar { top: middle - height, height, class: "laat" }
        }
        Some(early) => Bar { top: middle, height: early.abs().max(LEAST), class: "vroeg" },
    }
}

fn agreed(visit: &Visit, arrangements: &[&ArrangementView], tried: &Tried) -> Markup {
    html! {
        @if !arrangements.is_empty() {
            section aria-labelledby="afspraken" {
                h2 #afspraken { "Afspraken" }
                ul {
                    @for it in arrangements {
                        li {
                            (word(&it.kind)) @if let Some(maand) = it.maand { " voor " (month(maand)) } ", vanaf " (day(it.from))
                            @if let Some(until) = it.until { " t/m " (day(until)) }
                            // Who is behind it, and why, operators write for each other.
                            @if visit.caller.may_see_details() {
                                ": " (it.reason) " (" (it.owner) ")"
                                (steering::ending(visit, it.id, tried))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn months(months: &[Square]) -> Markup {
    let row = |square: &Square| {
        let (sign, class, words) = mark(square.light);
        vec![
            cell(month(square.maand)),
            html! { span.heel { span.vak.(class) aria-hidden="true" { (sign) } " " (words) } },
            cell(square.covered.map_or_else(|| "–".to_owned(), day)),
            html! { span.heel { (day(square.due)) @if square.extended { " (uitstel)" } } },
        ]
    };
    let rows: Vec<Vec<Markup>> = months.iter().rev().map(row).collect();
    html! {
        section aria-labelledby="maanden" {
            h2 #maanden { "Maanden" }
            (table("Maanden, nieuwste eerst", &["Maand", "Toestand", "Gedekt t/m", "Uiterlijk"], &rows))
        }
    }
}

fn list(deliveries: &[DeliveryView], counts: bool) -> Markup {
    let row = |it: &DeliveryView| {
        let report = format!("/regio/{}/levering/{}/{}", it.vt, it.maand, it.nr);
        // Of a rejected delivery no record counts; how many were refused stands in its report.
        let none = if it.status == "rejected" { "zie rapport" } else { "–" };
        let dropped = it.dropped.map_or_else(|| none.to_owned(), |it| it.to_string());
        let records = it
            .records
            .map_or_else(|| "–".to_owned(), |it| format!("{} / {} / {}", it.advies, it.melding, it.vervolgdienst));
        let mut cells = vec![
            html! { @if counts { a href=(report) { (month(it.maand)) " nr. " (it.nr) } } @else { (month(it.maand)) " nr. " (it.nr) } },
            cell(&it.soort),
            cell(word(&it.status)),
            cell(day(it.tot_en_met)),
            cell(it.decided_at.map_or_else(|| "–".to_owned(), time)),
        ];
        if counts {
            cells.extend([cell(records), cell(dropped)]);
        }
        cells
    };
    let rows: Vec<Vec<Markup>> = deliveries.iter().map(row).collect();
    let mut columns = vec!["Levering", "Soort", "Oordeel", "T/m", "Beoordeeld"];
    if counts {
        columns.extend(["Adviezen / meldingen / diensten", "Geweigerde records"]);
    }
    html! {
        section aria-labelledby="leveringen" {
            h2 #leveringen { "Leveringen" }
            (table("Leveringen, nieuwste eerst", &columns, &rows))
        }
    }
}
#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_month_that_is_not_whole_is_not_drawn_as_late() {
        assert_eq!(bar(None, 40).class, "open");
        let (late, early) = (bar(Some(10), 40), bar(Some(-10), 40));
        assert_eq!((late.class, late.top, late.height), ("laat", 30, 10));
        assert_eq!((early.class, early.top, early.height), ("vroeg", 40, 10));
    }
}
