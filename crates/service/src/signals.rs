//! Two-stage shutdown: the first SIGINT or SIGTERM stops at the next safe point, the second at once. SIGHUP has a service read its
//! certificate again.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::progress::say;

/// Watches for signals; the token is cancelled by the first. What has not come to a safe point `deadline` later is ended as by
/// a second one.
///
/// # Errors
/// When the handlers can't be installed.
pub fn watch(deadline: Option<Duration>) -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = stop.clone();
    tokio::spawn(async move {
        next(&mut interrupt, &mut terminate).await;
        say("stopping at the next safe point; once more to stop at once (nothing is lost either way)");
        token.cancel();
        let second = next(&mut interrupt, &mut terminate);
        match deadline {
            Some(deadline) => {
                if tokio::time::timeout(deadline, second).await.is_err() {
                    say("no safe point was reached in time: stopped at once");
                }
            }
            None => second.await,
        }
        std::process::exit(Exit::Interrupted as i32);
    });
    Ok(stop)
}

/// Told at each SIGHUP, which ends the process no more from here on.
///
/// # Errors
/// When the handler can't be installed.
pub fn on_hangup() -> std::io::Result<Arc<Notify>> {
    let mut hangup = signal(SignalKind::hangup())?;
    let told = Arc::new(Notify::new());
    let tells = Arc::clone(&told);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            tracing::info!("SIGHUP: the certificate of the API is read again, where there is one");
            tells.notify_one();
        }
    });
    Ok(told)
}

async fn next(interrupt: &mut tokio::signal::unix::Signal, terminate: &mut tokio::signal::unix::Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
