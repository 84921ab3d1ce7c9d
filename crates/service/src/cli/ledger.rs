//! Arguments about the ledger as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Who;

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Bring the ledger's schema up to date, and say from which version to which
    ///
    /// Every command that opens the ledger does so by itself, when its database user may. Where the service's user may only read and
    /// write rows, the owner of the tables does it with this command before the new version starts (docs/OPERATING.md, PostgreSQL).
    Migrate(LedgerMigrateArgs),
    /// Copy the ledger into an empty one, of either kind, and check the copy
    ///
    /// All of it in one transaction: the target has everything or nothing. Rows and digests of every table are held against each other
    /// and the audit log is verified. Refused (5) when the target holds something, and while the service or another command works with
    /// the ledger. Afterwards point `ledger.url` at the copy and put the old ledger away: whoever goes on with both has two.
    Copy(LedgerCopyArgs),
}

/// Arguments of `ledger migrate`.
#[derive(Debug, Args)]
pub struct LedgerMigrateArgs {
    /// The ledger; the configured one when not given
    #[arg(long)]
    pub url: Option<String>,
    /// A file with the password for --url, so that it stands on no command line
    #[arg(long, value_name = "FILE", requires = "url")]
    pub password_file: Option<PathBuf>,
    /// Change nothing; say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `ledger copy`.
#[derive(Debug, Args)]
pub struct LedgerCopyArgs {
    /// The ledger to copy, such as sqlite:data/ledger.sqlite; the configured one when not given
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// A file with the password for --from
    #[arg(long, value_name = "FILE", requires = "from")]
    pub from_password_file: Option<PathBuf>,
    /// The empty ledger to copy into, such as postgres://vt_owner@db.example.nl/vt
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// A file with the password for --to, so that it stands on no command line
    #[arg(long, value_name = "FILE")]
    pub to_password_file: Option<PathBuf>,
    /// Who and why
    #[command(flatten)]
    pub who: Who,
}
