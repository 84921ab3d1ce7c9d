//! `serve`: runs unattended.

use std::sync::Arc;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use vt_domain::Clock;

use crate::api::{Api, Bound};
use crate::cli::Cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::serve::serve;
use crate::signals;

pub(super) async fn run(cli: &Cli, clock: Arc<dyn Clock>) -> Result<Exit> {
    // First of all: a SIGHUP ends no service, not even one that begins.
    let hangup = signals::on_hangup()?;
    let mut app = super::open_with_key(cli, clock).await?;
    // It tells what it does in its log.
    app.progress = Progress::quiet();
    let config = Config::load(&cli.config)?.api;
    let bound = Bound::of(&config).await?;
    // The API goes when the work has come to its safe point, so that its readers see the end.
    let closed = CancellationToken::new();
    let listening = async {
        let Some(bound) = bound else { return Ok(()) };
        tracing::info!(address = %bound.address()?, tls = config.tls.is_some(), "the API listens");
        let served = bound.serve(Api::new(app.clone(), &config), closed.clone(), hangup).await;
        if served.is_err() {
            // A service that nobody can steer is no service: it ends, and is started anew.
            app.stop.cancel();
        }
        served
    };
    let working = async {
        let exit = Box::pin(serve(&app)).await;
        app.orders.close();
        app.orders.wait().await;
        closed.cancel();
        exit
    };
    let (listened, exit) = tokio::join!(listening, working);
    listened?;
    exit
}
