//! Whether a cluster can count: asked before each query, because a query without executors waits for ever.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::engine::{ClusterError, SchedulerUrl};

const PAUSE: Duration = Duration::from_millis(250);
/// An answer is one short line.
const MOST_BYTES: u64 = 4_096;

enum Answer {
    Ready,
    NoExecutor,
    Other(String),
}

/// Waits until the scheduler answers and has an executor, for so many seconds.
pub(super) async fn wait(url: &SchedulerUrl, seconds: u64) -> Result<(), ClusterError> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut last = ClusterError::NoScheduler { url: url.clone(), reason: "no answer".to_owned(), seconds };
    loop {
        match timeout_at(deadline, ask(url)).await {
            Ok(Ok(Answer::Ready)) => return Ok(()),
            Ok(Ok(Answer::NoExecutor)) => last = ClusterError::NoExecutor { url: url.clone(), seconds },
            Ok(Ok(Answer::Other(reason))) => last = ClusterError::NoScheduler { url: url.clone(), reason, seconds },
            Ok(Err(error)) => {
                last = ClusterError::NoScheduler { url: url.clone(), reason: error.to_string(), seconds };
            }
            Err(_) => return Err(last),
        }
        if timeout(deadline.saturating_duration_since(Instant::now()), sleep(PAUSE)).await.is_err() {
            return Err(last);
        }
    }
}

/// Asks once. The scheduler's port speaks HTTP beside gRPC.
async fn ask(url: &SchedulerUrl) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(format!("{}:{}", url.host, url.port)).await?;
    let question = format!("GET /readyz HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n", url.host, url.port);
    stream.write_all(question.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    // Another server that happens to listen there has no such words.
    let has_words = answer.contains("executors registered");
    Ok(match status {
        Some("200") if has_words => Answer::Ready,
        Some("503") if has_words => Answer::NoExecutor,
        _ => Answer::Other("something else answers there".to_owned()),
    })
}
