//! Brings a backup back into empty places. Nothing is overwritten; what is there already must be the same bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path as ObjectPath;
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use vt_vault::{VaultError, create_or_equal};

use super::check::checked;
use super::copy::turn;
use super::generation::{LedgerCopy, Sums};
use super::{BackupError, PRIVATE, PUBLISHED};

/// Up to how many bytes an object is written at once, and compared with one that is there.
const AT_ONCE: u64 = 8 << 20;

/// Where the parts go; what is not to be brought back is nothing.
#[derive(Default)]
pub struct Targets {
    /// The ledger.
    pub ledger: Option<LedgerTarget>,
    /// The published store.
    pub published: Option<Arc<dyn ObjectStore>>,
    /// The private store.
    pub private: Option<Arc<dyn ObjectStore>>,
}

/// Where a ledger goes.
#[derive(Debug, Clone)]
pub enum LedgerTarget {
    /// A file of SQLite.
    File(PathBuf),
    /// A server: its own tools, or `ledger copy`, bring it there.
    Server,
}

/// What was brought back.
#[derive(Debug, Default, Serialize)]
pub struct Restored {
    /// Objects of the published store.
    pub published: usize,
    /// Objects of the private store.
    pub private: usize,
    /// Whether the ledger was brought back.
    pub ledger: bool,
    /// The dump of a ledger in PostgreSQL, for that database's own tools.
    pub dump: Option<PathBuf>,
    /// The ledger in SQLite that was asked for, where the configuration has one on a server.
    pub sqlite: Option<PathBuf>,
}

/// Reads what is asked for of a backup, then brings it back: the stores, and last the ledger.
///
/// # Errors
/// [`BackupError`]; when something can't be written: then it can be repeated.
pub async fn restore(folder: &Path, targets: &Targets) -> Result<Restored> {
    let stores = [(PRIVATE, &targets.private), (PUBLISHED, &targets.published)];
    let wanted = |name: &str| match name.split_once('/') {
        Some((part, _)) => stores.iter().any(|(store, target)| *store == part && target.is_some()),
        None => targets.ledger.is_some(),
    };
    let (about, sums) = checked(folder, wanted).await?;
    let copy = folder.join(about.ledger.file());
    let is_dump = about.ledger == LedgerCopy::Dump;
    let ledger = match &targets.ledger {
        Some(LedgerTarget::File(file)) if !is_dump => Some(file),
        _ => None,
    };
    // All that could be in the way is looked at before anything is written.
    for (part, store) in stores {
        if let Some(store) = store {
            nothing_else(part, store.as_ref(), &sums).await?;
        }
    }
    if let Some(ledger) = ledger.filter(|ledger| ledger.exists()) {
        return Err(BackupError::InTheWay { part: "ledger", found: format!("`{}` is there", ledger.display()) }.into());
    }
    let left = (targets.ledger.is_some() && ledger.is_none()).then(|| copy.clone());
    let (dump, sqlite) = if is_dump { (left, None) } else { (None, left) };
    let mut restored = Restored { dump, sqlite, ..Restored::default() };
    for (part, store) in stores {
        let Some(store) = store else { continue };
        let objects = bring_back(part, store, folder, &sums).await;
        let objects = objects.with_context(|| format!("the {part} store can't be brought back"))?;
        if part == PRIVATE { restored.private = objects } else { restored.published = objects }
    }
    if let Some(ledger) = ledger {
        copy_ledger(&copy, ledger)?;
        restored.ledger = true;
    }
    Ok(restored)
}

/// Refuses a store that holds what the backup does not.
async fn nothing_else(part: &'static str, store: &dyn ObjectStore, sums: &Sums) -> Result<()> {
    let mut listed = store.list(None);
    while let Some(meta) = listed.try_next().await? {
        if !sums.contains_key(&format!("{part}/{}", meta.location)) {
            let found = format!("the store holds `{}`, which the backup does not", meta.location);
            return Err(BackupError::InTheWay { part, found }.into());
        }
    }
    Ok(())
}

/// Writes all objects of a part: what something rests on before what makes it be there.
async fn bring_back(part: &'static str, store: &Arc<dyn ObjectStore>, folder: &Path, sums: &Sums) -> Result<usize> {
    let prefix = format!("{part}/");
    let mut paths = Vec::new();
    for name in sums.keys().filter_map(|name| name.strip_prefix(&prefix)) {
        paths.push(ObjectPath::parse(name)?);
    }
    paths.sort_by_key(|path| std::cmp::Reverse(turn(part, path)));
    for path in &paths {
        write(part, store, path, &folder.join(part).join(path.as_ref())).await?;
    }
    Ok(paths.len())
}

async fn write(part: &'static str, store: &Arc<dyn ObjectStore>, path: &ObjectPath, file: &Path) -> Result<()> {
    if std::fs::metadata(file)?.len() <= AT_ONCE {
        let bytes = Bytes::from(tokio::fs::read(file).await?);
        return match create_or_equal(store.as_ref(), path, bytes).await {
            Ok(_) => Ok(()),
            Err(VaultError::Conflict { .. }) => {
                Err(BackupError::InTheWay { part, found: format!("other bytes stand at `{path}`") }.into())
            }
            Err(error) => Err(error.into()),
        };
    }
    let mut to = BufWriter::new(Arc::clone(store), path.clone());
    tokio::io::copy(&mut tokio::fs::File::open(file).await?, &mut to).await?;
    Ok(to.shutdown().await?)
}

/// The file appears whole, for its owner only.
fn copy_ledger(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().filter(|folder| folder.is_dir());
    let folder = folder.with_context(|| format!("`{}`: its folder is not there; make it", to.display()))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::copy(&mut std::fs::File::open(from)?, file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(to)?;
    Ok(std::fs::File::open(folder)?.sync_all()?)
}
