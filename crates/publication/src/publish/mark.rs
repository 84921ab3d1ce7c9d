//! The mark of identity of a published store: that of the private store with which it was made. It tells the store from an empty
//! folder, and from another store; readers need not look at it.

use object_store::ObjectStore;
use serde::{Deserialize, Serialize};

use super::store::{self, StoreError};
use super::{PublishError, create};

/// Where the mark stands.
pub const MARK_PATH: &str = "kenmerk.json";

/// Version of its form.
const FORMAAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Mark {
    formaat: u32,
    kenmerk: String,
    /// Of the mark, so that a damaged one shows.
    sha256: String,
}

/// The bytes of a mark.
fn bytes_of(kenmerk: &str) -> Vec<u8> {
    let mark = Mark { formaat: FORMAAT, kenmerk: kenmerk.to_owned(), sha256: store::sha256(kenmerk.as_bytes()) };
    // Unwrap safety: a number and texts always serialise.
    let mut bytes = serde_json::to_vec_pretty(&mark).unwrap();
    bytes.push(b'\n');
    bytes
}

/// The mark that bytes are; nothing when they are none, whole to the byte.
pub(crate) fn mark_of(bytes: &[u8]) -> Option<String> {
    let mark = serde_json::from_slice::<Mark>(bytes).ok()?;
    (bytes_of(&mark.kenmerk) == bytes).then_some(mark.kenmerk)
}

/// The mark that a store bears; nothing when it bears none. One that is damaged is no store's, and empty.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn read_mark(store: &dyn ObjectStore) -> Result<Option<String>, StoreError> {
    let bytes = store::read(store, MARK_PATH).await?;
    Ok(bytes.map(|bytes| mark_of(&bytes).unwrap_or_default()))
}

/// Marks a store that bears no mark yet, or this one.
///
/// # Errors
/// [`PublishError::Conflict`] when it bears another one; [`PublishError::Store`] when the store fails.
pub async fn write_mark(store: &dyn ObjectStore, kenmerk: &str) -> Result<(), PublishError> {
    create(store, MARK_PATH, bytes_of(kenmerk).into()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn a_store_gets_one_mark() {
        let store = InMemory::new();
        assert_eq!(read_mark(&store).await.unwrap(), None);
        write_mark(&store, "one").await.unwrap();
        write_mark(&store, "one").await.unwrap();
        assert!(matches!(write_mark(&store, "two").await.unwrap_err(), PublishError::Conflict { .. }));
        assert_eq!(read_mark(&store).await.unwrap().as_deref(), Some("one"));
        let whole = bytes_of("3f9a");
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert_eq!(mark_of(&changed), None, "byte {place}");
        }
    }
}
