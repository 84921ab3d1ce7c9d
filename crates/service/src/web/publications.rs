//! Publicaties: what is published, and what an issue changed.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use object_store::ObjectStoreExt;
use serde::Deserialize;
use vt_domain::period::Period;
use vt_domain::snapshot::{ErratumKind, Issue};
use vt_publication::changes::{Diff, DiffRow, diff};
use vt_publication::shelf::Shelf;

use super::asked::{Path, Query};
use super::forms::Tried;
use super::frame::{Answer, Failure, Page, cell, facts, table};
use super::orders;
use super::session::Visit;
use super::words::{count, day, time, word};
use crate::api::Api;
use crate::views::code;

pub fn read() -> Router<Api> {
    Router::new()
        .route("/publicaties", get(list))
        .route("/publicaties/{cadans}/{periode}/{uitgave}", get(show))
        .route("/publicaties/{cadans}/{periode}/{uitgave}/rapport", get(report))
}

/// How many rows of what changed are shown.
const CHANGES: usize = 300;

pub(super) fn address(issue: Issue) -> String {
    format!("/publicaties/{}/{}/{}", issue.periode.kind().name(), issue.periode, issue.uitgave)
}

#[derive(Debug, Deserialize)]
struct Asked {
    gedaan: Option<String>,
}

async fn list(State(api): State<Api>, Extension(visit): Extension<Visit>, Query(asked): Query<Asked>) -> Answer {
    page(&api, &visit, asked.gedaan.as_deref(), &Tried::default()).await
}

/// The page of all that is published, with what came of a form.
pub async fn page(api: &Api, visit: &Visit, done: Option<&str>, tried: &Tried) -> Answer {
    let shelf = api.shown.shelf(&api.app).await?;
    let mut issues: Vec<Issue> = shelf.snapshots.keys().copied().collect();
    issues.sort_by_key(|issue| std::cmp::Reverse((issue.periode.last_day(), issue.periode.kind(), issue.uitgave)));
    let row = |issue: &Issue| {
        let manifest = &shelf.snapshots[issue].content;
        let standing = match (shelf.is_retracted(*issue), shelf.standing(issue.periode)) {
            (true, _) => "ingetrokken",
            (false, Some(newest)) if newest == *issue => "geldt",
            _ => "vervangen",
        };
        vec![
            html! { a href=(address(*issue)) { (issue.periode.to_string()) " uitgave " (issue.uitgave) } },
            cell(word(issue.periode.kind().name())),
            html! { (day(manifest.begin)) " t/m " (day(manifest.eind)) },
            cell(time(manifest.gepubliceerd_op)),
            cell(code(manifest.status).replace('_', " ")),
            cell(standing),
        ]
    };
    let rows: Vec<Vec<Markup>> = issues.iter().map(row).collect();
    let columns = ["Uitgave", "Cadans", "Dagen", "Gepubliceerd", "Status", "Stand"];
    let main = html! {
        h1 { "Publicaties" }
        (orders::done(done))
        (tried.told())
        (table("Uitgaven, nieuwste periode eerst", &columns, &rows))
        (orders::forms(api, visit, tried).await?)
    };
    Ok(tried.answer(Page { visit, title: "Publicaties", menu: "Publicaties", live: false }.show(&main)))
}

/// Which issue a path names.
fn named(shelf: &Shelf, (cadans, periode, uitgave): (&str, &str, u32)) -> Result<Issue, Failure> {
    let missing = || Failure::new(404).saying(format!("{periode} uitgave {uitgave} is niet gepubliceerd"));
    let periode: Period = periode.parse().map_err(|_| missing())?;
    let issue = Issue { periode, uitgave };
    let is_there = periode.kind().name() == cadans && shelf.snapshots.contains_key(&issue);
    if is_there { Ok(issue) } else { Err(missing()) }
}

/// With which issue it is compared.
#[derive(Debug, Deserialize)]
struct Against {
    tegen: Option<String>,
}

async fn show(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path((cadans, periode, uitgave)): Path<(String, String, u32)>,
    Query(against): Query<Against>,
) -> Answer {
    let shelf = api.shown.shelf(&api.app).await?;
    let issue = named(&shelf, (&cadans, &periode, uitgave))?;
    let others = comparable(&shelf, issue);
    let chosen = match &against.tegen {
        Some(name) => others.iter().find(|other| name_of(**other) == *name).copied(),
        None => others.first().copied(),
    };
    let difference = match chosen {
        Some(other) => Some(diff(api.app.published.as_ref(), &shelf, other, issue).await.map_err(anyhow::Error::from)?),
        None => None,
    };
    let title = format!("{periode} uitgave {uitgave}");
    let main = html! {
        h1 { (title) }
        (head(&shelf, issue))
        p { a href={ (address(issue)) "/rapport" } { "Open het rapport van deze uitgave" } }
        (choice(issue, &others, chosen))
        @match &difference { Some(difference) => (changes(difference)), None => p { "Er is niets om mee te vergelijken." } }
    };
    Ok(Page { visit: &visit, title: &title, menu: "Publicaties", live: false }.show(&main).into_response())
}

