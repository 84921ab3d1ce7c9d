//! A scripted HTTP server: says exactly the bytes a test wants, at the moment it wants them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// What a server does with a request.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

/// An answer: bytes and waits, and then the connection is closed.
#[derive(Debug, Clone, Default)]
pub struct Reply(Vec<Step>);

impl Reply {
    /// A complete answer with `Content-Length`; headers as `Name: value` lines.
    pub fn new(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Self {
        let length = format!("Content-Length: {}", body.as_ref().len());
        let mut headers = headers.to_vec();
        headers.push(&length);
        Self::head(status, &headers).send(body)
    }

    pub fn json(body: &serde_json::Value) -> Self {
        Self::new(200, &["Content-Type: application/json"], body.to_string())
    }

    /// Status line and headers only.
    pub fn head(status: u16, headers: &[&str]) -> Self {
        let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
        for header in headers {
            head += &format!("{header}\r\n");
        }
        Self::default().send(head + "\r\n")
    }

    pub fn send(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    /// A chunk of a body with `Transfer-Encoding: chunked`.
    pub fn chunk(self, bytes: &[u8]) -> Self {
        self.send(format!("{:x}\r\n", bytes.len())).send(bytes).send("\r\n")
    }

    pub fn wait_ms(mut self, ms: u64) -> Self {
        self.0.push(Step::Wait(Duration::from_millis(ms)));
        self
    }
}

type Script = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

/// A server on a free port of loopback; gone when dropped.
pub struct Server {
    pub base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// The script gets a request and how many came for the same path before.
    pub async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, Arc::new(script)).await
    }

    pub async fn start_tls(
        config: ServerConfig,
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(TlsAcceptor::from(Arc::new(config))), Arc::new(script)).await
    }

    async fn listen(tls: Option<TlsAcceptor>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let base = format!("{}://127.0.0.1:{port}", if tls.is_some() { "https" } else { "http" });
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, log, tls) = (Arc::clone(&script), Arc::clone(&log), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => answer(stream, script.as_ref(), &log).await,
                        // A handshake that fails is the client's business in these tests.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => answer(stream, script.as_ref(), &log).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { base, seen, task }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests for paths that end so.
    pub fn seen_for(&self, end: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path.ends_with(end)).collect()
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Script,
    log: &Mutex<Vec<Seen>>,
) -> Option<()> {
    let seen = read_request(&mut stream).await?;
    let reply = {
        let mut log = log.lock().unwrap();
        let earlier = log.iter().filter(|other| other.path == seen.path).count();
        log.push(seen.clone());
        script(&seen, earlier)
    };
    for step in reply.0 {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await.ok()?,
            Step::Wait(time) => {
                stream.flush().await.ok()?;
                tokio::time::sleep(time).await;
            }
        }
    }
    stream.shutdown().await.ok()
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut seen = Seen { path, headers, body: String::new() };
    let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
    Some(seen)
}
