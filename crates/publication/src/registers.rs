//! The register and the code lists that a reservation was made with: a period keeps the register of its first issue (DESIGN §3), an
//! issue is rendered with the labels that it was reserved with.

use std::borrow::Cow;

use vt_domain::codes::CodeLists;
use vt_domain::register::Register;
use vt_vault::Vault;

use crate::error::PublicationError;

/// The register of this version: the configured one, or the one that was kept when a period was first reserved with it.
///
/// # Errors
/// [`PublicationError::RegisterLost`] when it is neither; [`PublicationError::Vault`] when the private store fails or is damaged.
pub async fn register_of<'r>(
    vault: &Vault,
    version: &str,
    current: &'r Register,
) -> Result<Cow<'r, Register>, PublicationError> {
    if current.version() == version {
        return Ok(Cow::Borrowed(current));
    }
    let kept = vault.register(version).await?;
    kept.map(Cow::Owned).ok_or_else(|| PublicationError::RegisterLost { version: version.to_owned() })
}

/// The code lists of this version: the configured ones, or those that were kept when an issue was reserved with them.
///
/// # Errors
/// [`PublicationError::CodeListsLost`] when they are neither; [`PublicationError::Vault`] when the private store fails or is damaged.
pub async fn code_lists_of<'c>(
    vault: &Vault,
    version: &str,
    current: &'c CodeLists,
) -> Result<Cow<'c, CodeLists>, PublicationError> {
    // Reservations from before they were kept do not say which.
    if version.is_empty() || current.version() == version {
        return Ok(Cow::Borrowed(current));
    }
    let kept = vault.code_lists(version).await?;
    kept.map(Cow::Owned).ok_or_else(|| PublicationError::CodeListsLost { version: version.to_owned() })
}
