//! As much of HTTP as starting a server takes: one request, one answer, no TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(10);

/// What a server said.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Asks without a body.
pub(crate) fn ask(method: &str, url: &Url, headers: &[(&str, &str)]) -> Result<Answer> {
    let (host, port) = (url.host_str().context("no host")?, url.port_or_known_default().context("no port")?);
    let mut stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}:{port}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no HTTP")?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Ok(Answer { status, headers, body: body.to_owned() })
}

/// Whether something listens there; of one with TLS more can't be told here.
pub(crate) fn answers(url: &Url) -> bool {
    if url.scheme() == "https" {
        let address = url.socket_addrs(|| None).ok().and_then(|found| found.first().copied());
        return address.is_some_and(|address| TcpStream::connect(address).is_ok());
    }
    ask("GET", url, &[]).is_ok_and(|answer| answer.status < 500)
}
