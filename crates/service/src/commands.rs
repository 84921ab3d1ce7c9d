//! The commands: each a thin layer over what tests call too.

mod audit;
mod config_check;
mod deliveries;
mod demo;
mod diff;
mod disclosure;
mod doctor;
mod erratum;
mod findings;
mod housekeeping;
mod key;
mod named;
mod publish;
mod pull;
mod regions;
mod reproduce;
mod run;
mod simulate;
mod status;
mod verify;
mod void;

use std::sync::Arc;

use anyhow::Result;
use vt_domain::{Clock, ManualClock, SystemClock};
use vt_publication::PublicationError;
use vt_publication::keys::KeyError;

use crate::app::App;
use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::{Config, ConfigError};
use crate::exit::{Exit, Usage};
use crate::keys::{MissingKey, RotationRefused, WrongKey, open_ring};
use crate::output::Output;
use crate::progress::Progress;
use crate::publishing::is_rule;
use crate::signals;

pub use demo::{Demo, DemoReport, Stage};
pub use run::once;

/// Runs the command.
///
/// # Errors
/// What stopped it; [`exit_of`] gives the exit code.
pub async fn dispatch(cli: Cli) -> Result<Exit> {
    let output = Output::new(cli.json);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match &cli.command {
        Command::Demo(args) => demo::run(args, output).await,
        Command::Verify(args) => verify::run(args, output).await,
        Command::Audit(args) => audit::run(args, output).await,
        Command::Simulate(args) => simulate::run(args, output, clock).await,
        Command::Regions(args) => regions::run(args, output, &cli.config, clock.as_ref()),
        Command::Config(ConfigCommand::Check) => config_check::run(output, &cli.config, clock.as_ref()),
        Command::Key(what) => key::run(what, output, &cli.config, clock.as_ref()).await,
        Command::Disclosure(what) => disclosure::run(what, output),
        Command::Doctor => doctor::run(output, &cli.config, clock).await,
        Command::Pull(args) => pull::run(args, output, &open_with_key(&cli, clock).await?).await,
        Command::Publish(args) => publish::run(args, output, &open_with_key(&cli, clock).await?).await,
        Command::Void(args) => void::run(args, output, &open(&cli, clock).await?).await,
        Command::Erratum(what) => erratum::run(what, output, &open_with_key(&cli, clock).await?).await,
        Command::Diff(args) => diff::run(args, output, &cli.config).await,
        Command::Reproduce(args) => reproduce::run(args, output, &cli.config).await,
        Command::Housekeeping(args) => housekeeping::run(args, output, &open(&cli, clock).await?).await,
        Command::Run => run::run(output, &open_with_key(&cli, clock).await?).await,
        Command::Status(args) => {
            let clock = args.at.map_or(clock, |at| Arc::new(ManualClock::at(at)));
            status::run(output, &open(&cli, clock).await?).await
        }
        Command::Deliveries(args) => deliveries::run(args, output, &open(&cli, clock).await?).await,
        Command::Findings(args) => findings::run(args, output, &open(&cli, clock).await?).await,
    }
}

async fn open(cli: &Cli, clock: Arc<dyn Clock>) -> Result<App> {
    let mut app = App::open(Config::load(&cli.config)?, &cli.config, clock).await?;
    app.stop = signals::watch()?;
    if !cli.json {
        app.progress = Progress::for_stderr();
    }
    Ok(app)
}

async fn open_with_key(cli: &Cli, clock: Arc<dyn Clock>) -> Result<App> {
    let ring = open_ring(&Config::load(&cli.config)?.key)?;
    open(cli, clock).await?.with_key(ring).await
}

/// The exit code of an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let caused = |is: fn(&(dyn std::error::Error + 'static)) -> bool| error.chain().any(is);
    if caused(|cause| cause.is::<ConfigError>() || cause.is::<KeyError>() || cause.is::<WrongKey>()) {
        return Exit::Config;
    }
    if let Some(missing) = error.chain().find_map(|cause| cause.downcast_ref::<MissingKey>()) {
        return missing.exit();
    }
    if let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<RotationRefused>()) {
        return refused.exit();
    }
    if caused(|cause| cause.is::<Usage>()) {
        return Exit::Usage;
    }
    if let Some(fault) = error.chain().find_map(disclosure::exit_of) {
        return fault;
    }
    let publication = error.chain().find_map(|cause| cause.downcast_ref::<PublicationError>());
    if publication.is_some_and(is_rule) { Exit::Refused } else { Exit::Failed }
}
