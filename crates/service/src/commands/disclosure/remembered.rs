//! The memory of earlier rounds: a folder with a record per issue, an index of them, and the key when none is given.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vt_disclosure::MemoryRecord;
use vt_disclosure::attack::spec::SpecError;
use vt_publication::keys::MasterKey;

/// Name of the index.
const INDEX: &str = "index.json";

/// The digest of every record by its issue, so that one that is gone, also the newest, is missed.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    issues: BTreeMap<usize, String>,
}

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
        let memory = Self { folder: folder.to_owned() };
        // The index is the first file of a memory: without it, an empty folder alone is a new one.
        if std::fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))?.next().is_none() {
            memory.write_index(&Index::default())?;
        }
        Ok(memory)
    }

    fn index(&self) -> Result<Index> {
        let path = self.folder.join(INDEX);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let rule = "is missing, so nobody can tell which records were there: restore the whole folder";
                SpecError::Memory(format!("{} {rule}", path.display())).into()
            }
            _ => anyhow::Error::new(error).context(format!("`{}` can't be read", path.display())),
        })?;
        let damaged = |_| SpecError::Memory(format!("{} is damaged: restore the whole folder", path.display()));
        Ok(serde_json::from_str(&text).map_err(damaged)?)
    }

    /// Written beside it and moved there, so that a reader never has half of it.
    fn write_index(&self, index: &Index) -> Result<()> {
        let path = self.folder.join(INDEX);
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)
            .with_context(|| format!("`{}` can't be written", path.display()))?;
        file.write_all(&serde_json::to_vec_pretty(index)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).with_context(|| format!("`{}` can't be written", path.display()))?;
        Ok(std::fs::File::open(&self.folder)?.sync_all()?)
    }

    fn path(&self, issue: usize) -> PathBuf {
        self.folder.join(format!("issue-{issue}.json"))
    }

    /// The records of all issues, in order.
    pub(super) fn records(&self) -> Result<Vec<MemoryRecord>> {
        let mut index = self.index()?;
        let mut records: Vec<usize> = index.issues.keys().copied().collect();
        for entry in std::fs::read_dir(&self.folder).with_context(|| format!("`{}`", self.folder.display()))? {
            let name = entry?.file_name();
            records.extend(
                name.to_str()
                    .and_then(|name| name.strip_prefix("issue-")?.strip_suffix(".json")?.parse::<usize>().ok()),
            );
        }
        records.sort_unstable();
        records.dedup();
        if let Some(lost) = records.iter().zip(1..).find(|(issue, number)| *issue != number) {
            let rule = format!("{} is missing: restore it, or nothing is safe", self.path(lost.1).display());
            return Err(SpecError::Memory(rule).into());
        }
        let listed = index.issues.len();
        let found = records.into_iter().map(|issue| self.record(issue, &mut index)).collect::<Result<_>>()?;
        if index.issues.len() > listed {
            self.write_index(&index)?;
        }
        Ok(found)
    }

    /// Reads a record. One that the index lacks was kept by a run that was cut off just then, and is taken up.
    fn record(&self, issue: usize, index: &mut Index) -> Result<MemoryRecord> {
        let path = self.path(issue);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let rule = "is missing: restore it; without it a revision would show what changed";
                SpecError::Memory(format!("{} {rule}", path.display())).into()
            }
            _ => anyhow::Error::new(error).context(format!("`{}` can't be read", path.display())),
        })?;
        let damaged = |rule: &str| SpecError::Memory(format!("{} {rule}: restore it", path.display()));
        // What is wrong with it is not said: a parser's message may quote a count.
        let record: MemoryRecord = serde_json::from_str(&text).map_err(|_| damaged("is damaged"))?;
        if u32::try_from(issue) != Ok(record.issue()) {
            return Err(damaged("is the record of another issue").into());
        }
        let digest = digest(text.as_bytes());
        if *index.issues.entry(issue).or_insert_with(|| digest.clone()) != digest {
            return Err(damaged("is not what was written, by index.json").into());
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
        let bytes = serde_json::to_vec(record)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        let mut index = self.index()?;
        index.issues.insert(record.issue() as usize, digest(&bytes));
        self.write_index(&index)
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

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
