//! The folder of one backup: begun without a name, written, and named when it is whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Days, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use super::BackupError;

/// The copy of a ledger in SQLite.
pub(super) const SQLITE: &str = "ledger.sqlite";
/// The dump of a ledger in PostgreSQL.
pub(super) const DUMP: &str = "ledger.dump";
/// The digest of each file.
pub(super) const SUMS: &str = "SHA256SUMS";
/// What the backup is; written last.
const ABOUT: &str = "backup.json";
/// The folder while it is written.
const DRAFT: &str = ".unfinished";
/// Held while a backup is made.
const LOCK: &str = ".lock";
/// How a backup is named.
const NAME: &str = "%Y-%m-%dT%H%M%SZ";
/// The form of `backup.json`.
const VERSION: u32 = 1;
/// How many backups are kept whatever their age.
const ALWAYS_KEPT: usize = 2;

/// How the ledger stands in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LedgerCopy {
    /// A file of SQLite.
    Sqlite {
        /// Its schema.
        schema: i64,
    },
    /// A dump of PostgreSQL.
    Dump,
}

impl LedgerCopy {
    /// Its file in the backup.
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Sqlite { .. } => SQLITE,
            Self::Dump => DUMP,
        }
    }
}

/// What `backup.json` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    version: u32,
    /// The program that made it.
    pub software: String,
    /// When it was begun: nothing in it is older than that and missing.
    pub begun: DateTime<Utc>,
    /// When it was finished.
    pub ended: DateTime<Utc>,
    /// The ledger.
    pub ledger: LedgerCopy,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// Digest of the list of digests.
    sums_sha256: String,
}

/// Digests by path.
pub(super) type Sums = BTreeMap<String, String>;

/// A backup that is being made.
pub(super) struct Draft {
    to: PathBuf,
    begun: DateTime<Utc>,
    before: Option<Before>,
    sums: Sums,
    bytes: u64,
    _lock: File,
}

/// The backup before, of which unchanged files are taken over.
struct Before {
    folder: PathBuf,
    begun: DateTime<Utc>,
    sums: Sums,
}

impl Draft {
    /// Begins a backup; what an interrupted one left is removed.
    pub(super) fn begin(to: &Path, now: DateTime<Utc>) -> Result<Self> {
        closed_folder(to)?;
        let lock = File::options().create(true).truncate(false).write(true).open(to.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(BackupError::Busy(to.to_owned()).into()),
            Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
        }
        let draft = to.join(DRAFT);
        match std::fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        new_folder(&draft)?;
        let before = names(to)?.last().map(|name| Before::read(&to.join(name))).transpose()?;
        Ok(Self { to: to.to_owned(), begun: now, before, sums: Sums::new(), bytes: 0, _lock: lock })
    }

    /// Where a file of it is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.to.join(DRAFT).join(name)
    }

    /// Takes a file over from the backup before, where it can't have changed since; `false` when it is to be copied.
    pub(super) fn take_over(&mut self, name: &str, bytes: u64, modified: DateTime<Utc>) -> Result<bool> {
        let Some(before) = &self.before else { return Ok(false) };
        let (Some(sum), file) = (before.sums.get(name), before.folder.join(name)) else { return Ok(false) };
        let is_older = modified + CLOCKS_APART < before.begun;
        if !is_older || !file.metadata().is_ok_and(|about| about.len() == bytes) {
            return Ok(false);
        }
        let to = self.path(name);
        folder_of(&to)?;
        if std::fs::hard_link(&file, &to).is_err() {
            return Ok(false);
        }
        self.sums.insert(name.to_owned(), sum.clone());
        self.bytes += bytes;
        Ok(true)
    }

    /// Notes a file that was written.
    pub(super) fn note(&mut self, name: &str, bytes: u64, sum: String) {
        self.sums.insert(name.to_owned(), sum);
        self.bytes += bytes;
    }

    /// Computes the digest of a file that stands there, and notes it.
    pub(super) async fn digest(&mut self, name: &str) -> Result<()> {
        let path = self.path(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let (bytes, sum) = digest_of(&path).await?;
        self.note(name, bytes, sum);
        Ok(())
    }

    /// Writes the digests and what the backup is, and gives it its name.
    pub(super) fn finish(self, ledger: LedgerCopy, now: DateTime<Utc>) -> Result<(PathBuf, About)> {
        let sums = written(&self.sums);
        write_whole(&self.path(SUMS), sums.as_bytes())?;
        let about = About {
            version: VERSION,
            software: env!("CARGO_PKG_VERSION").to_owned(),
            begun: self.begun,
            ended: now,
            ledger,
            files: self.sums.len(),
            bytes: self.bytes,
            sums_sha256: hex::encode(Sha256::digest(sums)),
        };
        write_whole(&self.path(ABOUT), serde_json::to_string_pretty(&about)?.as_bytes())?;
        let named = self.to.join(self.begun.format(NAME).to_string());
        if named.exists() {
            bail!("there is a backup of this second already: `{}`", named.display());
        }
        std::fs::rename(self.to.join(DRAFT), &named)?;
        File::open(&self.to)?.sync_all()?;
        Ok((named, about))
    }
}

