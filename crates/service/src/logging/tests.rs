//! Lines carry the number of their run, in both forms and whatever the filter; traces go where they are told to.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Instrument;
use vt_ledger::RunId;

use super::*;

/// Gathers what is logged.
#[derive(Clone, Default)]
struct Gathered(Arc<Mutex<Vec<u8>>>);

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged within a run and outside one, under a filter.
fn logged(filter: &str, format: LogFormat) -> Vec<String> {
    let gathered = Gathered::default();
    let writer = gathered.clone();
    let traces = Traces::default();
    let subscriber = subscriber(EnvFilter::new(filter), format, move || writer.clone(), &traces);
    tracing::subscriber::with_default(subscriber, || {
        let _run = runlog::span(RunId(17)).entered();
        let _deeper = tracing::info_span!("pull", region = "VT07").entered();
        tracing::warn!(class = "count", "pull failed");
        tracing::info!("done");
    });
    let bytes = gathered.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_line_of_a_run_carries_its_number() {
    for filter in ["info", "warn", "vt_monitor::logging=info"] {
        let lines = logged(filter, LogFormat::Json);
        assert_eq!(lines.len(), if filter == "warn" { 1 } else { 2 }, "{filter}: {lines:?}");
        for line in &lines {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["run"], 17, "{filter}: {line}");
        }
        let lines = logged(filter, LogFormat::Text);
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("run{id=17}")), "{filter}: {lines:?}");
    }
}

#[test]
fn a_line_outside_a_run_has_none() {
    let gathered = Gathered::default();
    let writer = gathered.clone();
    let traces = Traces::default();
    let subscriber = subscriber(EnvFilter::new("info"), LogFormat::Json, move || writer.clone(), &traces);
    tracing::subscriber::with_default(subscriber, || tracing::info!(at = "start", "leads"));
    let bytes = gathered.0.lock().unwrap().clone();
    let line: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert!(line.get("run").is_none() && line["message"] == "leads" && line["at"] == "start", "{line}");
}

/// Takes one request, answers it, and gives it whole.
fn one_request(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let begins = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        if request.len() >= begins + length.parse::<usize>().unwrap() || read == 0 {
            break;
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    request
}

#[test]
fn traces_of_a_run_go_to_a_collector() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let received = std::thread::spawn(move || one_request(&collector));
    let traces = Traces::to_address(&address).unwrap();
    let subscriber = subscriber(EnvFilter::new("off"), LogFormat::Json, std::io::sink, &traces);
    tracing::subscriber::with_default(subscriber, || {
        futures::executor::block_on(async {}.instrument(tracing::info_span!("pull", region = "VT07")));
        drop(runlog::span(RunId(17)).entered());
    });
    traces.hand_over();
    let request = received.join().unwrap();
    let text = String::from_utf8_lossy(&request);
    assert!(text.starts_with("POST /v1/traces HTTP/1.1"), "{text}");
    assert!(text.to_ascii_lowercase().contains("content-type: application/x-protobuf"), "{text}");
    for part in ["vt-monitor", "service.version", "pull", "VT07", "run"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
