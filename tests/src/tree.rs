//! Folders compared file by file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// All files below a folder with their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, Vec<u8>>);

impl Tree {
    /// Reads a folder; an absent one is empty.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(root)?.to_owned(), std::fs::read(&path)?);
                }
            }
        }
        Ok(Self(files))
    }

    /// The paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// The files with their bytes, in order.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }
}

/// Paths that one of two folders lacks, or that hold other bytes.
pub fn differences(left: &Tree, right: &Tree) -> Vec<String> {
    let mut different = Vec::new();
    for path in left.0.keys().chain(right.0.keys().filter(|path| !left.0.contains_key(*path))) {
        match (left.0.get(path), right.0.get(path)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => different.push(format!("{}: other bytes", path.display())),
            _ => different.push(format!("{}: in one only", path.display())),
        }
    }
    different
}
