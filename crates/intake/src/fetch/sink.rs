//! Where a file's bytes go: into the quarantine, never more than promised, and complete only when size and digest are met.

use bytes::Bytes;
use vt_domain::delivery::{DeliveryId, FileEntry};
use vt_vault::{QuarantineWriter, Vault};

use crate::fetch::error::Fault;

/// One file on its way into the quarantine.
pub(super) struct Sink<'a> {
    vault: &'a Vault,
    id: &'a DeliveryId,
    file: &'a FileEntry,
    writer: Option<QuarantineWriter>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(vault: &'a Vault, id: &'a DeliveryId, file: &'a FileEntry) -> Self {
        Self { vault, id, file, writer: None }
    }

    /// How many bytes are in.
    pub(super) fn received(&self) -> u64 {
        self.writer.as_ref().map_or(0, QuarantineWriter::bytes)
    }

    /// Adds bytes; refuses the first one beyond the promise, whatever the headers say.
    pub(super) async fn write(&mut self, chunk: Bytes) -> Result<(), Fault> {
        let received = self.received().saturating_add(chunk.len() as u64);
        if received > self.file.bytes {
            return Err(Fault::Size { promised: self.file.bytes, received });
        }
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open().await?,
        };
        Ok(self.writer.insert(writer).write(chunk).await?)
    }

    /// Completes the file when it is what was promised.
    pub(super) async fn finish(&mut self) -> Result<(), Fault> {
        let received = self.received();
        if received != self.file.bytes {
            return Err(Fault::Size { promised: self.file.bytes, received });
        }
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open().await?,
        };
        let (_, digest) = writer.finish().await?;
        if digest == self.file.sha256 { Ok(()) } else { Err(Fault::Digest) }
    }

    /// Forgets what came in so far. Failing to is no fault of its own: an unfinished upload is not there for readers.
    pub(super) async fn discard(&mut self) {
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.abort().await
        {
            tracing::debug!(%error, "an unfinished file in the quarantine could not be removed");
        }
    }

    async fn open(&self) -> Result<QuarantineWriter, Fault> {
        Ok(self.vault.quarantine(self.id, &self.file.kept_name()).await?)
    }
}
