//! The memory of earlier rounds: a folder with a record per issue, and the key when none is given.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use vt_disclosure::MemoryRecord;
use vt_disclosure::attack::spec::SpecError;
use vt_publication::keys::MasterKey;

/// The folder.
pub(super) struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// Opens the folder, and makes it when it is not there, for its owner alone.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
        builder.create(folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, issue: usize) -> PathBuf {
        self.folder.join(format!("issue-{issue}.json"))
    }

    /// The records of all issues, in order.
    pub(super) fn records(&self) -> Result<Vec<MemoryRecord>> {
        let mut records = Vec::new();
        for entry in std::fs::read_dir(&self.folder).with_context(|| format!("`{}`", self.folder.display()))? {
            let name = entry?.file_name();
            records.extend(
                name.to_str()
                    .and_then(|name| name.strip_prefix("issue-")?.strip_suffix(".json")?.parse::<usize>().ok()),
            );
        }
        records.sort_unstable();
        if let Some(lost) = records.iter().zip(1..).find(|(issue, number)| *issue != number) {
            let rule = format!("{} is missing: restore it, or nothing is safe", self.path(lost.1).display());
            return Err(SpecError::Memory(rule).into());
        }
        records.into_iter().map(|issue| self.record(issue)).collect()
    }

    fn record(&self, issue: usize) -> Result<MemoryRecord> {
        let path = self.path(issue);
        let text = std::fs::read_to_string(&path).with_context(|| format!("`{}`", path.display()))?;
        let damaged = |rule: &str| SpecError::Memory(format!("{} {rule}: restore it", path.display()));
        // What is wrong with it is not said: a parser's message may quote a count.
        let record: MemoryRecord = serde_json::from_str(&text).map_err(|_| damaged("is damaged"))?;
        if u32::try_from(issue) != Ok(record.issue()) {
            return Err(damaged("is the record of another issue").into());
        }
        Ok(record)
    }

    /// Writes a record, exactly once.
    pub(super) fn keep(&self, record: &MemoryRecord) -> Result<()> {
        let path = self.path(record.issue() as usize);
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        let mut file = options.open(&path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                SpecError::Memory(format!("{} was written meanwhile: repeat", path.display())).into()
            }
            _ => anyhow::Error::new(error).context(format!("`{}` can't be written", path.display())),
        })?;
        file.write_all(&serde_json::to_vec(record)?)?;
        Ok(file.sync_all()?)
    }

    /// The key that the memory keeps; made at its first use.
    pub(super) fn key(&self) -> Result<MasterKey> {
        let path = self.folder.join("key");
        if path.exists() {
            return Ok(MasterKey::from_file(&path)?);
        }
        if !self.records()?.is_empty() {
            let rule = "its issues were made with a key that is not in it: name it with --key-file";
            return Err(SpecError::Memory(rule.to_owned()).into());
        }
        Ok(MasterKey::create(&path)?)
    }
}
