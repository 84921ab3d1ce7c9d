//! Copies the objects of a store, in an order in which nothing is there without what it rests on.

use anyhow::Result;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use super::generation::{Draft, folder_of};
use super::{BackupError, PRIVATE};

/// What makes an issue be there, of either store: listed and copied before what it rests on, which was written earlier.
const ISSUES: [&str; 4] = ["manifests", "kenmerk.json", "memory", "errata"];
/// The order of reservations: the name that is left of one says that it stands.
const ORDER: &str = "turns";
/// What makes a delivery be there; issues rest on it.
const VERDICTS: &str = "deliveries";
/// What says that something was removed: written before the removal, and so copied after what may be gone meanwhile.
const REMOVALS: &str = "removed";
/// What is nobody's yet.
const NEVER: [&str; 2] = ["quarantine", "doctor"];

/// The copying of one store.
pub(super) struct Copying<'a> {
    /// The store.
    pub store: &'a dyn ObjectStore,
    /// Its name in the backup.
    pub part: &'static str,
    /// Told to stop.
    pub stop: &'a CancellationToken,
}

/// When an object is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Order,
    Issues,
    Verdicts,
    /// What they rest on: keys and their history, registers, files of snapshots, registrations, raw bytes.
    Rest,
    Removals,
    Never,
}

/// The turn of an object.
pub(super) fn turn(part: &str, path: &Path) -> Turn {
    let Some(head) = path.parts().next() else { return Turn::Never };
    match head.as_ref() {
        head if NEVER.contains(&head) => Turn::Never,
        ORDER if part == PRIVATE => Turn::Order,
        head if ISSUES.contains(&head) => Turn::Issues,
        VERDICTS if part == PRIVATE => Turn::Verdicts,
        REMOVALS if part == PRIVATE => Turn::Removals,
        _ => Turn::Rest,
    }
}

impl Copying<'_> {
    /// Copies all. Each turn has a listing of its own, begun when the turn before has been copied.
    pub(super) async fn all(&self, draft: &mut Draft) -> Result<()> {
        for now in [Turn::Order, Turn::Issues, Turn::Verdicts, Turn::Rest, Turn::Removals] {
            let listed: Vec<ObjectMeta> = self
                .store
                .list(None)
                .try_filter(|meta| std::future::ready(turn(self.part, &meta.location) == now))
                .try_collect()
                .await?;
            for meta in listed {
                if self.stop.is_cancelled() {
                    return Err(BackupError::Stopped.into());
                }
                self.one(&meta, draft).await?;
            }
        }
        Ok(())
    }

    async fn one(&self, meta: &ObjectMeta, draft: &mut Draft) -> Result<()> {
        let name = format!("{}/{}", self.part, meta.location);
        if draft.take_over(&name, meta.size, meta.last_modified)? {
            return Ok(());
        }
        let found = match self.store.get(&meta.location).await {
            Ok(found) => found,
            // Removed since it was listed, after its term: the record of that is copied last.
            Err(Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let path = draft.path(&name);
        folder_of(&path)?;
        let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
        let (mut digest, mut bytes, mut stream) = (Sha256::new(), 0, found.into_stream());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            digest.update(&chunk);
            bytes += chunk.len() as u64;
            file.write_all(&chunk).await?;
        }
        file.sync_all().await?;
        draft.note(&name, bytes, hex::encode(digest.finalize()));
        Ok(())
    }
}
