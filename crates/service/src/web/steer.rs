//! The few things that are decided about the work and about regions: a round now, a pause, an outage, more time.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Extension, Router};
use maud::html;

use super::asked::Path;
use super::fields::Fields;
use super::forms::{Form, Tried};
use super::frame::{Answer, Failure};
use super::region::steering;
use super::session::Visit;
use super::{overview, region};
use crate::api::Api;
use crate::ops::{self, Arrange, ArrangeKind, NotFound};

pub fn steer() -> Router<Api> {
    Router::new()
        .route("/ronde", post(round))
        .route("/regio/{vt}/pauze", post(pause))
        .route("/regio/{vt}/hervat", post(resume))
        .route("/regio/{vt}/storing", post(outage))
        .route("/regio/{vt}/uitstel", post(extension))
        .route("/afspraken/{id}/einde", post(end))
}

async fn round(State(api): State<Api>, Extension(visit): Extension<Visit>, fields: Fields) -> Answer {
    match ops::request_round(&api.app, &api.change(&visit.caller, fields.text("reason"))).await {
        Ok(_) => Ok(Redirect::to("/overzicht?gedaan=run").into_response()),
        Err(error) => {
            let tried = Tried::refused(overview::round(), fields, error.into());
            overview::refused(&api, &visit, &tried).await
        }
    }
}

/// The page of a region after something was decided about it, or with the form as it was filled in.
async fn answer(
    (api, visit, vt): (&Api, &Visit, &str),
    done: Result<(), Failure>,
    form: Form,
    fields: Fields,
) -> Answer {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/regio/{vt}?gedaan=ja")).into_response()),
        Err(failure) => region::page(api, visit, vt, html! {}, &Tried::refused(form, fields, failure)).await,
    }
}

async fn pause(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    let done = ops::pause(&api.app, &vt, &api.change(&visit.caller, fields.text("reason"))).await;
    answer((&api, &visit, &vt), done.map(|_| ()).map_err(Failure::from), steering::pause(), fields).await
}

async fn resume(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    let done = ops::resume(&api.app, &vt, &api.change(&visit.caller, fields.text("reason"))).await;
    answer((&api, &visit, &vt), done.map(|_| ()).map_err(Failure::from), steering::pause(), fields).await
}

async fn outage(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    let done = arrange(&api, &visit, &vt, ArrangeKind::Outage, &fields).await;
    answer((&api, &visit, &vt), done, steering::outage(), fields).await
}

async fn extension(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    let done = arrange(&api, &visit, &vt, ArrangeKind::Extension, &fields).await;
    answer((&api, &visit, &vt), done, steering::extension(), fields).await
}

async fn arrange(api: &Api, visit: &Visit, vt: &str, kind: ArrangeKind, fields: &Fields) -> Result<(), Failure> {
    let reason = fields.text("reason").to_owned();
    let owner = Some(fields.text("owner").to_owned()).filter(|owner| !owner.is_empty());
    let (maand, from) = (fields.optional("maand")?, fields.optional("from")?);
    let until = fields.required("until")?;
    let asked = Arrange { kind, vt: vt.to_owned(), maand, from, until, owner, reason: reason.clone() };
    ops::arrange(&api.app, &asked, &api.change(&visit.caller, &reason)).await?;
    Ok(())
}

async fn end(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    let all = ops::arrangements(&api.app).await?;
    let missing = || NotFound::new(format!("there is no arrangement {id}"), format!("er is geen afspraak {id}"));
    let vt = all.into_iter().find(|it| it.id == id).map(|it| it.vt).ok_or_else(|| anyhow::Error::from(missing()))?;
    let done = ops::end(&api.app, id, &api.change(&visit.caller, fields.text("reason"))).await;
    answer((&api, &visit, &vt), done.map(|_| ()).map_err(Failure::from), steering::end(id), fields).await
}
