//! One file from a region's API into the quarantine: resumed when the connection is cut, once more from the start when
//! the bytes are not those promised.

use bytes::Bytes;
use reqwest::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{Response, StatusCode};
use url::Url;
use vt_domain::delivery::FileEntry;

use crate::fetch::error::Fault;
use crate::fetch::http::{Http, refuse_page};
use crate::fetch::retry::Attempts;
use crate::fetch::sink::Sink;
use crate::fetch::tls::classify;
use crate::fetch::turns::Turns;

/// One file on its way in.
pub(super) struct Download<'a> {
    http: &'a Http,
    url: Url,
    file: &'a FileEntry,
    sink: Sink<'a>,
    resume: Resume,
}

/// Whether and how the server lets us go on where we were.
#[derive(Default)]
struct Resume {
    /// A strong `ETag`; with it the server sends the whole when the file has changed.
    etag: Option<HeaderValue>,
    /// It said that it does not, or answered a Range with another part.
    refused: bool,
}

impl<'a> Download<'a> {
    pub(super) fn new(http: &'a Http, url: Url, file: &'a FileEntry, sink: Sink<'a>) -> Self {
        Self { http, url, file, sink, resume: Resume::default() }
    }

    /// Fetches the file. When it fails, nothing of an unfinished upload stays behind.
    pub(super) async fn run(mut self, attempts: &mut Attempts<'_>, turns: &Turns) -> Result<(), Fault> {
        let mut second_chance = true;
        loop {
            let Err(mut fault) = attempts.make(turns, self.attempt()).await else { return Ok(()) };
            if fault.breaks_promise() {
                self.start_over().await;
                if std::mem::take(&mut second_chance) {
                    tracing::debug!(rule = fault.rule(), "not the promised bytes, fetching once more from the start");
                    continue;
                }
            }
            if let Fault::Cut { received } = &mut fault {
                *received = self.sink.received();
            }
            if let Err(fault) = attempts.pause(fault).await {
                self.sink.discard().await;
                return Err(fault);
            }
        }
    }

    async fn attempt(&mut self) -> Result<(), Fault> {
        if self.resume.refused {
            self.sink.discard().await;
        }
        let from = self.sink.received();
        if from > 0 && from == self.file.bytes {
            // Only the end of the transfer was lost.
            return self.sink.finish().await;
        }
        let mut response = self.http.get(&self.url, self.resume.headers(from)).await?;
        refuse_page(&response)?;
        self.accept(from, &response).await?;
        while let Some(chunk) = next_chunk(&mut response).await? {
            self.sink.write(chunk).await?;
        }
        self.sink.finish().await
    }

    /// Decides whether an answer continues what we have or begins anew.
    async fn accept(&mut self, from: u64, response: &Response) -> Result<(), Fault> {
        match response.status() {
            StatusCode::PARTIAL_CONTENT if from > 0 && continues(response, from, self.file.bytes) => return Ok(()),
            StatusCode::OK => {}
            _ => {
                self.start_over().await;
                self.resume.refused = true;
                return Err(Fault::Range);
            }
        }
        self.start_over().await;
        self.resume = Resume::read(response.headers());
        match response.content_length() {
            Some(length) if length != self.file.bytes => {
                Err(Fault::Size { promised: self.file.bytes, received: length })
            }
            _ => Ok(()),
        }
    }

    async fn start_over(&mut self) {
        self.sink.discard().await;
        self.resume = Resume::default();
    }
}

impl Resume {
    fn read(headers: &HeaderMap) -> Self {
        let strong = |etag: &&HeaderValue| etag.as_bytes().starts_with(b"\"");
        let etag = headers.get(ETAG).filter(strong).cloned();
        let refused = headers.get(ACCEPT_RANGES).is_some_and(|units| units == "none");
        Self { etag, refused }
    }

    /// Asks for the rest. Without an `ETag` too: the digest over the whole tells when the parts do not belong together.
    fn headers(&self, from: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if from == 0 || self.refused {
            return headers;
        }
        // Unwrap safety: digits and ASCII letters.
        headers.insert(RANGE, HeaderValue::try_from(format!("bytes={from}-")).unwrap());
        if let Some(etag) = &self.etag {
            headers.insert(IF_RANGE, etag.clone());
        }
        headers
    }
}

/// Whether a 206 holds the bytes from `from` to the promised end (RFC 9110, section 14.4).
fn continues(response: &Response, from: u64, promised: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let Some((range, total)) = range.and_then(|text| text.strip_prefix("bytes ")).and_then(|text| text.split_once('/'))
    else {
        return false;
    };
    let starts_here = range.split_once('-').is_some_and(|(start, _)| start.parse() == Ok(from));
    starts_here && (total == "*" || total.parse() == Ok(promised))
}

async fn next_chunk(response: &mut Response) -> Result<Option<Bytes>, Fault> {
    response.chunk().await.map_err(|error| classify(&error, 0))
}
