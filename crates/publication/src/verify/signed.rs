//! Signatures of manifests and errata.

use object_store::ObjectStore;
use vt_domain::snapshot::{Issue, Manifest, signature_of};

use super::collect::Collector;
use super::report::Rule;
use crate::publish::store::{self, StoreError};
use crate::sign::{self, BadSignature, PublicKey};

/// Checks the signature of a file. Without keys only that there is one, in the right form.
pub(super) async fn check(
    store: &dyn ObjectStore,
    path: &str,
    keys: &[PublicKey],
    found: &mut Collector,
) -> Result<(), StoreError> {
    let at = signature_of(path);
    let Some(bytes) = store::read(store, path).await? else { return Ok(()) };
    let Some(signature) = store::read(store, &at).await? else {
        found.add(path, None, Rule::Signature, "it is not signed");
        return Ok(());
    };
    match sign::check(path, &bytes, &signature, keys) {
        Ok(_) => {}
        Err(BadSignature::OtherKey) if keys.is_empty() => {}
        Err(error @ BadSignature::FileChanged) => found.add(path, None, Rule::Signature, error.to_string()),
        Err(error) => found.add(&at, None, Rule::Signature, error.to_string()),
    }
    Ok(())
}

/// A manifest names its own signature.
pub(super) fn check_named(issue: Issue, manifest: &Manifest, found: &mut Collector) {
    let name = signature_of(&format!("{}.json", issue.uitgave));
    if manifest.handtekening.as_ref() != Some(&name) {
        found.add(&issue.manifest(), "handtekening".to_owned(), Rule::Signature, format!("it must be {name}"));
    }
}
