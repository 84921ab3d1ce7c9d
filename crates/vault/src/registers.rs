//! Registers of regions and gemeenten, and code lists, that reservations were made with: a period keeps the register of its first
//! issue, an issue is rendered with the labels that it was reserved with.

use object_store::path::Path;
use vt_domain::codes::CodeLists;
use vt_domain::register::{Register, RegisterSource};

use crate::error::VaultError;
use crate::objects::Vault;

impl Vault {
    /// Keeps a register under its version. `false` when it was kept before, also with other comments or order of rows, which
    /// are no part of the version.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when something else stands under the version.
    pub async fn keep_register(&self, register: &Register) -> Result<bool, VaultError> {
        // Unwrap safety: a struct of texts always has a JSON form.
        let bytes = serde_json::to_vec(register.source()).unwrap();
        match self.create(&path(register.version()), bytes.into()).await {
            Ok(created) => Ok(created),
            Err(VaultError::Conflict { .. }) => self.register(register.version()).await.map(|_| false),
            Err(error) => Err(error),
        }
    }

    /// The register of a version, when it was kept.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when what stands there is not that register.
    pub async fn register(&self, version: &str) -> Result<Option<Register>, VaultError> {
        let path = path(version);
        let Some(source) = self.read_json::<RegisterSource>(&path).await? else { return Ok(None) };
        let damaged = |reason: String| VaultError::Damaged { path: path.to_string(), reason };
        let register = Register::from_source(&source).map_err(|error| damaged(error.to_string()))?;
        if register.version() == version {
            Ok(Some(register))
        } else {
            Err(damaged(format!("it is register {}", register.version())))
        }
    }
}

impl Vault {
    /// Keeps code lists under their version. `false` when they were kept before.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Conflict`] when something else stands under the version.
    pub async fn keep_code_lists(&self, lists: &CodeLists) -> Result<bool, VaultError> {
        let bytes = lists.source().as_bytes().to_vec();
        self.create(&lists_path(lists.version()), bytes.into()).await
    }

    /// The code lists of a version, when they were kept.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store fails; [`VaultError::Damaged`] when what stands there is not those lists.
    pub async fn code_lists(&self, version: &str) -> Result<Option<CodeLists>, VaultError> {
        let path = lists_path(version);
        let Some(bytes) = self.read(&path).await? else { return Ok(None) };
        let lists = std::str::from_utf8(&bytes).ok().and_then(|text| CodeLists::from_csv(text).ok());
        let lists = lists.filter(|lists| lists.version() == version);
        let damaged =
            || VaultError::Damaged { path: path.to_string(), reason: format!("it is not code lists {version}") };
        lists.ok_or_else(damaged).map(Some)
    }
}

fn path(version: &str) -> Path {
    Path::from_iter(["registers", &format!("{version}.json")])
}

fn lists_path(version: &str) -> Path {
    Path::from_iter(["codelijsten", &format!("{version}.csv")])
}
