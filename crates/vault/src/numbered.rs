//! Records that stand in a folder under their numbers: `errata/3.json`.

use object_store::path::Path;

use crate::error::VaultError;
use crate::objects::Vault;

/// Where the record with a number stands.
pub(crate) fn numbered_path(folder: &str, number: u32) -> Path {
    Path::from(format!("{folder}/{number}.json"))
}

impl Vault {
    /// The numbers of the records in a folder, in order; `what` says what something else among them is none of.
    pub(crate) async fn numbers(&self, folder: &str, what: &str) -> Result<Vec<u32>, VaultError> {
        let mut numbers = Vec::new();
        for path in self.list(&Path::from(folder)).await? {
            let number = path.filename().and_then(|name| name.strip_suffix(".json")?.parse::<u32>().ok());
            let number = number.filter(|number| numbered_path(folder, *number) == path);
            let damaged = || VaultError::Damaged { path: path.to_string(), reason: format!("no {what}'s name") };
            numbers.push(number.ok_or_else(damaged)?);
        }
        // By number: as text, 10 would come before 2.
        numbers.sort_unstable();
        Ok(numbers)
    }
}
