//! Whoever connects and means no good: slowly, too often, too much, or in a way of its own. Over a real connection, with short limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Desk;
use crate::api::{ApiConfig, ApiLimits, Bound};

/// A service at a free port.
struct Door {
    desk: Desk,
    address: SocketAddr,
    _stop: DropGuard,
}

impl Door {
    async fn open(limits: ApiLimits) -> Self {
        let config = ApiConfig { listen: Some(([127, 0, 0, 1], 0).into()), limits, ..ApiConfig::default() };
        let desk = Desk::with(&config, |_| {}).await;
        let bound = Bound::of(&config).await.unwrap().unwrap();
        let (address, stop) = (bound.address().unwrap(), CancellationToken::new());
        tokio::spawn(bound.serve(desk.api.clone(), stop.clone(), Arc::new(Notify::new())));
        Self { desk, address, _stop: stop.drop_guard() }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// What comes back on a connection until it is closed, and how long that took.
    async fn told(&self, sent: impl AsRef<[u8]>) -> (String, Duration) {
        let mut stream = self.connect().await;
        let begun = Instant::now();
        // The other side may have closed before all was sent.
        drop(stream.write_all(sent.as_ref()).await);
        (rest(&mut stream).await, begun.elapsed())
    }

    async fn is_well(&self) -> bool {
        self.told("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .0
            .starts_with("HTTP/1.1 200")
    }
}

/// What comes in until the connection is closed; a connection that stays open for long fails the test.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut text));
    drop(read.await.expect("the connection stays open"));
    String::from_utf8_lossy(&text).into_owned()
}

fn impatient() -> ApiLimits {
    ApiLimits { head_timeout_ms: 400, body_timeout_ms: 400, write_timeout_ms: 400, ..ApiLimits::default() }
}

fn statuses(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.1 ").filter_map(|(at, _)| text.get(at + 9..at + 12)).collect()
}

#[tokio::test]
async fn whoever_says_nothing_or_drips_a_head_is_not_waited_for() {
    let door = Door::open(impatient()).await;
    for beginning in ["", "G", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "PRI * HTTP/2.0\r\n"] {
        let (told, took) = door.told(beginning).await;
        assert!(took < Duration::from_secs(10), "{beginning:?}: {took:?}");
        assert!(!told.contains("HTTP/1.1 200"), "{told}");
    }
    // One that sends a line now and then has a head that is late all the same.
    let mut stream = door.connect().await;
    let begun = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    while begun.elapsed() < Duration::from_secs(20) && stream.write_all(b"X-A: b\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(door.is_well().await);
}

#[tokio::test]
async fn a_connection_that_stands_idle_after_its_answer_is_closed() {
    let door = Door::open(impatient()).await;
    let (told, took) = door.told("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(statuses(&told), ["200"]);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_body_that_drips_is_refused_whether_it_came_in_or_not() {
    let door = Door::open(impatient()).await;
    let token = door.desk.token("operator").await;
    let head = |path: &str, kind: &str| {
        let told = format!("Authorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: 1000");
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{told}\r\n\r\n")
    };
    for (path, kind) in [
        ("/v1/cadence", "application/json"),
        ("/v1/cadence", "multipart/form-data; boundary=x"),
        ("/inloggen", "application/x-www-form-urlencoded"),
        ("/inloggen", "multipart/form-data; boundary=x"),
    ] {
        let mut stream = door.connect().await;
        let begun = Instant::now();
        stream.write_all(head(path, kind).as_bytes()).await.unwrap();
        while begun.elapsed() < Duration::from_secs(20) && stream.write_all(b" ").await.is_ok() {
            let mut byte = [0; 3];
            let answered = tokio::time::timeout(Duration::from_millis(50), stream.read_exact(&mut byte)).await;
            if answered.is_ok() {
                break;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{path} {kind}: {:?}", begun.elapsed());
    }
    let (told, _) = door.told(head("/v1/cadence", "application/json")).await;
    assert_eq!(statuses(&told), ["408"], "{told}");
    assert!(told.contains("application/problem+json"), "{told}");
    let (told, _) = door.told(head("/inloggen", "application/x-www-form-urlencoded")).await;
    assert_eq!(statuses(&told), ["408"], "{told}");
    assert!(told.contains("niet op tijd"), "{told}");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let door = Door::open(impatient()).await;
    let mut stream = door.connect().await;
    let asked = "GET /vast/htmx.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    drop(tokio::time::timeout(Duration::from_secs(5), stream.write_all(asked.as_bytes())).await);
    // Nothing is read: the service stops writing and closes, which whoever reads at last sees.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut taken = 0;
    let mut piece = vec![0; 1 << 20];
    while let Ok(Ok(count @ 1..)) = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut piece)).await {
        taken += count;
    }
    let whole = 1_000 * include_str!("../../web/assets/htmx.min.js").len();
    assert!(taken < whole, "{taken} of {whole} bytes");
    assert!(door.is_well().await);
}

#[tokio::test]
async fn more_connections_than_may_are_closed_and_places_come_free() {
    let limits = ApiLimits { connections: 6, connections_per_address: 4, head_timeout_ms: 60_000, ..impatient() };
    let door = Door::open(limits).await;
    let mut inside = Vec::new();
    for _ in 0..4 {
        let mut stream = door.connect().await;
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        inside.push(stream);
    }
    let (told, took) = door.told("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(told.is_empty() && took < Duration::from_secs(10), "{told} {took:?}");
    inside.pop();
    let begun = Instant::now();
    while !door.is_well().await {
        assert!(begun.elapsed() < Duration::from_secs(10), "no place came free");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn heads_that_are_too_large_or_mean_two_things_are_refused() {
    let door = Door::open(impatient()).await;
    let get = |more: &str| format!("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n");
    let cookies = format!("Cookie: {}\r\n", "vt_monitor_sessie=x; ".repeat(4_000));
    assert_eq!(statuses(&door.told(get(&cookies)).await.0), ["431"]);
    let many: String = (0..200).map(|n| format!("X-{n}: a\r\n")).collect();
    assert_eq!(statuses(&door.told(get(&many)).await.0), ["431"]);
    let post =
        |more: &str, body: &str| format!("POST /inloggen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n{body}");
    let hidden = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    for smuggling in [
        post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcdef"),
        post("Content-Length: +5\r\n", "abcde"),
        post("Content-Length: 5, 6\r\n", "abcdef"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", &format!("0\r\n\r\n{hidden}")),
        post("Transfer-Encoding: xchunked\r\n", &format!("0\r\n\r\n{hidden}")),
        post("Transfer-Encoding : chunked\r\n", &format!("0\r\n\r\n{hidden}")),
        post("Transfer-Encoding: chunked\r\n", &format!("fffffffffffffffff\r\n{hidden}")),
        post("X: a\rContent-Length: 0\r\n", hidden),
        post(" Content-Length: 0\r\n", hidden),
        "GET /health/live\r\n\r\n".to_owned(),
        "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Y\0Z: a\r\n\r\n".to_owned(),
        "GET /health/\rlive HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let told = door.told(&smuggling).await.0;
        let answers = statuses(&told);
        assert!(answers.is_empty() || answers == ["400"], "{smuggling:?}: {told}");
    }
    // Both at once: the length is passed over and the chunks count, after which nothing more is read of the connection.
    let both = post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", &format!("0\r\n\r\n{hidden}"));
    assert!(statuses(&door.told(both).await.0).len() <= 1);
    let twice = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2) + &get("");
    assert_eq!(statuses(&door.told(twice).await.0), ["200", "200", "200"], "one after the other is answered in order");
}

#[tokio::test]
async fn who_is_asked_for_decides_nothing_and_nothing_asked_stands_in_a_header() {
    let door = Door::open(impatient()).await;
    let told = door
        .told(
            "GET / HTTP/1.1\r\nHost: evil.example.nl\r\nX-Forwarded-Host: evil.example.nl\r\nConnection: close\r\n\r\n",
        )
        .await
        .0;
    assert!(told.contains("location: /") && !told.contains("evil"), "{told}");
    for path in [
        "/%0d%0aSet-Cookie:%20a=b",
        "/inloggen?naar=%2F%0d%0aSet-Cookie:%20a=b",
        "/regio/VT07%0d%0aX:%20y",
        "//evil.example.nl/%2e%2e",
    ] {
        let told = door.told(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await.0;
        let (head, _) = told.split_once("\r\n\r\n").unwrap();
        let lines: Vec<&str> = head.lines().collect();
        assert!(
            !lines.iter().any(|line| line.to_lowercase().starts_with("set-cookie") || line.starts_with("x:")),
            "{head}"
        );
        assert!(!head.contains("location: //"), "{head}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let door = Door::open(impatient()).await;
    let token = door.desk.token("operator").await;
    let head = |path: &str, length: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        )
    };
    for (path, length) in [("/v1/cadence", 9 << 20), ("/inloggen", 70 << 10), ("/v1/cadence", u64::MAX >> 1)] {
        let (told, took) = door.told(head(path, &format!("Content-Length: {length}"))).await;
        assert_eq!(statuses(&told), ["413"], "{path}: {told}");
        assert!(took < Duration::from_secs(10));
    }
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20)).repeat(9);
    let (told, _) = door.told(head("/v1/cadence", "Transfer-Encoding: chunked") + &chunk).await;
    assert!(statuses(&told).first().is_none_or(|status| *status == "413"), "{told}");
}
