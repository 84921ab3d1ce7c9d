//! Clears up after a crash, when no other process is at work: raw bytes that wait in the quarantine, and half-written files.
//!
//! A file in a local directory is written beside its place under a name such as `3.json#1` and then moved there; `kill -9` in
//! between leaves it. Half a raw file must not stay: it has passed no scan for personal numbers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Removes half-written files below `stores`, and everything in the quarantine of `private`. Gives how many.
///
/// # Errors
/// When a folder can't be read or a file can't be removed.
pub fn sweep(stores: &[PathBuf], private: Option<&Path>) -> Result<usize> {
    let mut swept = 0;
    for store in stores {
        swept += remove(store, &is_half_written)?;
    }
    if let Some(private) = private {
        swept += remove(&private.join("quarantine"), &|_| true)?;
    }
    Ok(swept)
}

fn is_half_written(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn remove(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<usize> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut removed = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("`{}` can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            removed += remove(&path, wanted)?;
        } else if path.file_name().and_then(|name| name.to_str()).is_some_and(wanted) {
            fs::remove_file(&path).with_context(|| format!("`{}` can't be removed", path.display()))?;
            removed += 1;
        }
    }
    Ok(removed)
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
        assert_eq!(sweep(&[private.clone(), published.clone()], Some(&private)).unwrap(), 3);
        assert!(private.join("registrations/advies/VT07/2020-07/1.parquet").exists());
        assert!(published.join("notes/a#b").exists());
        assert_eq!(sweep(&[private.clone(), published], Some(&private)).unwrap(), 0);
    }
}
