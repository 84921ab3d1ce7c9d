//! The command line.

mod alerts;
mod backup;
pub mod cluster;
mod disclosure;
mod issues;
mod key;
mod ledger;
mod steer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use vt_domain::month::Month;
use vt_domain::period::Period;

pub use self::alerts::{AlertsCommand, AlertsListArgs, AlertsMuteArgs, AlertsTestArgs, AlertsUnmuteArgs};
pub use self::backup::{BackupCheckArgs, BackupCommand, BackupMakeArgs, BackupPart, BackupRestoreArgs};
pub use self::disclosure::{AttackArgs, AuditArgs, DisclosureCommand, RoundArgs};
pub use self::issues::{DiffArgs, ErratumArgs, ErratumCommand, IssueName, ReproduceArgs};
pub use self::key::{KeyCommand, KeyNewArgs, KeyNewEncryptionArgs, KeyPublicArgs, KeyRotateArgs, RekeyArgs};
pub use self::ledger::{LedgerCommand, LedgerCopyArgs, LedgerMigrateArgs};
pub use self::steer::{
    AuditLogArgs, BackfillApplyArgs, BackfillCommand, BackfillPlanArgs, BackfillRetryArgs, BackfillStatusArgs,
    BackfillSteerArgs, CadenceCommand, CadenceSetArgs, PreviewArgs, RegionCommand, RegionEndArgs, RegionExtendArgs,
    RegionOutageArgs, RegionPauseArgs, ScheduleCommand, TokenCommand, TokenEndSessionsArgs, TokenNewArgs,
    TokenRevokeArgs, Who, Why,
};

