//! Arguments of `backup`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Copy ledger, published store and private store into a new folder below --to, while the service goes on
    ///
    /// What did not change since the backup before is linked, not copied. A backup that was not finished leaves no folder with a name.
    Make(BackupMakeArgs),
    /// Read every file of a backup, and compare it with the digest from when it was made
    Check(BackupCheckArgs),
    /// Bring a backup back into the empty places of the configuration
    ///
    /// Nothing is overwritten: what is there already must be the same bytes, so that an interrupted restoration can be repeated.
    /// The service must not run meanwhile. See docs/RUNBOOK.md.
    Restore(BackupRestoreArgs),
}

/// Arguments of `backup make`.
#[derive(Debug, Args)]
pub struct BackupMakeArgs {
    /// Folder of all backups, closed to other users (mode 0700)
    #[arg(long)]
    pub to: PathBuf,
    /// A dump of a ledger in PostgreSQL that was made just before; a ledger in SQLite is copied by the command itself
    #[arg(long, value_name = "FILE")]
    pub ledger_dump: Option<PathBuf>,
    /// Afterwards remove backups that are older than so many days; the newest two stay
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_days: Option<u32>,
}

/// Arguments of `backup check`.
#[derive(Debug, Args)]
pub struct BackupCheckArgs {
    /// The folder of one backup, such as /var/backups/vt-monitor/2020-08-05T063000Z
    pub backup: PathBuf,
}

/// Arguments of `backup restore`.
#[derive(Debug, Args)]
pub struct BackupRestoreArgs {
    /// The folder of one backup
    pub backup: PathBuf,
    /// Bring back only this; may be given several times
    #[arg(long = "only", value_enum)]
    pub parts: Vec<BackupPart>,
}

/// What a backup is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackupPart {
    /// The ledger.
    Ledger,
    /// The published store.
    Published,
    /// The private store.
    Private,
}
