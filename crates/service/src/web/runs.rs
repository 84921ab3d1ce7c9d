//! Runs: what was done, step by step, and what it logs while it goes on.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::{Path, Query};
use super::frame::{Answer, LIVE_SECONDS, Page, cell, facts, table};
use super::session::Visit;
use super::words::run::{command, step_name};
use super::words::{second, time, word};
use crate::api::Api;
use crate::causes;
use crate::ops;
use crate::views::{LineView, Page as Rows, RunView, StepView};

/// How many runs a page has.
const RUNS: u32 = 50;

/// How many of the newest lines are shown.
const LINES: u32 = 200;

pub fn read() -> Router<Api> {
    Router::new().route("/runs", get(list)).route("/runs/{id}", get(show))
}

#[derive(Debug, Deserialize)]
struct Below {
    onder: Option<i64>,
}

async fn list(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(below): Query<Below>) -> Answer {
    let runs: Rows<RunView> = ops::runs(&api.app, below.onder, RUNS).await?;
    let rows: Vec<Vec<Markup>> = runs.items.iter().map(row).collect();
    let main = html! {
        h1 { "Runs" }
        (table("Runs, nieuwste eerst", &["Nummer", "Wat", "Begonnen", "Geëindigd", "Uitkomst"], &rows))
        @if let Some(next) = &runs.next { p { a href={ "/runs?onder=" (next) } { "Oudere runs" } } }
    };
    Ok(Page { visit: &visit, title: "Runs", menu: "Runs", live: false }.show(&main).into_response())
}

fn row(run: &RunView) -> Vec<Markup> {
    vec![
        html! { a href={ "/runs/" (run.id) } { (run.id) } },
        cell(command(&run.command)),
        cell(time(run.started)),
        cell(run.ended.map_or_else(|| "–".to_owned(), time)),
        cell(word(outcome(run))),
    ]
}

fn outcome(run: &RunView) -> &str {
    run.outcome.as_deref().unwrap_or("running")
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Path(id): Path<i64>) -> Answer {
    let details = visit.caller.may_see_details();
    let run = ops::run(&api.app, id).await?;
    let steps = ops::steps(&api.app, id, details).await?;
    let lines = if details { ops::newest_lines(&api.app, id, LINES).await? } else { Vec::new() };
    let live = run.ended.is_none();
    let title = format!("Run {id}");
    let main = html! {
        h1 { (title) }
        // The library swaps this part for that of the page as it is by then; the answer of a run that ended asks for no more.
        div #live hx-get=[live.then(|| format!("/runs/{id}"))] hx-trigger=[live.then(|| format!("every {LIVE_SECONDS}s"))]
            hx-select="#live" hx-swap="outerHTML" {
            (facts(&[
                ("Wat", cell(command(&run.command))),
                ("Begonnen", cell(second(run.started))),
                ("Geëindigd", cell(run.ended.map_or_else(|| "nog niet".to_owned(), second))),
                ("Uitkomst", cell(word(outcome(&run)))),
                ("Programma", cell(&run.software)),
            ]))
            (stages(&steps))
            @if details { (log(&lines)) }
        }
    };
    Ok(Page { visit: &visit, title: &title, menu: "Runs", live }.show(&main).into_response())
}

fn stages(steps: &[StepView]) -> Markup {
    const SHOWN: usize = 300;
    let newest = steps.iter().rev().take(SHOWN);
    let rows: Vec<Vec<Markup>> = newest
        .map(|step| {
            let took = step.ended.map_or_else(
                || "–".to_owned(),
                |end| format!("{:.1} s", (end - step.started).num_milliseconds() as f64 / 1000.0).replace('.', ","),
            );
            let failure = step.failure.as_deref().unwrap_or_default();
            let (class, message) = failure.split_once(": ").unwrap_or((failure, ""));
            let what = if step.order == "pull" { causes::pull(class) } else { causes::publication(class) };
            vec![
                cell(&step.subject),
                cell(word(&step.order)),
                cell(step_name(&step.step)),
                cell(took),
                html! {
                    (word(&step.outcome)) @if !failure.is_empty() { ": " (what) }
                    @if !message.is_empty() { br; span.klein lang="en" { (message) } }
                },
            ]
        })
        .collect();
    html! {
        h2 { "Stappen" }
        (table("Stappen, nieuwste eerst", &["Waarvan", "Soort", "Stap", "Duur", "Uitkomst"], &rows))
    }
}

fn log(lines: &[LineView]) -> Markup {
    html! {
        h2 { "Log" }
        p.klein { "Nieuwste regel eerst." }
        // So that what is newest is seen when this part is swapped for a later one.
        div.scroll.log role="region" aria-label="Log" tabindex="0" {
            @for line in lines.iter().rev() {
                p class=(line.level.to_lowercase()) { span.klein { (second(line.at)) } " " (line.level) " " span lang="en" { (line.text) } }
            }
        }
        @if lines.is_empty() { p.klein { "Er zijn geen regels." } }
    }
}
