//! Copies of ledger and stores, each in a folder of its own, made while the service works, and brought back.
//!
//! ```text
//! 2020-08-05T063000Z/
//!   ledger.sqlite             as of one moment; or ledger.dump, of a ledger in PostgreSQL
//!   published/…  private/…    every object under its own path
//!   SHA256SUMS                digest of each file, as `sha256sum -c` reads it
//!   backup.json               written last; the folder gets its name after it
//! ```
//!
//! What is copied first is never ahead of what is copied later: the ledger, then the published store, then the private store. A
//! published store that is ahead of the private one is refused by every run (the disclosure memory would be incomplete); one that is behind
//! is finished from the reservations. Within a store, what makes something be there (a manifest, a verdict, a reservation) is copied before
//! what it rests on, which was written earlier; what was removed after its term is looked at last (`docs/decisions/0012-backup.md`).

mod check;
mod copy;
mod generation;
mod restore;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use object_store::ObjectStore;
use tokio_util::sync::CancellationToken;
use vt_domain::Clock;

pub use check::{about, check};
pub use generation::{About, LedgerCopy};
pub use restore::{LedgerTarget, Restored, Targets, restore};

use copy::Copying;
use generation::Draft;

/// The names of the parts in a backup.
pub(crate) const PUBLISHED: &str = "published";
pub(crate) const PRIVATE: &str = "private";

/// What can be wrong with a backup, or with the place that it is brought back to.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A folder that is no backup.
    #[error("`{}` is no backup: {why}", .folder.display())]
    NotABackup {
        /// The folder.
        folder: PathBuf,
        /// What it lacks.
        why: String,
    },
    /// Files are not what was written.
    #[error("the backup is damaged: {0}; take another one")]
    Damaged(String),
    /// Something else stands where it is to be brought back.
    #[error(
        "{part}: {found}; nothing is overwritten. Give empty places in the configuration, or move away what is there"
    )]
    InTheWay {
        /// The part.
        part: &'static str,
        /// What is there.
        found: String,
    },
    /// Another backup is being made into the same folder.
    #[error("`{}`: another backup is being made here; wait for its end", .0.display())]
    Busy(PathBuf),
    /// The backup is told to stop.
    #[error("stopped; no backup was made, the next one begins anew")]
    Stopped,
}

/// Where the ledger is copied from.
pub enum LedgerSource {
    /// The address of one in SQLite.
    Sqlite(String),
    /// A dump of one in PostgreSQL.
    Dump(PathBuf),
}

/// What a backup is made of.
pub struct Sources {
    /// The ledger.
    pub ledger: LedgerSource,
    /// The published store.
    pub published: Arc<dyn ObjectStore>,
    /// The private store, as it lies there: what is encrypted stays so.
    pub private: Arc<dyn ObjectStore>,
}

/// Makes a backup below a folder. Gives its own folder and what stands in its `backup.json`.
///
/// # Errors
/// [`BackupError`]; when something can't be read or written. Then nothing is left that could be taken for a backup.
pub async fn make(
    sources: &Sources,
    to: &Path,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Result<(PathBuf, About)> {
    let mut draft = Draft::begin(to, clock.now())?;
    let ledger = copy_ledger(&sources.ledger, &mut draft).await.context("the ledger can't be copied")?;
    for (part, store) in [(PUBLISHED, &sources.published), (PRIVATE, &sources.private)] {
        let copying = Copying { store: store.as_ref(), part, stop };
        copying.all(&mut draft).await.with_context(|| format!("the {part} store can't be copied"))?;
    }
    draft.finish(ledger, clock.now())
}

async fn copy_ledger(source: &LedgerSource, draft: &mut Draft) -> Result<LedgerCopy> {
    let ledger = match source {
        LedgerSource::Sqlite(address) => {
            let schema = vt_ledger::back_up(address, &draft.path(generation::SQLITE)).await?;
            LedgerCopy::Sqlite { schema }
        }
        LedgerSource::Dump(file) => {
            tokio::fs::copy(file, draft.path(generation::DUMP))
                .await
                .with_context(|| format!("`{}`", file.display()))?;
            LedgerCopy::Dump
        }
    };
    draft.digest(ledger.file()).await?;
    Ok(ledger)
}

/// Removes backups below a folder that are older than so many days, but for the newest two. Gives their names.
///
/// # Errors
/// When a folder can't be read or removed.
pub fn prune(to: &Path, days: u32, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<String>> {
    let old = generation::older_than(&generation::names(to)?, days, now);
    for name in &old {
        std::fs::remove_dir_all(to.join(name)).with_context(|| format!("backup {name} can't be removed"))?;
    }
    Ok(old)
}
