//! Whether files with secrets are closed to other users.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Examined;
use crate::config::Config;

/// Every file of the configuration that holds a secret, each found in order or not; one row for all that are.
pub fn examine(config: &Config) -> Vec<Examined> {
    let files = secrets(config);
    let wrong = files.iter().filter_map(|(what, path)| {
        let error = closed(path).err()?;
        Some(Examined::new(&format!("file of {what}"), Err(error)))
    });
    let wrong: Vec<Examined> = wrong.collect();
    let closed = files.len() - wrong.len();
    if closed == 0 {
        return wrong;
    }
    let detail = format!("{}, closed to other users", crate::output::count(closed, "file"));
    wrong.into_iter().chain([Examined::new("files with secrets", Ok(detail))]).collect()
}

/// The files with secrets, and whose they are.
fn secrets(config: &Config) -> Vec<(String, PathBuf)> {
    let mut files = config.secret_files();
    // Of the current key and those of alerts, a row of their own says more.
    files.retain(|(what, _)| what != "key.file" && what != "alerts");
    if let Some(ledger) = config.ledger.file().filter(|file| file.is_file()) {
        files.push(("the ledger (its counts are exact)".to_owned(), ledger));
    }
    files
}

/// Refuses a file that others may read. One that root owns and a group of ours may read is how secrets are mounted.
fn closed(path: &Path) -> Result<()> {
    let about = std::fs::metadata(path);
    let about = about.with_context(|| format!("`{}` can't be read: does it exist, and may we?", path.display()))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o037 != 0 {
        bail!("`{}` can be read or changed by other users (mode {mode:o}): `chmod 600` it", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_anybody_may_read_is_named_with_its_mending() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "x").unwrap();
        let with = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            closed(&path)
        };
        assert!(with(0o600).is_ok() && with(0o440).is_ok());
        let error = with(0o644).unwrap_err().to_string();
        assert!(error.contains("mode 644") && error.contains("chmod 600"), "{error}");
        assert!(with(0o660).unwrap_err().to_string().contains("changed by other users"));
        assert!(closed(&folder.path().join("none")).is_err());
    }
}
