//! `serve`: runs unattended.

use std::sync::Arc;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use vt_domain::Clock;

use crate::api::{Api, listen};
use crate::cli::Cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::serve::serve;

pub(super) async fn run(cli: &Cli, clock: Arc<dyn Clock>) -> Result<Exit> {
    let mut app = super::open_with_key(cli, clock).await?;
    // It tells what it does in its log.
    app.progress = Progress::quiet();
    let api = Config::load(&cli.config)?.api;
    // The API goes when the work has come to its safe point, so that its readers see the end.
    let closed = CancellationToken::new();
    let listening = listen(Api::new(app.clone(), &api), &api, closed.clone(), |address| {
        tracing::info!(%address, tls = api.tls.is_some(), "the API listens");
    });
    let working = async {
        let exit = serve(&app).await;
        closed.cancel();
        exit
    };
    let (listened, exit) = tokio::join!(listening, working);
    listened?;
    exit
}
