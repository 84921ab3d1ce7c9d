//! The bodies of answers: files whole or in part, slow or cut, and what comes in their place.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, StreamExt};

use crate::faults::{ERROR_PAGE_TITLE, RetryAfterForm};
use crate::produce::ProducedFile;

/// How a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// At once.
    Whole,
    /// In pieces with a pause after each.
    Drip {
        /// Bytes a piece.
        bytes: usize,
        /// Pause.
        pause_ms: u64,
    },
    /// Up to the half of the file; then the connection breaks.
    Cut,
}

/// What a `Range` header asks of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// All of it: no header, or one that we need not obey.
    All,
    /// These bytes.
    Part(std::ops::Range<usize>),
    /// Bytes that it does not have.
    Beyond,
}

/// One range of bytes (RFC 9110, section 14.1.2): `bytes=10-`, `bytes=10-19`, `bytes=-5`. Several are answered with the whole file.
fn asked(range: Option<&str>, length: usize) -> Asked {
    let Some(spec) = range.and_then(|range| range.strip_prefix("bytes=")) else { return Asked::All };
    let Some((first, last)) = spec.split_once('-') else { return Asked::All };
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        _ => return Asked::All,
    };
    if range.start < length { Asked::Part(range) } else { Asked::Beyond }
}

/// A file, with `ETag`, and with `Range` where the server has it.
pub fn file(headers: &HeaderMap, file: &ProducedFile, ranges: bool, delivery: Delivery) -> Response {
    let tag = format!("\"{}\"", file.sha256);
    let value = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if value(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let unchanged = value(header::IF_RANGE).is_none_or(|known| known == tag);
    let length = file.bytes.len();
    let asked = if ranges && unchanged { asked(value(header::RANGE), length) } else { Asked::All };
    let (status, range) = match asked {
        Asked::All => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Beyond => {
            return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{length}"))])
                .into_response();
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ETAG, tag)
        .header(header::ACCEPT_RANGES, if ranges { "bytes" } else { "none" })
        .header(header::CONTENT_LENGTH, range.len());
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    let body = body(file.bytes.slice(range.clone()), (length / 2).saturating_sub(range.start), delivery);
    response.body(body).unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "storing"))
}

/// The body; `to_half`: how many of its bytes lie before the file's half.
fn body(bytes: Bytes, to_half: usize, delivery: Delivery) -> Body {
    match delivery {
        Delivery::Whole => Body::from(bytes),
        Delivery::Drip { bytes: piece, pause_ms } => {
            let pieces: Vec<Bytes> =
                (0..bytes.len()).step_by(piece).map(|at| bytes.slice(at..bytes.len().min(at + piece))).collect();
            Body::from_stream(stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                Ok::<_, io::Error>(piece)
            }))
        }
        Delivery::Cut => {
            let sent = bytes.slice(..to_half.min(bytes.len()));
            let breaks = stream::once(async {
                // What was sent must leave before the connection is closed.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut on request"))
            });
            Body::from_stream(stream::iter([Ok(sent)]).chain(breaks))
        }
    }
}

/// An answer without data: a status and a code.
pub fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(serde_json::json!({ "fout": code }))).into_response()
}

/// Status 429 with `Retry-After`.
pub fn too_many_requests(seconds: u32, form: RetryAfterForm, now: DateTime<Utc>) -> Response {
    let after = match form {
        RetryAfterForm::Seconds => seconds.to_string(),
        RetryAfterForm::HttpDate => http_date(now + TimeDelta::seconds(seconds.into())),
    };
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, after)], "").into_response()
}

/// An HTML page with status 200, as a proxy in front of a broken service sends it.
pub fn error_page() -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"nl\"><head><title>{ERROR_PAGE_TITLE}</title></head><body><h1>{ERROR_PAGE_TITLE}</h1></body></html>\n"
    );
    Html(page).into_response()
}

/// An instant as in HTTP headers: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(instant: DateTime<Utc>) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(asked(None, 100), Asked::All);
        assert_eq!(asked(Some("bytes=10-"), 100), Asked::Part(10..100));
        assert_eq!(asked(Some("bytes=10-19"), 100), Asked::Part(10..20));
        assert_eq!(asked(Some("bytes=10-1000"), 100), Asked::Part(10..100));
        assert_eq!(asked(Some("bytes=-5"), 100), Asked::Part(95..100));
        assert_eq!(asked(Some("bytes=100-"), 100), Asked::Beyond);
        for odd in ["bytes=9-3", "bytes=a-b", "items=1-2", "bytes=-", "bytes=0-1,5-6"] {
            assert_eq!(asked(Some(odd), 100), Asked::All, "{odd}");
        }
    }

    #[test]
    fn dates_are_written_as_http_does() {
        assert_eq!(http_date("1994-11-06T08:49:37Z".parse().unwrap()), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
