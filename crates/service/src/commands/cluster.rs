//! `cluster`: the two roles of a Ballista cluster, with the configuration of the service that asks it.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use vt_publication::engine::cluster::executor::{self, ExecutorPlace};
use vt_publication::engine::cluster::scheduler;

use crate::belonging::Store;
use crate::cli::cluster::{ClusterCommand, ExecutorArgs, SchedulerArgs};
use crate::config::{Config, ConfigError};
use crate::exit::{Exit, Usage};
use crate::progress::say;
use crate::{signals, stores};

pub(super) async fn run(what: &ClusterCommand, directory: &Path) -> Result<Exit> {
    let config = Config::load(directory)?;
    match what {
        ClusterCommand::Scheduler(args) => schedule(args, &config).await,
        ClusterCommand::Executor(args) => execute(args, &config).await,
    }
}

async fn schedule(args: &SchedulerArgs, config: &Config) -> Result<Exit> {
    warn_of_strangers(args.listen);
    let stop = signals::watch(None)?;
    say(&format!("scheduler at {}", args.listen));
    tokio::select! {
        ended = scheduler::serve(&config.engine, args.listen) => ended.map(|()| Exit::Done).map_err(Into::into),
        () = stop.cancelled() => Ok(Exit::Done),
    }
}

async fn execute(args: &ExecutorArgs, config: &Config) -> Result<Exit> {
    let Some(scheduler) = &config.engine.scheduler_url else {
        let rule = "is missing: an executor asks the scheduler that it names for work, such as df://10.0.0.5:50050";
        return Err(ConfigError::Rule { field: "engine.scheduler_url".into(), rule: rule.into() }.into());
    };
    if args.listen.ip().is_unspecified() && args.advertise.is_none() {
        let rule =
            "--advertise: say by which name or number others reach this machine; --listen names all of its addresses";
        return Err(Usage(rule.into()).into());
    }
    warn_of_strangers(args.listen);
    let task_port = match args.task_port {
        Some(port) => port,
        None => args.listen.port().checked_add(1).ok_or_else(|| Usage("--task-port: give one".into()))?,
    };
    let place = ExecutorPlace { listen: args.listen, task_port, advertise: args.advertise.clone() };
    let store = stores::open_existing(&config.store, Store::Private)?;
    say(&format!("executor at {}, of scheduler {scheduler}", args.listen));
    executor::serve(&config.engine, scheduler, &place, store).await?;
    Ok(Exit::Done)
}

/// Said once, where whoever set it up sees it.
fn warn_of_strangers(listen: SocketAddr) {
    if !listen.ip().is_loopback() {
        say(&format!(
            "{listen}: whoever reaches this port can have registrations counted and fetch the counts, and nothing is encrypted on the way: \
             keep it within a network of the cluster alone (docs/RUNBOOK.md)"
        ));
    }
}