/// Timely, trustworthy figures on domestic violence and child abuse from the 26 Veilig Thuis regions.
///
/// Pulls monthly deliveries, checks them, aggregates them, protects them against disclosure and publishes
/// four-weekly snapshots. Try `vt-monitor demo` first: it needs no set-up.
#[derive(Debug, Parser)]
#[command(name = "vt-monitor", version, after_help = crate::exit::HELP)]
pub struct Cli {
    /// Folder with service.toml, regions.toml and disclosure.toml
    #[arg(long, global = true, default_value = "config", env = "VT_MONITOR_CONFIG")]
    pub config: PathBuf,
    /// What to log on standard error: error, warn, info, debug, trace, or a filter such as vt_intake=debug
    #[arg(long, global = true, default_value = "warn", env = "VT_MONITOR_LOG")]
    pub log: String,
    /// The form of the log
    #[arg(long, global = true, value_enum, default_value = "text", env = "VT_MONITOR_LOG_FORMAT")]
    pub log_format: crate::logging::LogFormat,
    /// Answer in JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Ask a service at this address (or that of VT_MONITOR_SERVER), in place of the ledger and stores here; its token in VT_MONITOR_TOKEN
    ///
    /// Works for status, deliveries, findings, report, schedule, cadence, region, backfill, alerts, audit-log, token, run, publish,
    /// void, erratum and diff. Other commands refuse it; the variable alone does not hinder those that look at no store of the
    /// configuration (demo, simulate, verify, audit, disclosure, regions, config, key new, key public).
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Pretend that it is this instant now, and go on from there: for rehearsals with `simulate`, on stores of their own
    #[arg(long, global = true, value_name = "INSTANT", env = "VT_MONITOR_REHEARSE_AT")]
    pub rehearse_at: Option<chrono::DateTime<chrono::Utc>>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole job with simulated regions and embedded defaults
    Demo(DemoArgs),
    /// Pull deliveries of a month, now
    Pull(PullArgs),
    /// Publish a period, now: its first issue, or with a reason its next one
    ///
    /// A longer period, such as 2020ISO, is published as the sum of its published parts. With the same deliveries there is
    /// nothing to do; a period gets at most one new issue a day.
    Publish(PublishArgs),
    /// Give up a reserved issue that can't be finished
    ///
    /// An issue is reserved before its first file is written, and whoever finds a reservation without a manifest finishes
    /// exactly that draft. When that can't be done any more, because another program version made it or other bytes stand in
    /// its place, every run says so and the period gets no further issue. Void, the issue is never finished: its number stays
    /// unused and its files are no snapshot, but its values still bind every later issue, because they may have been read.
    /// What was published can't be void.
    Void(VoidArgs),
    /// Pull what is due and publish what is due, once
    Run(Who),
    /// Run unattended: pull and publish at every wake, take up what operators decide, work off backfills
    ///
    /// Several instances may serve on one ledger: one leads, another takes over when it is gone. The first SIGTERM or Ctrl-C stops
    /// at the next safe point, the second at once.
    Serve,
    /// Look ahead: when the service wakes, and what will be due then
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Show or set how often is published
    #[command(subcommand)]
    Cadence(CadenceCommand),
    /// Pause a region, note an outage, give it longer for a month
    #[command(subcommand)]
    Region(RegionCommand),
    /// Pull months again on purpose, with a plan that says beforehand what that changes
    #[command(subcommand)]
    Backfill(BackfillCommand),
    /// Show what is wrong and who was told, and mute what is known
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// Let people and programs come in at the API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show who decided what, when and why; a change to it shows
    AuditLog(AuditLogArgs),
    /// Show which months and periods are there, late or due
    Status(StatusArgs),
    /// List the regions on a day
    Regions(RegionsArgs),
    /// List judged deliveries
    Deliveries(DeliveriesArgs),
    /// Show what the checks found in a region's month
    Findings(FindingsArgs),
    /// Show what a region is told of a delivery: spiegelrapport and kwaliteitsrapport
    Report(ReportArgs),
    /// Check a published store; needs only the published files
    Verify(VerifyArgs),
    /// Attack a published store as its readers could: what can be computed from everything in it together?
    ///
    /// Needs only the published files: works offline on a copy, without configuration, key or register. Proves for every
    /// published count, every difference of regions and every change between issues that it keeps at least five possible
    /// values, never all within 1 to 4. With --private also certifies the disclosure memory against all of it.
    ///
    /// Ends with 0 when the store is safe, with 6 when it is not or not all could be decided.
    Audit(AuditArgs),
    /// Tell readers something about a published issue, or retract it: a signed record beside the snapshots
    #[command(subcommand)]
    Erratum(ErratumCommand),
    /// Show what differs between two published issues
    Diff(DiffArgs),
    /// Render a published issue again from what was recorded, and compare every byte
    ///
    /// Needs the private store (or a copy of it) and the published store; solves nothing and needs no key. When another version of
    /// the program made the issue, its values are compared and that version is named.
    Reproduce(ReproduceArgs),
    /// Run the 26 simulated regions alone, to point a configuration at
    Simulate(SimulateArgs),
    /// Check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make the secret key, look at it by its fingerprint, or replace it
    #[command(subcommand)]
    Key(KeyCommand),
    /// Bring the ledger's schema up to date, or copy the ledger into another database
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Take everything in the private store over to the configured encryption key
    ///
    /// Encrypts what is not encrypted yet, and what takes an earlier key of [store.encryption]. May be stopped at any moment and repeated:
    /// each object is replaced at once, and can be read all the time. Stop `vt-monitor serve` first. See docs/KEYS.md.
    Rekey(RekeyArgs),
    /// Attack or protect any tables: what can a reader compute from them?
    #[command(subcommand)]
    Disclosure(DisclosureCommand),
    /// Remove what is past its term, and what crashes left
    ///
    /// Raw deliveries, registrations and, when configured, reservations are kept for the terms of `retention` in service.toml.
    /// Registrations that figures are counted from which are not definitief yet stay, whatever their age; what a crashed
    /// publication left goes when its issue is void. Published snapshots never go. `run` does this at its end.
    Housekeeping(HousekeepingArgs),
    /// Check configuration, files, clocks, stores, disks, key, ledger, API and regions, and say how to mend what is wrong
    ///
    /// Stores are tried: written, created a second time (which they must refuse), read back and removed; nothing stays. Ends with
    /// 0 when nothing is wrong, warnings or not, and with 4 otherwise.
    Doctor,
    /// Ask a service that runs whether it can do its work; for whoever watches a container
    ///
    /// Asks the service of this configuration on this machine, or the one at --server, and needs no token. Ends with 0 when it can,
    /// with 4 when it says that it can't, with 1 when it gives no answer.
    Health(HealthArgs),
    /// Take part in the Ballista cluster that counts where `engine.scheduler_url` names its scheduler
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// Copy ledger and stores to a folder, check such a copy, or bring it back
    #[command(subcommand)]
    Backup(BackupCommand),
}

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Only ask whether it lives: it does also when a store or the ledger is gone
    #[arg(long)]
    pub live: bool,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for everything the demo makes: published/, private/, ledger.sqlite (but with --ledger), key
    #[arg(long, default_value = "demo")]
    pub out: PathBuf,
    /// An empty database for the ledger, such as postgres://vt@localhost/demo, in place of the file in the folder
    #[arg(long, value_name = "URL")]
    pub ledger: Option<String>,
    /// First month
    #[arg(long, default_value = "2019-01")]
    pub from: Month,
    /// Last month
    #[arg(long, default_value = "2021-01")]
    pub to: Month,
    /// Seed of the simulated regions; also makes the demo's key
    #[arg(long, default_value_t = 2020)]
    pub seed: u64,
    /// Play a set of faults: regions that are late, broken, hostile or wrong
    #[arg(long)]
    pub faults: bool,
    /// Afterwards let regions correct what they delivered, and publish what changed again, so many times, a month apart
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10))]
    pub revisions: u32,
    /// Keep both stores there, under /published and /private, such as s3://bucket/prefix: reached as the section `store` of the configuration
    /// (--config) says, and the environment
    #[arg(long)]
    pub store: Option<String>,
    /// Encrypt the private store, with a key of its own in store.key; what is published stays the same
    #[arg(long)]
    pub encrypt: bool,
}

