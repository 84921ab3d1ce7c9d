//! Requests and answers of a region's service.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawForm, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use vt_domain::Month;

use super::answer::{Delivery, error_page, file, http_date, refusal, too_many_requests};
use super::region::Region;
use crate::faults::{At, Fault};

/// The service of a region.
pub fn router(region: Arc<Region>) -> Router {
    let private = Router::new()
        .route("/v1/leveringen", get(listing))
        .route("/v1/leveringen/{maand}/{nr}/{naam}", get(download))
        .layer(from_fn_with_state(region.clone(), admit));
    let public = Router::new().route("/oauth/token", post(token));
    private.merge(public).layer(from_fn_with_state(region.clone(), date)).with_state(region)
}

/// Dates every answer by the simulator's clock, so that `Retry-After` as a date makes sense beside it.
async fn date(State(region): State<Arc<Region>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&http_date(region.now())) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

async fn admit(State(region): State<Arc<Region>>, request: Request, next: Next) -> Response {
    if region.gate().admits(text(request.headers(), header::AUTHORIZATION)) {
        return next.run(request).await;
    }
    let mut response = refusal(StatusCode::UNAUTHORIZED, "niet_bevoegd");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"leveringen\""));
    response
}

async fn token(State(region): State<Arc<Region>>, headers: HeaderMap, RawForm(form): RawForm) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
    let answered = region.gate().issue(text(&headers, header::AUTHORIZATION), &form);
    let mut response = match answered {
        Ok(token) => Json(token).into_response(),
        Err(code) => {
            let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            (status, Json(serde_json::json!({ "error": code }))).into_response()
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn listing(State(region): State<Arc<Region>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "maand");
    let Some(month) = asked.and_then(|(_, value)| value.parse::<Month>().ok()) else {
        return refusal(StatusCode::BAD_REQUEST, "maand_onbekend");
    };
    match region.fault(month) {
        Some(Fault::ServerError { times }) if region.strikes(month, times) => {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "storing");
        }
        Some(Fault::TooManyRequests { seconds, form }) if region.strikes(month, Some(1)) => {
            return too_many_requests(seconds, form, region.now());
        }
        Some(Fault::ErrorPage { at: At::Listing }) => return error_page(),
        Some(Fault::RedirectOtherHost { at: At::Listing }) => {
            return elsewhere(&headers, &format!("/v1/leveringen?{query}"));
        }
        _ => {}
    }
    // Making deliveries takes the processor for milliseconds: not on a thread that serves others.
    match tokio::task::spawn_blocking(move || region.listing(month)).await {
        Ok(listing) => Json(listing).into_response(),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "storing"),
    }
}

async fn download(
    State(region): State<Arc<Region>>,
    headers: HeaderMap,
    Path((maand, nr, naam)): Path<(String, String, String)>,
) -> Response {
    let (Ok(month), Ok(nr)) = (maand.parse::<Month>(), nr.parse::<u32>()) else {
        return refusal(StatusCode::NOT_FOUND, "onbekend");
    };
    let meldingen = naam.starts_with("melding.");
    let fault = region.fault(month).filter(|_| meldingen);
    match fault {
        Some(Fault::ErrorPage { at: At::File }) => return error_page(),
        Some(Fault::RedirectOtherHost { at: At::File }) => {
            return elsewhere(&headers, &format!("/v1/leveringen/{month}/{nr}/{naam}"));
        }
        _ => {}
    }
    let making = region.clone();
    let Ok(Some(found)) = tokio::task::spawn_blocking(move || making.file(month, nr, &naam)).await else {
        return refusal(StatusCode::NOT_FOUND, "onbekend");
    };
    region.sent(month, meldingen);
    let delivery = match fault {
        Some(Fault::ConnectionCut { times }) if region.strikes(month, times) => Delivery::Cut,
        Some(Fault::SlowDrip { bytes, pause_ms }) => {
            Delivery::Drip { bytes: bytes as usize, pause_ms: pause_ms.into() }
        }
        _ => Delivery::Whole,
    };
    file(&headers, &found, region.ranges(), delivery)
}

/// A redirect to this very server under another host name: who follows it, leaves the host, and would even find the data.
fn elsewhere(headers: &HeaderMap, path: &str) -> Response {
    let port = text(headers, header::HOST).and_then(|host| host.rsplit_once(':')).map_or("80", |(_, port)| port);
    let location = format!("http://localhost:{port}{path}");
    (StatusCode::FOUND, [(header::LOCATION, location)], Body::empty()).into_response()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
