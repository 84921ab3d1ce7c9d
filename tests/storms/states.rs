//! Folders that are copied as they are.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::Result;

/// Copies all that is below a folder into another one. Folders are made for their owner only, as the private store asks.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
