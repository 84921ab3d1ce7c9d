//! Arguments of the roles of a cluster.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

/// The roles of a cluster.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Plan what the service asks, and give the parts to executors; one for a cluster
    ///
    /// Asks nobody who he is, and speaks without TLS: let only the service and the executors reach it. Reads nothing of the private
    /// store and needs no key and no credentials. Ends at SIGTERM or Ctrl-C; queries that are under way fail, and are asked again.
    Scheduler(SchedulerArgs),
    /// Count the parts that the scheduler of `engine.scheduler_url` gives, from the registrations in the private store
    ///
    /// Needs the private store of the configuration, a bucket, for reading registrations only; no key and no ledger. Takes
    /// `engine.memory_mib` and `engine.partitions` for itself; what does not fit in memory lies below `engine.spill_dir`, closed to
    /// other users, and is removed at the end. Ends at SIGTERM or Ctrl-C when the parts at hand are counted.
    Executor(ExecutorArgs),
}

/// Arguments of `cluster scheduler`.
#[derive(Debug, Args)]
pub struct SchedulerArgs {
    /// Where it listens; only an address of a network that nobody else is in
    #[arg(long, default_value = "127.0.0.1:50050")]
    pub listen: SocketAddr,
}

/// Arguments of `cluster executor`.
#[derive(Debug, Args)]
pub struct ExecutorArgs {
    /// Where it listens for those who fetch what it counted; only an address of a network that nobody else is in
    #[arg(long, default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// The port at which the scheduler gives it parts; the one after that of --listen when not given
    #[arg(long)]
    pub task_port: Option<u16>,
    /// The name or number by which scheduler, service and other executors reach it; that of --listen when not given
    #[arg(long)]
    pub advertise: Option<String>,
}
