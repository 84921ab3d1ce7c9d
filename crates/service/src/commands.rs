//! The commands: each a thin layer over what tests call too.

mod alerts;
mod audit;
mod audit_log;
mod backfill;
mod backup;
mod cadence;
#[cfg(feature = "ballista")]
mod cluster;
mod config_check;
mod deliveries;
mod demo;
mod diff;
mod disclosure;
mod doctor;
mod erratum;
mod findings;
mod follow;
mod health;
mod housekeeping;
mod key;
mod ledger;
mod named;
mod place;
mod publish;
mod pull;
mod reach;
mod region;
mod regions;
mod rekey;
mod report;
mod reproduce;
mod run;
mod schedule;
mod serve;
mod simulate;
mod status;
mod token;
mod verify;
mod void;
mod who;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use vt_domain::{Clock, ManualClock, SystemClock};
use vt_ledger::LedgerError;
use vt_publication::PublicationError;
use vt_publication::engine::ClusterError;
use vt_publication::keys::KeyError;

use crate::app::App;
use crate::backfill::PlanError;
use crate::belonging::WrongStore;
use crate::cli::{Cli, Command, ConfigCommand, PreviewArgs, ScheduleCommand, StatusArgs};
use crate::config::{Config, ConfigError};
use crate::encryption::{self, RekeyRefused, WrongEncryption};
use crate::exit::{Exit, Usage};
use crate::keys::{MissingKey, RotationRefused, WrongKey, open_ring};
use crate::ops::{NotFound, Refused, Wrong};
use crate::output::Output;
use crate::problem::Problem;
use crate::progress::{Progress, say};
use crate::publishing::is_rule;
use crate::rehearsal::{RehearsalClock, only_on_its_own};
use crate::remote::Remote;
use crate::runlog;
use crate::signals;
use crate::stores::trial::Unfit;

use place::Place;

pub use demo::{Demo, DemoReport, Places, Stage};

/// Runs the command.
///
/// # Errors
/// What stopped it; [`exit_of`] gives the exit code.
pub async fn dispatch(cli: Cli) -> Result<Exit> {
    let output = Output::new(cli.json);
    let clock: Arc<dyn Clock> = match cli.rehearse_at {
        Some(instant) => Arc::new(RehearsalClock::at(instant)),
        None => Arc::new(SystemClock),
    };
    if let Some(server) = reach::server(&cli, std::env::var(reach::SERVER).ok())? {
        return Box::pin(far(&cli, output, &server)).await;
    }
    match &cli.command {
        Command::Demo(args) => demo::run(args, output, &cli.config).await,
        Command::Verify(args) => verify::run(args, output, &cli.config).await,
        Command::Audit(args) => audit::run(args, output).await,
        Command::Simulate(args) => simulate::run(args, output, clock).await,
        Command::Regions(args) => regions::run(args, output, &cli.config, clock.as_ref()),
        Command::Config(ConfigCommand::Check) => config_check::run(output, &cli.config, clock.as_ref()),
        Command::Key(what) => key::run(what, output, &cli.config, clock.as_ref()).await,
        Command::Ledger(what) => ledger::run(what, output, &cli.config, clock.as_ref()).await,
        Command::Disclosure(what) => disclosure::run(what, output),
        Command::Health(args) => health::run(args, output, &cli.config).await,
        Command::Backup(what) => backup::run(what, output, &cli.config, clock.as_ref()).await,
        Command::Doctor => doctor::run(output, &cli.config, clock, cli.rehearse_at.is_some()).await,
        Command::Diff(args) => diff::run(args, output, &cli.config).await,
        Command::Reproduce(args) => reproduce::run(args, output, &cli.config).await,
        Command::Rekey(args) => rekey::run(args, output, &cli.config, clock).await,
        #[cfg(feature = "ballista")]
        Command::Cluster(what) => Box::pin(cluster::run(what, &cli.config)).await,
        #[cfg(not(feature = "ballista"))]
        Command::Cluster(_) => Err(Usage(format!("cluster: {}", vt_publication::engine::WITHOUT_BALLISTA)).into()),
        Command::Serve => Box::pin(serve::run(&cli, clock)).await,
        _ => Box::pin(beside(&cli, output, clock)).await,
    }
}

/// Has a service far away carry a command out.
async fn far(cli: &Cli, output: Output, server: &str) -> Result<Exit> {
    if let Command::Status(StatusArgs { at: Some(_) }) = &cli.command {
        return Err(Usage("--at: only beside the ledger; a service tells what it is now".into()).into());
    }
    if let Command::Health(args) = &cli.command {
        return health::ask(args, output, server).await;
    }
    let remote = Remote::new(server)?;
    match &cli.command {
        Command::Diff(args) => diff::ask(args, output, &remote).await,
        Command::Run(who) => run::ask(who, output, &remote).await,
        _ => at(cli, output, &Place::There(remote)).await,
    }
}