fn name_of(issue: Issue) -> String {
    format!("{}/{}", issue.periode, issue.uitgave)
}

/// What an issue can be compared with: the issue before it first, else the standing one of the period before.
fn comparable(shelf: &Shelf, issue: Issue) -> Vec<Issue> {
    let of_period = shelf.snapshots.keys().filter(|other| other.periode == issue.periode && **other != issue);
    let mut others: Vec<Issue> = of_period.copied().collect();
    others.sort_by_key(|other| (other.uitgave.abs_diff(issue.uitgave), other.uitgave));
    others.extend(shelf.standing(issue.periode.previous()));
    others
}

fn head(shelf: &Shelf, issue: Issue) -> Markup {
    let manifest = &shelf.snapshots[&issue].content;
    html! {
        (facts(&[
            ("Dagen", html! { (day(manifest.begin)) " t/m " (day(manifest.eind)) }),
            ("Gepubliceerd", cell(time(manifest.gepubliceerd_op))),
            ("Status", cell(code(manifest.status).replace('_', " "))),
            ("Leveringen", cell(manifest.invoer.len().to_string())),
            ("Programma", cell(&manifest.software)),
        ]))
        @for erratum in shelf.errata_of(issue) {
            p.fout {
                strong { (if erratum.soort == ErratumKind::Intrekking { "Ingetrokken: " } else { "Erratum: " }) } (erratum.tekst)
            }
        }
    }
}

fn choice(issue: Issue, others: &[Issue], chosen: Option<Issue>) -> Markup {
    html! {
        @if others.len() > 1 {
            form.kaart method="get" action=(address(issue)) {
                label for="tegen" { "Vergelijk met" }
                select #tegen name="tegen" {
                    @for other in others {
                        option value=(name_of(*other)) selected[Some(*other) == chosen] { (name_of(*other)) }
                    }
                }
                button { "Vergelijk" }
            }
        }
    }
}

fn changes(difference: &Diff) -> Markup {
    let (from, to) = (difference.van.name(), difference.naar.name());
    let shown = difference.waarden.iter().take(CHANGES);
    let rows: Vec<Vec<Markup>> = shown.map(change).collect();
    let columns = ["Regio", "Maat", "Onderdeel", "Eerder", "Nu", "Verschil"];
    html! {
        h2 { "Wat er veranderde van " (from) " naar " (to) }
        p.klein { "Getallen zijn afgerond: een verschil van 5 kan één registratie zijn." }
        @if let Some(remark) = difference.shared_remark() { p { "Verschillen worden niet gegeven: " (remark.replace('_', " ")) "." } }
        @if difference.waarden.is_empty() { p { "Geen enkel cijfer is anders." } }
        @else { (table("Cijfers die anders zijn", &columns, &rows)) }
        @if difference.waarden.len() > CHANGES {
            p.klein { "En nog " (count(difference.waarden.len() - CHANGES, "cijfer", "cijfers")) "; " code { "vt-monitor diff" } " geeft ze alle." }
        }
        @if difference.status_only() > 0 {
            p { "Alleen de status veranderde van " (count(difference.status_only(), "cijfer", "cijfers")) "." }
        }
    }
}

fn change(row: &DiffRow) -> Vec<Markup> {
    let side = |value: Option<i64>, margin: Option<i64>, reason: &Option<String>| match (value, margin) {
        (Some(value), Some(margin)) => format!("{value} ±{margin}"),
        (Some(value), None) => value.to_string(),
        (None, _) => reason.clone().unwrap_or_else(|| "–".to_owned()),
    };
    let change = row.verschil.map_or_else(|| "–".to_owned(), |change| format!("{change:+}"));
    let part = if row.is_total() { "totaal".to_owned() } else { format!("{}: {}", row.dimensie, row.categorie_label) };
    vec![
        html! { (row.regio_code) " " (row.regio) },
        cell(&row.maat_label),
        cell(part),
        cell(side(row.waarde_eerder, row.marge_eerder, &row.reden_leeg_eerder)),
        cell(side(row.waarde, row.marge, &row.reden_leeg)),
        cell(change),
    ]
}

/// The report as it was published: a page that loads and runs nothing.
async fn report(State(api): State<Api>, Path((cadans, periode, uitgave)): Path<(String, String, u32)>) -> Answer {
    let issue = named(&*api.shown.shelf(&api.app).await?, (&cadans, &periode, uitgave))?;
    let path = object_store::path::Path::from(issue.file("rapport.html"));
    let file = api.app.published.get(&path).await.map_err(anyhow::Error::from)?;
    let bytes = file.bytes().await.map_err(anyhow::Error::from)?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    Ok((headers, bytes).into_response() as Response)
}
