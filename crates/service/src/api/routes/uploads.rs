//! Deliveries by hand.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change;
use crate::access::Caller;
use crate::api::Api;
use crate::api::extract::{Answer, ApiError, Asked, At};
use crate::ops;
use crate::problem::Problem;
use crate::uploading::{HEADER, receive};
use crate::views::UploadView;

pub fn own() -> OpenApiRouter<Api> {
    // Bodies are capped while they are read, file by file, by the limits of the region.
    OpenApiRouter::new().routes(routes!(upload)).layer(DefaultBodyLimit::disable())
}

/// How it is delivered.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct How {
    /// Only check it: nothing is kept.
    #[serde(default)]
    draft: bool,
}

/// A delivery by hand, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read as it streams in")]
struct UploadForm {
    /// The adviezen; the name of the file ends in .csv or .ndjson, then maybe in .gz or .zst.
    #[schema(value_type = String, format = Binary)]
    advies: Vec<u8>,
    /// The meldingen, alike.
    #[schema(value_type = String, format = Binary)]
    melding: Vec<u8>,
    /// The vervolgdiensten, alike.
    #[schema(value_type = String, format = Binary)]
    vervolgdienst: Vec<u8>,
    /// The month delivered.
    #[schema(example = "2020-07")]
    leveringsmaand: String,
    /// The number, or `next` (also when absent): the next one of the month, but the newest when that has these very files.
    levering_nr: Option<String>,
    /// volledig (when absent), tussentijds or correctie.
    soort: Option<String>,
    /// The last day that is covered; the last of the month when absent. Needed for tussentijds.
    tot_en_met: Option<String>,
    /// The registration system, at most 60 characters.
    bronsysteem: String,
    /// Why, for the audit log.
    reason: Option<String>,
}

/// Deliver by hand, or (`draft=true`) see what the checks say without delivering. Give it again when no answer came: the same files are the same delivery.
#[utoipa::path(post, path = "/v1/regions/{vt}/uploads", tag = "regions",
    params(("vt" = String, Path, example = "VT07"), How),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = UploadView),
        (status = 400, description = "The form is cut off", body = Problem, content_type = "application/problem+json")))]
async fn upload(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    At(vt): At<String>,
    Asked(how): Asked<How>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer<UploadView> {
    let form =
        form.map_err(|_| ApiError(Problem::new(415, "give the body as multipart/form-data, with its boundary")))?;
    let mut texts = Vec::new();
    let files = receive(&api.app, &vt, form, &mut texts).await?;
    if let Some((name, _)) = texts.iter().find(|(name, _)| name != "reason" && !HEADER.contains(&name.as_str())) {
        // A header field that is written wrong must not be judged as one that was left out.
        return Err(ApiError(Problem::of_field(name, "no field of a delivery; /v1/openapi.json lists them")));
    }
    let reason = texts.iter().find(|(name, _)| name == "reason").map_or("", |(_, text)| text);
    let change = change(&api, &caller, reason);
    Ok(Json(match how.draft {
        true => ops::check_draft(&api.app, &vt, files, &change).await?,
        false => ops::upload(&api.app, &vt, files, &change).await?,
    }))
}