/// How far the clock of a store may be from ours.
const CLOCKS_APART: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

impl Before {
    fn read(folder: &Path) -> Result<Self> {
        let (about, sums) = read(folder)?;
        Ok(Self { folder: folder.to_owned(), begun: about.begun, sums })
    }
}

/// What a backup is, and the digests of its files; these are as they were written.
pub(super) fn read(folder: &Path) -> Result<(About, Sums), BackupError> {
    let not = |why: String| BackupError::NotABackup { folder: folder.to_owned(), why };
    let about = std::fs::read(folder.join(ABOUT)).map_err(|_| not(format!("it has no {ABOUT}")))?;
    let about: About = serde_json::from_slice(&about).map_err(|error| not(format!("{ABOUT}: {error}")))?;
    if about.version != VERSION {
        return Err(not(format!(
            "its form is {}, this program knows {VERSION}: take the newer program",
            about.version
        )));
    }
    let sums = std::fs::read_to_string(folder.join(SUMS)).map_err(|_| not(format!("it has no {SUMS}")))?;
    if hex::encode(Sha256::digest(&sums)) != about.sums_sha256 {
        return Err(BackupError::Damaged(format!("{SUMS} is not as it was written")));
    }
    let parse = |line: &str| Some(line.split_once("  ")).flatten().map(|(sum, name)| (name.to_owned(), sum.to_owned()));
    let sums = sums.lines().map(parse).collect::<Option<Sums>>();
    Ok((about, sums.ok_or_else(|| BackupError::Damaged(format!("{SUMS} can't be read")))?))
}

/// Names of the backups below a folder, oldest first.
pub(super) fn names(to: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(to)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if at(&name).is_some() && to.join(&name).join(ABOUT).is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// When a backup of a name was begun; nothing of what is no name of one.
fn at(name: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(name, NAME).ok().map(|at| at.and_utc())
}

/// Which of these, oldest first, are older than so many days and not among the newest.
pub(super) fn older_than(names: &[String], days: u32, now: DateTime<Utc>) -> Vec<String> {
    let Some(limit) = now.checked_sub_days(Days::new(days.into())) else { return Vec::new() };
    let may_go = names.len().saturating_sub(ALWAYS_KEPT);
    names[..may_go].iter().filter(|name| at(name).is_some_and(|at| at < limit)).cloned().collect()
}

fn written(sums: &Sums) -> String {
    sums.iter().fold(String::new(), |mut text, (name, sum)| {
        // Unwrap safety: a String takes all that is written to it.
        writeln!(text, "{sum}  {name}").unwrap();
        text
    })
}

/// Bytes and SHA-256 of a file.
pub(super) async fn digest_of(path: &Path) -> Result<(u64, String)> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut digest, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok((bytes, hex::encode(digest.finalize()))),
            n => {
                digest.update(&buffer[..n]);
                bytes += n as u64;
            }
        }
    }
}

/// Makes the folders that a file needs, closed to others.
pub(super) fn folder_of(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

fn new_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// Makes the folder of all backups, or refuses one that others can look into.
fn closed_folder(to: &Path) -> Result<()> {
    if !to.is_dir() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(to);
        made.with_context(|| format!("`{}` can't be made", to.display()))?;
    }
    let mode = std::fs::metadata(to)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "`{}` is open to other users (mode {mode:o}): it will hold all that is private; `chmod 700` it",
            to.display()
        );
    }
    Ok(())
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(File::open(path)?.sync_all()?)
}
