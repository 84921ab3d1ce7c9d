//! Errata and retractions as they were decided, kept before the first byte of one is published: whoever finds one that a crash
//! left unpublished publishes exactly that, under its number.

use bytes::Bytes;
use object_store::path::Path;

use crate::error::VaultError;
use crate::objects::{Vault, create_or_equal};

/// Folder of the records.
const FOLDER: &str = "errata";

impl Vault {
    /// Keeps the record with a number, once. `false` when another one stands there already.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn keep_erratum(&self, number: u32, record: Bytes) -> Result<bool, VaultError> {
        match create_or_equal(self.store().as_ref(), &path(number), record).await {
            Ok(_) => Ok(true),
            Err(VaultError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All records, by number.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when something else stands among them.
    pub async fn errata(&self) -> Result<Vec<(u32, Bytes)>, VaultError> {
        let damaged =
            |path: &Path, reason: &str| VaultError::Damaged { path: path.to_string(), reason: reason.to_owned() };
        let mut records = Vec::new();
        for found in self.list(&Path::from(FOLDER)).await? {
            let number = found.filename().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            let number =
                number.filter(|number| path(*number) == found).ok_or_else(|| damaged(&found, "no erratum's name"))?;
            records.push((number, self.read(&found).await?.ok_or_else(|| damaged(&found, "it vanished"))?));
        }
        // By number: as text, 10 would come before 2.
        records.sort_unstable_by_key(|(number, _)| *number);
        Ok(records)
    }
}

fn path(number: u32) -> Path {
    Path::from_iter([FOLDER, &format!("{number}.json")])
}
