//! Opens stores: a directory, or a bucket of whoever speaks S3, of Azure or of Google Cloud.

pub(crate) mod address;
mod bucket;
mod cloud;
mod headers;
pub mod trial;

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use object_store::ObjectStore;

pub(crate) use self::address::Address;
use crate::belonging::Store;
use crate::config::StoreConfig;
use crate::exit::Usage;
use crate::guarded::Guarded;

/// Opens a store; a directory is made when absent. The private one is made closed to other users, and refused when others can look into it.
///
/// # Errors
/// When the address is none, the directory can't be made or is open to others, or credentials can't be read.
pub fn open(config: &StoreConfig, store: Store) -> Result<Arc<dyn ObjectStore>> {
    match parse(config.address(store))? {
        Address::Folder(path) if store == Store::Private => open_private_folder(&path),
        Address::Folder(path) => {
            std::fs::create_dir_all(&path).with_context(|| format!("`{}` can't be made", path.display()))?;
            open_folder(&path, false)
        }
        Address::Bucket { kind, bucket, prefix } => {
            let opened = cloud::open(config, store, kind, &bucket, cloud::Who::Configured)?;
            Ok(bucket::open(opened, prefix, store))
        }
    }
}

/// Opens an existing store for reading; never makes a directory.
///
/// # Errors
/// [`Usage`] when the directory does not exist; as [`open`].
pub fn open_existing(config: &StoreConfig, store: Store) -> Result<Arc<dyn ObjectStore>> {
    must_exist(config.address(store))?;
    open(config, store)
}

/// Opens an existing store that a command line names, reached as the environment says.
///
/// # Errors
/// As [`open_existing`].
pub fn open_address(address: &str) -> Result<Arc<dyn ObjectStore>> {
    open_existing(&StoreConfig::at(address, address), Store::Published)
}

/// A store beyond this machine, as somebody without credentials reaches it; nothing for a directory.
///
/// # Errors
/// As [`open`].
pub fn open_as_anybody(config: &StoreConfig, store: Store) -> Result<Option<Arc<dyn ObjectStore>>> {
    match parse(config.address(store))? {
        Address::Folder(_) => Ok(None),
        Address::Bucket { kind, bucket, prefix } => {
            let opened = cloud::open(config, store, kind, &bucket, cloud::Who::Anybody)?;
            Ok(Some(bucket::open(opened, prefix, store)))
        }
    }
}

fn parse(address: &str) -> Result<Address> {
    Address::parse(address).map_err(|rule| anyhow!("the address of the store {rule}"))
}

fn open_private_folder(path: &Path) -> Result<Arc<dyn ObjectStore>> {
    if !path.is_dir() {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("`{}` can't be made", path.display()))?;
    }
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!(
            "`{}` is open to other users (mode {:o}): it holds raw deliveries and the disclosure memory; `chmod 700` it",
            path.display(),
            mode & 0o777
        );
    }
    open_folder(path, true)
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
    Address::parse(address).ok()?.folder()
}

/// Whether one of two stores lies within the other, or both are the same place.
pub fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (place(one), place(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// An address as a path without `.` and `..`; links are not followed.
fn place(address: &str) -> PathBuf {
    let path = Address::parse(address).map_or_else(|_| PathBuf::from(address), |address| address.as_place());
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

fn open_folder(path: &Path, private: bool) -> Result<Arc<dyn ObjectStore>> {
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
        assert!(overlap("az://c/x", "azure://c/x/y") && overlap("s3://bucket/vt/", "s3://bucket/vt"));
        assert!(!overlap("data/published", "data/private") && !overlap("s3://bucket/a", "s3://bucket/ab"));
    }

    #[test]
    fn a_private_store_is_closed_to_others_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/private");
        let config = StoreConfig::at("nowhere", path.to_str().unwrap());
        open(&config, Store::Private).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = open(&config, Store::Private).unwrap_err().to_string();
        assert!(error.contains("chmod 700") && error.contains("755"), "{error}");
    }
}
