//! What operators order of single issues on the page Publicaties: to publish a period now, and to give up a reservation.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Extension, Router};
use maud::{Markup, html};
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;

use super::asked::Path;
use super::fields::Fields;
use super::forms::{Form, Input, REASON, Tried};
use super::frame::{Answer, Failure, csrf, told};
use super::publications::{self, address};
use super::session::Visit;
use crate::access::Need;
use crate::api::Api;
use crate::ops::{self, PublishBody};

pub fn steer() -> Router<Api> {
    Router::new()
        .route("/publicaties/opdracht", post(publish))
        .route("/publicaties/{cadans}/{periode}/{uitgave}/vervallen", post(void))
}

/// What is said after an order that leads back to the page.
pub fn done(what: Option<&str>) -> Markup {
    told(match what {
        Some("niets") => Some("Er is niets te doen: de nieuwste uitgave berust al op dezelfde leveringen."),
        Some("vervallen") => Some("De reservering is vervallen; haar nummer blijft ongebruikt."),
        _ => None,
    })
}

/// The forms, for whoever may use them.
///
/// # Errors
/// When a store can't be read.
pub async fn forms(api: &Api, visit: &Visit, tried: &Tried) -> Result<Markup, Failure> {
    if !Need::Steer.met_by(visit.caller.role, false) {
        return Ok(html! {});
    }
    let board = api.shown.board(&api.app).await?;
    Ok(html! { (reserved(visit, &board.unfinished, tried)) (now(visit, tried)) })
}

/// To publish a period now.
fn order() -> Form {
    const LABELS: &[(&str, &str)] = &[
        ("periode", "Periode"),
        ("incomplete", "Ook als regio's dagen missen"),
        ("reason", "Reden (nodig als regio's missen, en voor een volgende uitgave)"),
    ];
    Form::new("opdracht", LABELS)
}

/// To give up a reservation.
fn giving_up(issue: Issue) -> Form {
    Form::new(format!("vervallen-{}-{}", issue.periode, issue.uitgave), &[REASON])
}

fn now(visit: &Visit, tried: &Tried) -> Markup {
    let form = tried.of(order());
    html! {
        h2 { "Nu publiceren" }
        form.kaart id=(form.form()) method="post" action="/publicaties/opdracht" {
            (csrf(visit))
            (form.input("periode", &Input::text(8).required().hint("2020W407")))
            label {
                input type="checkbox" name="incomplete" value="ja" checked[form.chosen("incomplete", "ja", false)];
                " Ook als regio's dagen missen"
            }
            p.klein {
                strong { "Let op: " }
                "cijfers van regio's die ontbreken, en die van Nederland, blijven dan leeg in deze uitgave. Wat gepubliceerd is, "
                "blijft staan; aanvullen kan alleen met een volgende uitgave."
            }
            (form.input("reason", &Input::reason()))
            p.klein { "Dit kan minuten duren; u ziet de run terwijl die bezig is." }
            button { "Publiceer nu" }
        }
    }
}

fn reserved(visit: &Visit, unfinished: &[Issue], tried: &Tried) -> Markup {
    html! {
        @if !unfinished.is_empty() {
            h2 { "Gereserveerd en niet af" }
            p.klein {
                "Een uitgave wordt gereserveerd voordat haar eerste bestand er staat; de volgende ronde maakt haar af. Laat haar alleen "
                "vervallen als dat niet meer kan: haar cijfers tellen dan voor de bescherming mee alsof zij gepubliceerd waren."
            }
            ul { @for issue in unfinished { li { (issue.periode.to_string()) " uitgave " (issue.uitgave) (give_up(visit, *issue, tried)) } } }
        }
    }
}

fn give_up(visit: &Visit, issue: Issue, tried: &Tried) -> Markup {
    let form = tried.of(giving_up(issue));
    html! {
        form.kaart id=(form.form()) method="post" action={ (address(issue)) "/vervallen" } {
            (csrf(visit))
            (form.reason())
            button.stil { "Laat vervallen" }
        }
    }
}

async fn publish(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    match ordered(&api, &visit, &fields).await {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        Err(failure) => publications::page(&api, &visit, None, &Tried::refused(order(), fields, failure)).await,
    }
}

/// Orders a period, and says where to go on.
async fn ordered(api: &Api, visit: &Visit, fields: &Fields) -> Result<String, Failure> {
    let reason = fields.text("reason").to_owned();
    let incomplete = !fields.text("incomplete").is_empty();
    let asked = PublishBody { periode: fields.required("periode")?, incomplete, reason: reason.clone() };
    let order = ops::publish(&api.app, asked, api.change(&visit.caller, &reason)).await?;
    Ok(order.run.map_or_else(|| "/publicaties?gedaan=niets".to_owned(), |run| format!("/runs/{}", run.id)))
}

async fn void(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path((cadans, periode, uitgave)): Path<(String, String, u32)>,
    fields: Fields,
) -> Answer {
    let period: Period = periode.parse().map_err(|_| Failure::new(404).saying("deze periode is er niet"))?;
    let issue = ops::issue_at((&cadans, period, uitgave)).map_err(anyhow::Error::from)?;
    let done = ops::void(&api.app, issue, api.change(&visit.caller, fields.text("reason"))).await;
    match done {
        Ok(_) => Ok(Redirect::to("/publicaties?gedaan=vervallen").into_response()),
        Err(error) => {
            let tried = Tried::refused(giving_up(issue), fields, error.into());
            publications::page(&api, &visit, None, &tried).await
        }
    }
}
