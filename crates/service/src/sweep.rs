//! Clears up after a crash, when no other process is at work: raw bytes that wait in the quarantine, and half-written files.
//!
//! A file in a local directory is written beside its place under a name such as `3.json#1` and then moved there; `kill -9` in
//! between leaves it. Half a raw file must not stay: it has passed no scan for personal numbers.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

/// Removes half-written files below `stores`, and everything in the quarantine of `private`. Gives how many.
///
/// # Errors
/// When a folder can't be read or a file can't be removed.
pub fn sweep(stores: &[PathBuf], private: Option<&Path>) -> Result<usize> {
    let mut found = Vec::new();
    for store in stores {
        find(store, &is_half_written, &mut found)?;
    }
    if let Some(private) = private {
        find(&private.join("quarantine"), &|_| true, &mut found)?;
    }
    remove(&found)
}

/// Half-written files below `stores` that were last written before an instant.
///
/// # Errors
/// When a folder can't be read.
pub fn half_written(stores: &[PathBuf], before: DateTime<Utc>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for store in stores {
        find(store, &is_half_written, &mut found)?;
    }
    // One that can't be looked at is gone meanwhile.
    let written = |path: &PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    found.retain(|path| written(path).is_some_and(|written| DateTime::<Utc>::from(written) < before));
    Ok(found)
}

/// Removes files; gives how many were still there.
///
/// # Errors
/// When one can't be removed.
pub fn remove(files: &[PathBuf]) -> Result<usize> {
    let mut removed = 0;
    for path in files {
        match fs::remove_file(path) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("`{}` can't be removed", path.display())),
        }
    }
    Ok(removed)
}

/// Removes the folders below `folder` that hold no file, and not `folder` itself.
///
/// # Errors
/// When a folder can't be read, or an empty one can't be removed.
pub fn remove_empty_folders(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            remove_empty_folders(&path)?;
            match fs::remove_dir(&path) {
                // Something stands in it, perhaps since a moment.
                Err(error) if !matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::NotFound) => {
                    return Err(error).with_context(|| format!("`{}` can't be removed", path.display()));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_half_written(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn find(folder: &Path, wanted: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, wanted, found)?;
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(wanted) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_written_files_and_the_quarantine_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (private, published) = (folder.path().join("private"), folder.path().join("published"));
        let write = |path: PathBuf| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        write(private.join("quarantine/VT07/2020-07/1/advies.csv"));
        write(private.join("registrations/advies/VT07/2020-07/1.parquet#1"));
        write(private.join("registrations/advies/VT07/2020-07/1.parquet"));
        write(published.join("manifests/four_weeks/2020W407/1.json#12"));
        write(published.join("notes/a#b"));
        let stores = [private.clone(), published.clone()];
        assert_eq!(half_written(&stores, DateTime::<Utc>::UNIX_EPOCH).unwrap().len(), 0, "younger than that");
        assert_eq!(half_written(&stores, DateTime::<Utc>::MAX_UTC).unwrap().len(), 2);
        assert_eq!(sweep(&stores, Some(&private)).unwrap(), 3);
        assert!(private.join("registrations/advies/VT07/2020-07/1.parquet").exists());
        assert!(published.join("notes/a#b").exists());
        assert_eq!(sweep(&[private.clone(), published], Some(&private)).unwrap(), 0);
    }

    #[test]
    fn empty_folders_go_and_what_holds_a_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("raw");
        fs::create_dir_all(raw.join("VT07/2019-01/1")).unwrap();
        fs::create_dir_all(raw.join("VT08/2019-01")).unwrap();
        fs::write(raw.join("VT08/2019-01/advies.csv"), "x").unwrap();
        remove_empty_folders(&raw).unwrap();
        assert!(raw.join("VT08/2019-01/advies.csv").exists() && !raw.join("VT07").exists());
        fs::remove_file(raw.join("VT08/2019-01/advies.csv")).unwrap();
        remove_empty_folders(&raw).unwrap();
        assert!(raw.exists() && fs::read_dir(&raw).unwrap().next().is_none());
        remove_empty_folders(&folder.path().join("quarantine")).unwrap();
    }
}
