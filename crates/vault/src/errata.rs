//! Errata and retractions as they were decided, kept before the first byte of one is published: whoever finds one that a crash
//! left unpublished publishes exactly that, under its number.

use bytes::Bytes;

use crate::error::VaultError;
use crate::numbered::numbered_path;
use crate::objects::Vault;

/// Folder of the records.
const FOLDER: &str = "errata";

impl Vault {
    /// Keeps the record with a number, once. `false` when another one stands there already.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails.
    pub async fn keep_erratum(&self, number: u32, record: Bytes) -> Result<bool, VaultError> {
        match self.create(&numbered_path(FOLDER, number), record).await {
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
        let mut records = Vec::new();
        for number in self.numbers(FOLDER, "erratum").await? {
            let path = numbered_path(FOLDER, number);
            let vanished = || VaultError::Damaged { path: path.to_string(), reason: "it vanished".to_owned() };
            records.push((number, self.read(&path).await?.ok_or_else(vanished)?));
        }
        Ok(records)
    }
}
