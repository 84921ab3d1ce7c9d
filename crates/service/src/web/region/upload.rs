//! Aanleveren: a region, or an operator for it, delivers by hand, or has a delivery checked without delivering it.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde_json::Value;
use vt_domain::month::Month;

use super::report::both;
use super::row_of;
use crate::api::Api;
use crate::ops;
use crate::uploading::{Upload, receive};
use crate::views::{UploadOutcome, UploadView};
use crate::web::asked::Path;
use crate::web::fields::{CSRF, Fields, forged};
use crate::web::forms::{Drawn, Form, Input, Tried};
use crate::web::frame::{Answer, Failure, Page, csrf};
use crate::web::session::Visit;
use crate::web::words::month;

pub fn routes() -> Router<Api> {
    // Bodies are capped while they are read, file by file, by the limits of the region.
    Router::new().route("/regio/{vt}/aanleveren", get(show).post(take)).layer(DefaultBodyLimit::disable())
}

async fn show(State(api): State<Api>, Extension(visit): Extension<Visit>, Path(vt): Path<String>) -> Answer {
    page(&api, &visit, &vt, None, &Tried::default()).await
}

async fn page(api: &Api, visit: &Visit, vt: &str, came: Option<&UploadView>, tried: &Tried) -> Answer {
    let board = api.shown.board(&api.app).await?;
    let region = &row_of(&board, vt)?.region;
    let title = format!("Aanleveren voor {} {}", region.vt, region.naam);
    let last = Month::of(board.status.today).previous();
    let main = html! {
        p { a href={ "/regio/" (vt) } { "Terug naar " (vt) } }
        h1 { (title) }
        (tried.told())
        @match came {
            None => (form(visit, vt, last, tried, false)),
            Some(came) => {
                (verdict(came))
                @if came.draft { (form(visit, vt, last, tried, true)) }
                (both(came.spiegelrapport.as_ref(), came.kwaliteitsrapport.as_ref())?)
                @if !came.draft {
                    h2 { "Nog een levering" }
                    (form(visit, vt, last, tried, false))
                }
            },
        }
    };
    let menu = if visit.caller.regio.is_some() { "Aanleveren" } else { "Overzicht" };
    Ok(tried.answer(Page { visit, title: &title, menu, live: false }.show(&main)))
}

fn delivery() -> Form {
    const LABELS: &[(&str, &str)] = &[
        ("leveringsmaand", "Leveringsmaand"),
        ("soort", "Soort levering"),
        ("tot_en_met", "Tot en met (alleen bij tussentijds, daar nodig)"),
        ("levering_nr", "Nummer (leeg: het volgende)"),
        ("bronsysteem", "Bronsysteem"),
        ("advies", "Bestand advies"),
        ("melding", "Bestand melding"),
        ("vervolgdienst", "Bestand vervolgdienst"),
    ];
    Form::new("levering", LABELS)
}

/// The kinds of delivery, and what each is of.
const KINDS: [(&str, &str); 3] = [
    ("volledig", "volledig: de hele maand"),
    ("correctie", "correctie: vervangt de hele maand"),
    ("tussentijds", "tussentijds: een deel van de maand"),
];

/// The files, and what each holds.
const FILES: [(&str, &str); 3] =
    [("advies", "adviezen"), ("melding", "meldingen"), ("vervolgdienst", "vervolgdiensten")];

/// The form; `checked`: what stands in it was just checked, and may be delivered now.
fn form(visit: &Visit, vt: &str, maand: Month, tried: &Tried, checked: bool) -> Markup {
    let form = tried.of(delivery());
    html! {
        form.kaart id=(form.form()) method="post" action={ "/regio/" (vt) "/aanleveren" } enctype="multipart/form-data" {
            @if checked {
                p { "Wilt u deze levering nu aanleveren? Kies dan de bestanden opnieuw: een browser onthoudt ze niet." }
            }
            (csrf(visit))
            (form.input("leveringsmaand", &Input::month().required().at_first(&maand)))
            (form.label("soort"))
            select id=(form.id("soort")) name="soort" aria-invalid=[form.invalid("soort")] aria-describedby=[form.explained("soort")] {
                @for (name, words) in KINDS {
                    option value=(name) selected[form.chosen("soort", name, name == "volledig")] { (words) }
                }
            }
            (form.wrong("soort"))
            (form.input("tot_en_met", &Input::day()))
            (form.input("levering_nr", &Input::number()))
            (form.input("bronsysteem", &Input::text(60).required()))
            @for (name, what) in FILES { (file(&form, name, what)) }
            @if checked {
                // The first is what Enter does: that must not deliver.
                button.stil name="hoe" value="proef" { "Controleer opnieuw" }
                " "
                button name="hoe" value="lever" { "Lever nu aan" }
            } @else {
                button name="hoe" value="proef" { "Controleer zonder te leveren" }
                " "
                button name="hoe" value="lever" { "Lever aan" }
            }
            p.klein { "Dezelfde controles als bij ophalen. Bij een proefcontrole wordt niets bewaard." }
        }
    }
}

