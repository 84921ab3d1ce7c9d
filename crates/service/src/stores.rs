//! Opens stores: a directory, or an address such as `file:///srv/vt` or `s3://bucket/prefix`.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use object_store::ObjectStore;
use object_store::prefix::PrefixStore;

use crate::exit::Usage;
use crate::guarded::Guarded;

/// Opens a store; a directory is made when absent.
///
/// # Errors
/// When the address is none, or the directory can't be made.
pub fn open_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    if let Some(path) = local(address) {
        std::fs::create_dir_all(&path).with_context(|| format!("`{}` can't be made", path.display()))?;
        return open_directory(&path, false);
    }
    let url = url::Url::parse(address).with_context(|| format!("`{address}` is no address"))?;
    let variables = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
    let (store, prefix) =
        object_store::parse_url_opts(&url, variables).with_context(|| format!("`{}` can't be opened", url.path()))?;
    Ok(Arc::new(PrefixStore::new(Arc::<dyn ObjectStore>::from(store), prefix)))
}

/// Opens the private store. A directory is made closed to other users, and refused when others can look into it.
///
/// # Errors
/// As [`open_store`]; when a directory is open to others.
pub fn open_private_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    let Some(path) = local(address) else { return open_store(address) };
    if !path.is_dir() {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("`{}` can't be made", path.display()))?;
    }
    let mode = std::fs::metadata(&path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "`{}` is open to other users (mode {:o}): it holds raw deliveries and the disclosure memory; `chmod 700` it",
            path.display(),
            mode & 0o777
        );
    }
    open_directory(&path, true)
}

/// Opens an existing store for reading; never makes a directory.
///
/// # Errors
/// [`Usage`] when the directory does not exist; when the address can't be opened.
pub fn open_existing_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    must_exist(address)?;
    open_store(address)
}

/// Opens an existing private store; never makes a directory.
///
/// # Errors
/// As [`open_existing_store`] and [`open_private_store`].
pub fn open_existing_private_store(address: &str) -> Result<Arc<dyn ObjectStore>> {
    must_exist(address)?;
    open_private_store(address)
}

/// Refuses a directory that does not exist; of other addresses only use can tell.
///
/// # Errors
/// [`Usage`] names it.
pub fn must_exist(address: &str) -> Result<(), Usage> {
    match local(address) {
        Some(path) if !path.is_dir() => Err(Usage(format!("there is no folder `{address}`"))),
        _ => Ok(()),
    }
}

/// The directory that an address means, when it means one.
pub fn local(address: &str) -> Option<PathBuf> {
    if !address.contains("://") {
        return Some(PathBuf::from(address));
    }
    url::Url::parse(address).ok()?.to_file_path().ok()
}

/// Whether one of two stores lies within the other, or both are the same place.
pub fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (place(one), place(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// An address as a path without `.` and `..`; links are not followed.
fn place(address: &str) -> PathBuf {
    let path = local(address).map_or_else(|| PathBuf::from(address), |path| std::path::absolute(&path).unwrap_or(path));
    let mut place = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                place.pop();
            }
            other => place.push(other),
        }
    }
    place
}

fn open_directory(path: &Path, private: bool) -> Result<Arc<dyn ObjectStore>> {
    let store = Guarded::open(path, private).with_context(|| format!("`{}` can't be opened", path.display()))?;
    Ok(Arc::new(store))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_equal_places_overlap_however_they_are_written() {
        assert!(overlap("data", "data/private") && overlap("./data", "data") && overlap("/a/b/../c", "/a/c/d"));
        assert!(overlap("s3://bucket/vt", "s3://bucket/vt/private") && overlap("file:///srv/x", "/srv/x"));
        assert!(!overlap("data/published", "data/private") && !overlap("s3://bucket/a", "s3://bucket/ab"));
    }

    #[test]
    fn a_private_store_is_closed_to_others_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/private");
        let address = path.to_str().unwrap();
        open_private_store(address).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = open_private_store(address).unwrap_err().to_string();
        assert!(error.contains("chmod 700") && error.contains("755"), "{error}");
    }
}
