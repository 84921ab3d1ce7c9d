//! Aanleveren: a region, or an operator for it, delivers by hand, or has a delivery checked without delivering it.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use vt_domain::month::Month;

use super::report::both;
use super::row_of;
use crate::api::Api;
use crate::ops;
use crate::problem::Problem;
use crate::uploading::receive;
use crate::views::{UploadOutcome, UploadView};
use crate::web::fields::{CSRF, Fields, forged};
use crate::web::frame::{Answer, Failure, Page, csrf};
use crate::web::session::Visit;
use crate::web::words::month;

pub fn routes() -> Router<Api> {
    // Bodies are capped while they are read, file by file, by the limits of the region.
    Router::new().route("/regio/{vt}/aanleveren", get(show).post(take)).layer(DefaultBodyLimit::disable())
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Path(vt): Path<String>) -> Answer {
    page(&api, &visit, &vt, None).await
}

async fn page(api: &Api, visit: &Visit, vt: &str, came: Option<&UploadView>) -> Answer {
    let board = api.shown.board(&api.app).await?;
    let region = &row_of(&board, vt)?.region;
    let title = format!("Aanleveren voor {} {}", region.vt, region.naam);
    let main = html! {
        p { a href={ "/regio/" (vt) } { "Terug naar " (vt) } }
        h1 { (title) }
        @if let Some(came) = came { (verdict(came)?) }
        (form(visit, vt, Month::of(board.status.today).previous()))
    };
    let menu = if visit.caller.regio.is_some() { "Aanleveren" } else { "Overzicht" };
    Ok(Page { visit, title: &title, menu, live: false }.show(&main).into_response())
}

fn form(visit: &Visit, vt: &str, maand: Month) -> Markup {
    let files = [("advies", "adviezen"), ("melding", "meldingen"), ("vervolgdienst", "vervolgdiensten")];
    html! {
        form.kaart method="post" action={ "/regio/" (vt) "/aanleveren" } enctype="multipart/form-data" {
            (csrf(visit))
            label for="maand" { "Leveringsmaand" }
            input #maand type="month" name="leveringsmaand" required value=(maand) placeholder="2020-07" pattern="[0-9]{4}-[0-9]{2}";
            label for="soort" { "Soort levering" }
            select #soort name="soort" {
                option value="volledig" { "volledig: de hele maand" }
                option value="correctie" { "correctie: vervangt de hele maand" }
                option value="tussentijds" { "tussentijds: een deel van de maand" }
            }
            label for="tot" { "Tot en met (alleen bij tussentijds)" }
            input #tot type="date" name="tot_en_met";
            label for="nr" { "Nummer (leeg: het volgende)" }
            input #nr type="number" name="levering_nr" min="1" step="1";
            label for="bron" { "Bronsysteem" }
            input #bron type="text" name="bronsysteem" required maxlength="60";
            @for (name, what) in files {
                label for=(name) { "Bestand " (name) }
                input id=(name) type="file" name=(name) required accept=".csv,.ndjson,.gz,.zst" aria-describedby={ (name) "-wat" };
                p.klein id={ (name) "-wat" } { "De " (what) ", als .csv of .ndjson, eventueel met .gz of .zst." }
            }
            button name="hoe" value="proef" { "Controleer zonder te leveren" }
            " "
            button name="hoe" value="lever" { "Lever aan" }
            p.klein { "Dezelfde controles als bij ophalen. Bij een proefcontrole wordt niets bewaard." }
        }
    }
}

fn verdict(came: &UploadView) -> anyhow::Result<Markup> {
    let (good, words) = match (came.outcome, came.draft) {
        (UploadOutcome::Accepted, true) => {
            (true, "Proefcontrole: deze levering zou worden geaccepteerd. Er is niets bewaard.")
        }
        (UploadOutcome::Accepted, false) => (true, "De levering is geaccepteerd en telt mee."),
        (UploadOutcome::Rejected, true) => {
            (false, "Proefcontrole: deze levering zou worden afgekeurd. Er is niets bewaard.")
        }
        (UploadOutcome::Rejected, false) => {
            (false, "De levering is afgekeurd; niets ervan telt mee. Herstel en lever onder een nieuw nummer.")
        }
        (UploadOutcome::Known, _) => (true, "Precies deze levering was al beoordeeld; dat oordeel blijft staan."),
        (UploadOutcome::Changed, _) => (
            false,
            "Dit nummer is al gebruikt voor een andere levering; die blijft staan. Lever onder een nieuw nummer.",
        ),
    };
    Ok(html! {
        p #oordeel class=(if good { "goed" } else { "fout" }) role="status" { (words) }
        p { "Het gaat om " (came.vt) ", " (month(came.maand)) ", nummer " (came.nr) " (" (came.soort) ")." }
        (both(came.spiegelrapport.as_ref(), came.kwaliteitsrapport.as_ref())?)
        h2 { "Nog een levering" }
    })
}

async fn take(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    let form = form.map_err(|_| forged())?;
    let (files, more) = receive(&api.app, &vt, form).await?;
    let fields = Fields::of(more);
    if !visit.wrote(fields.text(CSRF)) {
        return Err(forged());
    }
    let change = api.change(&visit.caller, "");
    let came = match fields.text("hoe") {
        "proef" => ops::check_draft(&api.app, &vt, files, &change).await?,
        "lever" => ops::upload(&api.app, &vt, files, &change).await?,
        _ => return Err(Failure(Problem::new(422, "say whether it is checked or delivered"))),
    };
    api.shown.forget();
    page(&api, &visit, &vt, Some(&came)).await
}