/// Arguments of `pull`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The month, such as 2020-07
    #[arg(long)]
    pub month: Month,
    /// Only this region, such as VT07; may be given several times
    #[arg(long = "region")]
    pub regions: Vec<String>,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The period, such as 2020W407
    #[arg(long)]
    pub period: Period,
    /// Publish before the deadline although regions lack days; they, and NL, stay empty in this issue
    #[arg(long, requires = "reason")]
    pub incomplete: bool,
    /// Why, for the record; needed for a new issue of a published period before its day
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `void`.
#[derive(Debug, Args)]
pub struct VoidArgs {
    /// The period, such as 2020W407
    #[arg(long)]
    pub period: Period,
    /// The number of the issue, as `status` shows it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub issue: u32,
    /// Why, for the record
    #[arg(long)]
    pub reason: String,
}

/// Arguments of `housekeeping`.
#[derive(Debug, Args)]
pub struct HousekeepingArgs {
    /// Remove nothing; say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Look at it as of this instant, such as 2021-02-12T06:00:00Z (a demo plays at a date of its own)
    #[arg(long)]
    pub at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Arguments of `regions`.
#[derive(Debug, Args)]
pub struct RegionsArgs {
    /// The day whose division is shown; today when not given
    #[arg(long)]
    pub on: Option<chrono::NaiveDate>,
}

/// Arguments of `deliveries`.
#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Only this region
    #[arg(long)]
    pub region: Option<String>,
    /// Only this month
    #[arg(long)]
    pub month: Option<Month>,
}

/// Arguments of `findings`.
#[derive(Debug, Args)]
pub struct FindingsArgs {
    /// The region
    #[arg(long)]
    pub region: String,
    /// The month
    #[arg(long)]
    pub month: Month,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The region, such as VT07
    pub region: String,
    /// The month, such as 2020-07
    pub month: Month,
    /// The number of the delivery; the newest when not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub nr: Option<u32>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The published store: a folder or an address such as s3://bucket/prefix, reached as the environment says; that of the
    /// configuration when not given
    pub store: Option<String>,
    /// Only this period
    #[arg(long)]
    pub period: Option<Period>,
    /// The public key that signatures must be of: a file (`vt-monitor key public --out`), or the line in it; may be given several
    /// times, for earlier keys. Take it from the publisher, not from the store
    #[arg(long = "public-key")]
    pub public_keys: Vec<String>,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Seed
    #[arg(long, default_value_t = 2020)]
    pub seed: u64,
    /// Faults, such as VT05@2020-03=truncated_gzip; may be given several times
    #[arg(long = "fault")]
    pub faults: Vec<String>,
    /// Write a regions.toml (and the secrets it refers to) for these regions into this folder
    #[arg(long)]
    pub write_config: Option<PathBuf>,
    /// The instant the regions believe it is; now when not given
    #[arg(long)]
    pub at: Option<chrono::DateTime<chrono::Utc>>,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read it, check it, and say what it means
    Check,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mute_is_of_a_rule_or_a_subject_and_either_will_do() {
        let mute = |more: &[&'static str]| {
            let all = ["vt-monitor", "alerts", "mute", "--until", "2020-08-13", "--reason", "r"];
            Cli::try_parse_from(all.iter().chain(more))
        };
        let error = mute(&[]).unwrap_err().to_string();
        assert!(error.contains("--subject") && error.contains("--rule"), "{error}");
        for more in
            [&["--rule", "disk_low"][..], &["--subject", "VT07"], &["--rule", "disk_low", "--subject", "ledger"]]
        {
            assert!(mute(more).is_ok(), "{more:?}");
        }
    }

    #[test]
    fn a_wrong_period_says_how_to_write_one() {
        let error = Cli::try_parse_from(["vt-monitor", "publish", "--period", "2020-07"]).unwrap_err().to_string();
        assert!(error.contains("2020W407"), "{error}");
    }
}
