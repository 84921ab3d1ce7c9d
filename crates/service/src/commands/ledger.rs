//! `ledger`: brings the ledger's schema up to date, and copies it into another one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use vt_domain::Clock;
use vt_intake::secret::SecretRef;
use vt_ledger::{Copied, Ledger};

use crate::cli::{LedgerCommand, LedgerCopyArgs, LedgerMigrateArgs};
use crate::config::{Config, LedgerConfig};
use crate::exit::{Exit, Usage};
use crate::output::{Output, table};

pub(super) async fn run(what: &LedgerCommand, output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    match what {
        LedgerCommand::Migrate(args) => migrate(args, output, directory).await,
        LedgerCommand::Copy(args) => copy(args, output, directory, clock).await,
    }
}

/// The ledger that is named, else the configured one.
fn named(url: Option<&String>, password: Option<&PathBuf>, directory: &Path) -> Result<LedgerConfig> {
    match url {
        Some(url) => Ok(LedgerConfig { url: url.clone(), password: password.cloned().map(SecretRef::File) }),
        None => Ok(Config::load(directory)?.ledger),
    }
}

/// What became of a schema.
#[derive(Debug, Serialize)]
struct Migrated {
    ledger: String,
    /// Nothing when there was none.
    from: Option<i64>,
    to: i64,
    /// Whether it is, or would be, changed.
    changes: bool,
    dry_run: bool,
}

async fn migrate(args: &LedgerMigrateArgs, output: Output, directory: &Path) -> Result<Exit> {
    let config = named(args.url.as_ref(), args.password_file.as_ref(), directory)?;
    let location = config.with_password()?;
    let from = Ledger::schema_at(&location).await?;
    let to = Ledger::known_schema();
    if !args.dry_run {
        Ledger::open_at(&location).await?.close().await;
    }
    let done = Migrated { ledger: location.to_string(), from, to, changes: from != Some(to), dry_run: args.dry_run };
    output.answer(&done, migrated)?;
    Ok(Exit::Done)
}

fn migrated(done: &Migrated) -> String {
    let Migrated { ledger, to, .. } = done;
    let verb = if done.dry_run { "would be brought" } else { "was brought" };
    match done.from {
        Some(from) if from == *to => format!("ledger {ledger}: has schema {to}, nothing to do"),
        Some(from) => format!("ledger {ledger}: {verb} from schema {from} to {to}"),
        None if done.dry_run => format!("ledger {ledger}: is not there yet, would get schema {to}"),
        None => format!("ledger {ledger}: made, with schema {to}"),
    }
}

/// What was copied, and where.
#[derive(Debug, Serialize)]
struct Done {
    from: String,
    to: String,
    #[serde(flatten)]
    copied: Copied,
}

async fn copy(args: &LedgerCopyArgs, output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    let from = named(args.from.as_ref(), args.from_password_file.as_ref(), directory)?.with_password()?;
    let to = named(Some(&args.to), args.to_password_file.as_ref(), directory)?.with_password()?;
    if from == to {
        return Err(Usage("--from and --to are the same ledger".into()).into());
    }
    if Ledger::schema_at(&from).await?.is_none() {
        return Err(Usage(format!("there is no ledger at {from}")).into());
    }
    let (source, target) = (Ledger::open_at(&from).await?, Ledger::open_at(&to).await?);
    let copied = source.copy_to(&target).await?;
    let rows: u64 = copied.tables.iter().map(|table| table.rows).sum();
    let after = json!({ "from": from.to_string(), "to": to.to_string(), "rows": rows });
    let change = args.who.change(clock.now());
    // In the copy only: the log of the old ledger ends with what was copied.
    target.record_audit(&change.audit("ledger.copy", "ledger", None, Some(after))).await?;
    let done = Done { from: from.to_string(), to: to.to_string(), copied };
    output.answer(&done, text)?;
    source.close().await;
    target.close().await;
    Ok(Exit::Done)
}

fn text(done: &Done) -> String {
    let rows = done.copied.tables.iter();
    let listed = table(
        ["table", "rows", "sha256"],
        rows.map(|table| [table.table.to_owned(), table.rows.to_string(), table.digest[..16].to_owned()]),
    );
    format!(
        "{listed}copied from {} to {}: rows and digests are the same, the audit log is whole with {} entries.\n\
         Now point `ledger.url` at the copy and put the old ledger away.",
        done.from, done.to, done.copied.audit_entries
    )
}

#[cfg(test)]
mod tests;
