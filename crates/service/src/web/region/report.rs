//! The reports on a delivery: what was found, and how each field is filled.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use vt_domain::month::Month;
use vt_intake::report::{Bevinding, Kwaliteitsrapport, SpiegelBestand, Spiegelrapport};

use crate::api::Api;
use crate::ops;
use crate::views::code;
use crate::web::asked::Path;
use crate::web::frame::{Answer, Page, cell, table};
use crate::web::session::Visit;
use crate::web::words::{day, month};

pub fn routes() -> Router<Api> {
    Router::new().route("/regio/{vt}/levering/{maand}/{nr}", get(show))
}

async fn show(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path((vt, maand, nr)): Path<(String, Month, u32)>,
) -> Answer {
    let report = ops::report(&api.app, &vt, maand, nr).await?;
    let title = format!("{vt}, {} levering {nr}", month(maand));
    let main = html! {
        p { a href={ "/regio/" (vt) } { "Terug naar " (vt) } }
        h1 { (title) }
        (both(report.spiegelrapport.as_ref(), report.kwaliteitsrapport.as_ref())?)
    };
    let menu = if visit.caller.regio.is_some() { "Mijn regio" } else { "Overzicht" };
    Ok(Page { visit: &visit, title: &title, menu, live: false }.show(&main).into_response())
}

/// Both reports, as they are kept.
///
/// # Errors
/// When one is none: it is not told as absent.
pub fn both(mirror: Option<&Value>, quality: Option<&Value>) -> anyhow::Result<Markup> {
    let quality = quality.map(Kwaliteitsrapport::deserialize).transpose()?;
    let mirror = mirror.map(Spiegelrapport::deserialize).transpose()?;
    Ok(html! {
        @match &quality {
            Some(report) => (self::quality(report)),
            None => p { "Er is geen kwaliteitsrapport." },
        }
        @match &mirror {
            Some(report) => (self::mirror(report)),
            None => p { "Er is geen spiegelrapport: de bestanden zijn niet gelezen, of bevatten een persoonsnummer." },
        }
    })
}

fn quality(report: &Kwaliteitsrapport) -> Markup {
    let accepted = code(report.oordeel) == "geaccepteerd";
    let counts: Vec<Vec<Markup>> = report
        .aantallen
        .iter()
        .map(|it| {
            vec![
                cell(it.bestand.to_string()),
                cell(it.gelezen.to_string()),
                cell(it.behouden.to_string()),
                cell(it.geweigerd.to_string()),
            ]
        })
        .collect();
    html! {
        section aria-labelledby="kwaliteit" {
            h2 #kwaliteit { "Kwaliteitsrapport" }
            p class=(if accepted { "goed" } else { "fout" }) { "Oordeel: " strong { (code(report.oordeel)) } "." }
            (table("Records per bestand", &["Bestand", "Gelezen", "Behouden", "Geweigerd"], &counts))
            @if report.bevindingen.is_empty() { p.goed { "Er is niets gevonden." } }
            @for finding in &report.bevindingen { (found(finding)) }
        }
    }
}

fn found(it: &Bevinding) -> Markup {
    html! {
        article.bevinding.(code(it.ernst)) {
            h3 { (it.controle) " " (it.naam) " (" (code(it.ernst)) ", " (it.aantal) " keer)" }
            p.klein {
                @if let Some(file) = it.bestand { "Bestand " code { (file) } " " }
                @if let Some(field) = &it.veld { "Veld " code { (field) } }
            }
            p { (it.melding) }
            p { strong { "Herstel: " } (it.herstel) }
            @if let Some(exception) = &it.uitzondering {
                p.klein { "Uitzondering t/m " (day(exception.tot_en_met)) ": " (exception.reden) }
            }
            @if !it.voorbeelden.is_empty() {
                details {
                    summary { "Waar, de eerste " (it.voorbeelden.len()) }
                    ul { @for place in &it.voorbeelden { li { "regel " (place.regel) @if let Some(id) = &place.id { ", " code { (id) } } } } }
                }
            }
        }
    }
}

fn mirror(report: &Spiegelrapport) -> Markup {
    html! {
        section aria-labelledby="spiegel" {
            h2 #spiegel { "Spiegelrapport" }
            p { "Hoe elk veld gevuld is." }
            @for file in &report.bestanden { (fields(file)) }
        }
    }
}

fn fields(file: &SpiegelBestand) -> Markup {
    let row = |it: &vt_intake::report::SpiegelVeld| {
        let range = match (&it.laagste, &it.hoogste) {
            (Some(low), Some(high)) => format!("{low} – {high}"),
            _ => String::new(),
        };
        let codes = html! {
            @if !it.codes.is_empty() {
                details {
                    summary { (it.codes.len()) " waarden" }
                    ul { @for of in &it.codes { li { (of.label) ": " (of.aantal) } } }
                }
            }
        };
        vec![
            cell(&it.veld),
            cell(it.gevuld.to_string()),
            cell(it.leeg.to_string()),
            cell(it.ongeldig.to_string()),
            cell(range),
            codes,
        ]
    };
    let rows: Vec<Vec<Markup>> = file.velden.iter().map(row).collect();
    let caption = format!("{}: {} records", file.recordsoort, file.records);
    table(&caption, &["Veld", "Gevuld", "Leeg", "Ongeldig", "Laagste – hoogste", "Waarden"], &rows)
}