fn file(form: &Drawn<'_>, name: &str, what: &str) -> Markup {
    let about = format!("{}-wat", form.id(name));
    let described = form.explained(name).map_or_else(|| about.clone(), |wrong| format!("{wrong} {about}"));
    html! {
        (form.label(name))
        input id=(form.id(name)) type="file" name=(name) required accept=".csv,.ndjson,.gz,.zst" aria-describedby=(described)
            aria-invalid=[form.invalid(name)] autofocus[form.invalid(name).is_some()];
        (form.wrong(name))
        p.klein id=(about) { "De " (what) ", als .csv of .ndjson, eventueel met .gz of .zst." }
    }
}

fn verdict(came: &UploadView) -> Markup {
    let is_good = match came.outcome {
        UploadOutcome::Accepted => true,
        UploadOutcome::Rejected | UploadOutcome::Changed => false,
        UploadOutcome::Known => was_accepted(came),
    };
    html! {
        p #oordeel class=(if is_good { "goed" } else { "fout" }) role="status" { (words(came, is_good)) }
        p {
            "Het gaat om " (came.vt) ", " (month(came.maand)) ", nummer " (came.nr) " (" (came.soort) "). "
            @if came.draft { a href="#kwaliteit" { "Naar het rapport" } }
        }
    }
}

/// What was judged of these files before.
fn was_accepted(came: &UploadView) -> bool {
    let verdict = came.kwaliteitsrapport.as_ref().and_then(|report| report.get("oordeel"));
    verdict.and_then(Value::as_str) == Some("geaccepteerd")
}

fn words(came: &UploadView, is_good: bool) -> &'static str {
    match (came.outcome, came.draft) {
        (UploadOutcome::Accepted, true) => "Proefcontrole: deze levering zou worden geaccepteerd. Er is niets bewaard.",
        (UploadOutcome::Accepted, false) => "De levering is geaccepteerd en telt mee.",
        (UploadOutcome::Rejected, true) => "Proefcontrole: deze levering zou worden afgekeurd. Er is niets bewaard.",
        (UploadOutcome::Rejected, false) => {
            "De levering is afgekeurd; niets ervan telt mee. Herstel en lever onder een nieuw nummer."
        }
        (UploadOutcome::Known, true) if is_good => {
            "Proefcontrole: precies deze levering is al aangeleverd en geaccepteerd. Er is niets bewaard."
        }
        (UploadOutcome::Known, true) => {
            "Proefcontrole: precies deze levering is al aangeleverd en afgekeurd. Er is niets bewaard."
        }
        (UploadOutcome::Known, false) if is_good => {
            "Precies deze levering was al aangeleverd en geaccepteerd; dat oordeel blijft staan. Er is niets veranderd."
        }
        (UploadOutcome::Known, false) => {
            "Precies deze levering was al aangeleverd en afgekeurd; dat oordeel blijft staan. Herstel en lever onder een nieuw \
             nummer."
        }
        (UploadOutcome::Changed, true) => {
            "Proefcontrole: dit nummer is al gebruikt voor een andere levering, dus zo zou zij niet worden aangenomen. Hieronder \
             staat het oordeel over die andere. Kies een nieuw nummer."
        }
        (UploadOutcome::Changed, false) => {
            "Dit nummer is al gebruikt voor een andere levering; die blijft staan, met het oordeel hieronder. Lever onder een nieuw \
             nummer."
        }
    }
}

async fn take(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer {
    let form = form.map_err(|_| forged())?;
    let mut texts = Vec::new();
    let files = receive(&api.app, &vt, form, &mut texts).await;
    let fields = Fields::of(texts);
    // Before anything is said of what was filled in: it may be somebody else's.
    if !visit.wrote(fields.text(CSRF)) {
        return Err(forged());
    }
    let came = match files {
        Ok(files) => judged(&api, &visit, &vt, files, fields.text("hoe")).await,
        Err(error) => Err(error.into()),
    };
    match came {
        Ok(came) => {
            let tried = if came.draft { Tried::filled(delivery(), fields) } else { Tried::default() };
            page(&api, &visit, &vt, Some(&came), &tried).await
        }
        Err(failure) => page(&api, &visit, &vt, None, &Tried::refused(delivery(), fields, failure)).await,
    }
}

async fn judged(api: &Api, visit: &Visit, vt: &str, files: Upload, how: &str) -> Result<UploadView, Failure> {
    let change = api.change(&visit.caller, "");
    Ok(match how {
        "proef" => ops::check_draft(&api.app, vt, files, &change).await?,
        "lever" => ops::upload(&api.app, vt, files, &change).await?,
        _ => return Err(Failure::new(422).saying("kies of de levering wordt gecontroleerd of aangeleverd")),
    })
}
