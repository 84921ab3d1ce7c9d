//! Whether a backup is as it was made.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::BackupError;
use super::generation::{About, Sums, digest_of, read};

/// What a backup is; its files are not looked at.
///
/// # Errors
/// [`BackupError::NotABackup`].
pub fn about(folder: &Path) -> Result<About, BackupError> {
    Ok(read(folder)?.0)
}

/// Reads every file of a backup. Gives what the backup is.
///
/// # Errors
/// [`BackupError::NotABackup`]; [`BackupError::Damaged`] names the first files that are missing or changed.
pub async fn check(folder: &Path) -> Result<About> {
    Ok(checked(folder, |_| true).await?.0)
}

/// The same of those files alone that are `wanted`, with their digests: what else is damaged does not keep them back.
pub(super) async fn checked(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<(About, Sums)> {
    let (about, mut sums) = read(folder)?;
    sums.retain(|name, _| wanted(name));
    let mut wrong = BTreeSet::new();
    for (name, sum) in &sums {
        match digest_of(&folder.join(name)).await {
            Ok((_, found)) if found == *sum => {}
            Ok(_) => drop(wrong.insert(format!("`{name}` was changed"))),
            Err(_) => drop(wrong.insert(format!("`{name}` can't be read"))),
        }
    }
    if wrong.is_empty() {
        return Ok((about, sums));
    }
    let named: Vec<String> = wrong.iter().take(3).cloned().collect();
    let more = wrong.len() - named.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(BackupError::Damaged(named.join(", ") + &more).into())
}
