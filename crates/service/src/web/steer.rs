//! The few things that are decided about the work and about regions: a round now, a pause, an outage, more time.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Extension, Router};

use super::fields::Fields;
use super::frame::Answer;
use super::session::Visit;
use crate::api::Api;
use crate::ops::{self, Arrange, ArrangeKind};

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
    ops::request_round(&api.app, &api.change(&visit.caller, fields.text("reason"))).await?;
    Ok(Redirect::to("/overzicht?gedaan=run").into_response())
}

async fn done(api: &Api, vt: &str) -> Answer {
    api.shown.forget();
    Ok(Redirect::to(&format!("/regio/{vt}?gedaan=ja")).into_response())
}

async fn pause(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    ops::pause(&api.app, &vt, &api.change(&visit.caller, fields.text("reason"))).await?;
    done(&api, &vt).await
}

async fn resume(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    ops::resume(&api.app, &vt, &api.change(&visit.caller, fields.text("reason"))).await?;
    done(&api, &vt).await
}

async fn outage(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    arrange(&api, &visit, vt, ArrangeKind::Outage, &fields).await
}

async fn extension(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(vt): Path<String>,
    fields: Fields,
) -> Answer {
    arrange(&api, &visit, vt, ArrangeKind::Extension, &fields).await
}

async fn arrange(api: &Api, visit: &Visit, vt: String, kind: ArrangeKind, fields: &Fields) -> Answer {
    let reason = fields.text("reason").to_owned();
    let owner = Some(fields.text("owner").to_owned()).filter(|owner| !owner.is_empty());
    let (maand, from) = (fields.optional("maand")?, fields.optional("from")?);
    let until = fields.required("until")?;
    let asked = Arrange { kind, vt, maand, from, until, owner, reason: reason.clone() };
    ops::arrange(&api.app, &asked, &api.change(&visit.caller, &reason)).await?;
    done(api, &asked.vt).await
}

async fn end(
    State(api): State<Api>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    let ended = ops::end(&api.app, id, &api.change(&visit.caller, fields.text("reason"))).await?;
    done(&api, &ended.vt).await
}
