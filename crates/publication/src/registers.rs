//! The register that a reservation was made with: a period keeps that of its first issue (DESIGN §3).

use std::borrow::Cow;

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