/// The commands that work beside the ledger.
async fn beside(cli: &Cli, output: Output, clock: Arc<dyn Clock>) -> Result<Exit> {
    match &cli.command {
        Command::Pull(args) => pull::run(args, output, &open_with_key(cli, clock).await?).await,
        Command::Housekeeping(args) => housekeeping::run(args, output, &open(cli, clock).await?).await,
        Command::Run(who) => run::run(who, output, &open_with_key(cli, clock).await?).await,
        Command::Backfill(_) | Command::Publish(_) | Command::Erratum(_) => {
            at(cli, output, &Place::Here(Box::new(open_with_key(cli, clock).await?))).await
        }
        Command::Status(StatusArgs { at: Some(instant) })
        | Command::Schedule(ScheduleCommand::Preview(PreviewArgs { from: Some(instant), .. })) => {
            let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(*instant));
            at(cli, output, &Place::Here(Box::new(open(cli, clock).await?))).await
        }
        _ => at(cli, output, &Place::Here(Box::new(open(cli, clock).await?))).await,
    }
}

/// Carries out a command that steers or looks, wherever the ledger is.
async fn at(cli: &Cli, output: Output, place: &Place) -> Result<Exit> {
    match &cli.command {
        Command::Status(_) => status::run(output, place).await,
        Command::Deliveries(args) => deliveries::run(args, output, place).await,
        Command::Findings(args) => findings::run(args, output, place).await,
        Command::Report(args) => report::run(args, output, place).await,
        Command::Schedule(ScheduleCommand::Preview(args)) => schedule::preview(args, output, place).await,
        Command::Cadence(what) => cadence::run(what, output, place).await,
        Command::Region(what) => region::run(what, output, place).await,
        Command::Backfill(what) => Box::pin(backfill::run(what, output, place)).await,
        Command::Alerts(what) => alerts::run(what, output, place).await,
        Command::AuditLog(args) => audit_log::run(args, output, place).await,
        Command::Token(what) => token::run(what, output, place).await,
        Command::Erratum(what) => erratum::run(what, output, place).await,
        Command::Publish(args) => publish::run(args, output, place).await,
        Command::Void(args) => void::run(args, output, place).await,
        _ => Err(Usage("this command does not steer".into()).into()),
    }
}

async fn open(cli: &Cli, clock: Arc<dyn Clock>) -> Result<App> {
    let mut app = App::open(Config::load(&cli.config)?, &cli.config, clock).await?;
    app.rehearses = cli.rehearse_at.is_some();
    if app.rehearses {
        only_on_its_own(&app.ledger, app.clock.now()).await?;
    }
    // Only a service has nobody at the keyboard who would give the second signal.
    let deadline =
        matches!(cli.command, Command::Serve).then(|| Duration::from_secs(app.service.stop_deadline_seconds));
    app.stop = signals::watch(deadline)?;
    runlog::write_to(app.ledger.clone(), app.clock.clone());
    if !cli.json {
        app.progress = Progress::for_stderr();
    }
    Ok(app)
}

async fn open_with_key(cli: &Cli, clock: Arc<dyn Clock>) -> Result<App> {
    let ring = open_ring(&Config::load(&cli.config)?.key)?;
    open(cli, clock).await?.with_key(ring).await
}

/// Says what a rule refuses, here or far away, and gives its exit code; another error goes on.
fn refused(error: anyhow::Error) -> Result<Exit> {
    let by_service = error.downcast_ref::<Problem>().is_some_and(|problem| problem.status == 409);
    if !by_service && !error.is::<Refused>() {
        return Err(error);
    }
    say(&format!("refused: {error}"));
    Ok(Exit::Refused)
}

/// The exit code of an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    let caused = |is: fn(&(dyn std::error::Error + 'static)) -> bool| error.chain().any(is);
    if caused(|cause| {
        cause.is::<ConfigError>()
            || cause.is::<KeyError>()
            || cause.is::<WrongKey>()
            || cause.is::<WrongEncryption>()
            || cause.is::<Unfit>()
    }) {
        return Exit::Config;
    }
    if caused(encryption::is_locked) {
        return Exit::Config;
    }
    if let Some(missing) = error.chain().find_map(|cause| cause.downcast_ref::<MissingKey>()) {
        return missing.exit();
    }
    if let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<RotationRefused>()) {
        return refused.exit();
    }
    if let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<RekeyRefused>()) {
        return refused.exit();
    }
    if caused(|cause| cause.is::<Usage>() || cause.is::<Wrong>() || cause.is::<NotFound>()) {
        return Exit::Usage;
    }
    if caused(|cause| cause.is::<Refused>() || cause.is::<WrongStore>()) {
        return Exit::Refused;
    }
    if let Some(problem) = error.chain().find_map(|cause| cause.downcast_ref::<Problem>()) {
        return problem.exit();
    }
    if let Some(plan) = error.chain().find_map(|cause| cause.downcast_ref::<PlanError>()) {
        return if matches!(plan, PlanError::Moved(_)) { Exit::Refused } else { Exit::Usage };
    }
    if let Some(ledger) = error.chain().find_map(|cause| cause.downcast_ref::<LedgerError>()) {
        return who::exit_of(ledger);
    }
    if let Some(fault) = error.chain().find_map(backup::exit_of) {
        return fault;
    }
    if let Some(fault) = error.chain().find_map(disclosure::exit_of) {
        return fault;
    }
    let publication = error.chain().find_map(|cause| cause.downcast_ref::<PublicationError>());
    if let Some(PublicationError::EngineConfig { .. } | PublicationError::Cluster(ClusterError::Encrypted)) =
        publication
    {
        return Exit::Config;
    }
    if publication.is_some_and(is_rule) { Exit::Refused } else { Exit::Failed }
}
