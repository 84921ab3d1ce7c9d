//! `backup`: copies ledger and stores, checks a copy, brings one back. Opens no ledger, so that an older one stays as it is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::Serialize;
use vt_domain::Clock;

use crate::backup::{self, About, BackupError, LedgerSource, LedgerTarget, Restored, Sources, Targets};
use crate::belonging::Store;
use crate::cli::{BackupCheckArgs, BackupCommand, BackupMakeArgs, BackupPart, BackupRestoreArgs};
use crate::config::Config;
use crate::exit::{Exit, Usage};
use crate::output::{Output, count};
use crate::signals;
use crate::stores::{self, overlap};

pub(super) async fn run(what: &BackupCommand, output: Output, directory: &Path, clock: &dyn Clock) -> Result<Exit> {
    match what {
        BackupCommand::Make(args) => make(args, output, &Config::load(directory)?, clock).await,
        BackupCommand::Check(args) => check(args, output).await,
        BackupCommand::Restore(args) => restore(args, output, &Config::load(directory)?).await,
    }
}

/// The exit code of an error of backups.
pub(super) fn exit_of(error: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    Some(match error.downcast_ref::<BackupError>()? {
        BackupError::NotABackup { .. } => Exit::Usage,
        BackupError::Damaged(_) => Exit::Invalid,
        BackupError::InTheWay { .. } | BackupError::Busy(_) => Exit::Refused,
        BackupError::Stopped => Exit::Interrupted,
    })
}

/// What `backup make` answers.
#[derive(Serialize)]
struct Made {
    backup: PathBuf,
    #[serde(flatten)]
    about: About,
    removed: Vec<String>,
}

async fn make(args: &BackupMakeArgs, output: Output, config: &Config, clock: &dyn Clock) -> Result<Exit> {
    let to = args.to.to_string_lossy();
    for (field, place) in [("store.published", &config.store.published), ("store.private", &config.store.private)] {
        if overlap(&to, place) {
            bail!(Usage(format!("--to must not lie in `{field}`, nor that in it")));
        }
    }
    let ledger = ledger(args, config)?;
    let sources = Sources {
        ledger,
        published: stores::open_existing(&config.store, Store::Published)?,
        private: stores::open_existing(&config.store, Store::Private)?,
    };
    let (backup, about) = backup::make(&sources, &args.to, clock, &signals::watch(None)?).await?;
    let removed = args.keep_days.map_or_else(|| Ok(Vec::new()), |days| backup::prune(&args.to, days, clock.now()))?;
    output.answer(&Made { backup, about, removed }, |made| {
        let removed = match made.removed.len() {
            0 => String::new(),
            n => format!("\nremoved: {}, past --keep-days", count(n, "older backup")),
        };
        format!("backup made: {}, {}{removed}", made.backup.display(), told(&made.about))
    })?;
    Ok(Exit::Done)
}

/// Where the ledger is copied from, by what it is kept in.
fn ledger(args: &BackupMakeArgs, config: &Config) -> Result<LedgerSource, Usage> {
    match (config.ledger.file(), &args.ledger_dump) {
        (None, Some(dump)) => Ok(LedgerSource::Dump(dump.clone())),
        (None, None) => Err(Usage(
            "the ledger is in PostgreSQL: dump it first with `pg_dump --format=custom`, and give the file with --ledger-dump".into(),
        )),
        (Some(_), None) => Ok(LedgerSource::Sqlite(config.ledger.url.clone())),
        (Some(_), Some(_)) => Err(Usage("--ledger-dump: the ledger is in SQLite, and is copied without it".into())),
    }
}

fn told(about: &About) -> String {
    let mebibytes = about.bytes.div_ceil(1 << 20);
    format!("{}, {mebibytes} MiB, begun {}", count(about.files, "file"), about.begun.format("%Y-%m-%d %H:%M:%S UTC"))
}

async fn check(args: &BackupCheckArgs, output: Output) -> Result<Exit> {
    let about = backup::check(&args.backup).await?;
    output.answer(&about, |about| format!("the backup is as it was made: {}", told(about)))?;
    Ok(Exit::Done)
}

async fn restore(args: &BackupRestoreArgs, output: Output, config: &Config) -> Result<Exit> {
    // A folder that is no backup makes no folders.
    backup::about(&args.backup)?;
    nobody_works(config).await?;
    let asked = |part: BackupPart| args.parts.is_empty() || args.parts.contains(&part);
    let mut targets = Targets::default();
    if asked(BackupPart::Private) {
        targets.private = Some(stores::open(&config.store, Store::Private)?);
    }
    if asked(BackupPart::Published) {
        targets.published = Some(stores::open(&config.store, Store::Published)?);
    }
    if asked(BackupPart::Ledger) {
        targets.ledger = Some(config.ledger.file().map_or(LedgerTarget::Server, LedgerTarget::File));
    }
    let restored = backup::restore(&args.backup, &targets).await?;
    output.answer(&restored, text)?;
    Ok(Exit::Done)
}

/// Refuses while somebody holds a lease of the ledger that is there.
async fn nobody_works(config: &Config) -> Result<()> {
    if config.ledger.file().is_some_and(|file| !file.exists()) {
        return Ok(());
    }
    // One that can't be opened is not worked with; what is wrong with it is for whoever restores it to see.
    let Ok(ledger) = config.ledger.open().await else { return Ok(()) };
    Ok(ledger.is_at_rest().await?)
}

fn text(restored: &Restored) -> String {
    let (private, published) = (count(restored.private, "object"), count(restored.published, "object"));
    let ledger = match (&restored.dump, &restored.sqlite, restored.ledger) {
        (Some(dump), ..) => {
            format!(
                "not yet: `{}` goes into an empty database: restore-ledger (docs/RUNBOOK.md, \"Restoring\")",
                dump.display()
            )
        }
        (_, Some(file), _) => format!(
            "not yet: `vt-monitor ledger copy --from sqlite:{} --to …` brings it to the server; till then tokens, decisions and \
             the audit log are lacking",
            file.display()
        ),
        (None, None, true) => "brought back".to_owned(),
        (None, None, false) => "left alone, as asked".to_owned(),
    };
    format!(
        "private store    {private}\npublished store  {published}\nledger           {ledger}\n\
         Now, before the service is started: `vt-monitor doctor`, and `vt-monitor verify` on the published store."
    )
}
