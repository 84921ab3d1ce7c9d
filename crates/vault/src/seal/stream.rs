//! Objects that are sealed and opened as they stream: memory does not grow with them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::{StreamReader, StreamWriter};
use bytes::{Bytes, BytesMut};
use futures::io::{AsyncRead, AsyncReadExt};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;

use super::binding::Opener;
use super::{MAGIC, StoreKeys, bound_name, is_sealed, refused};
use crate::error::VaultError;

/// How much is opened at once: age's own pieces.
const PIECE: usize = 64 * 1024;

/// Seals what is written, and hands over what is ready.
pub(crate) struct SealWriter {
    writer: StreamWriter<Drain>,
    ready: Drain,
}

impl SealWriter {
    pub(super) fn new(encryptor: age::Encryptor) -> io::Result<Self> {
        let ready = Drain::default();
        Ok(Self { writer: encryptor.wrap_output(ready.clone())?, ready })
    }

    /// Takes plain bytes; gives sealed ones, when a piece is full.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<Bytes> {
        self.writer.write_all(bytes)?;
        Ok(self.ready.take())
    }

    /// Gives the last piece, without which the object does not open.
    pub fn finish(self) -> io::Result<Bytes> {
        self.writer.finish()?;
        Ok(self.ready.take())
    }
}

/// Sealed bytes that are ready.
#[derive(Clone, Default)]
struct Drain(Arc<Mutex<Vec<u8>>>);

impl Drain {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Drain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Stored = BoxStream<'static, object_store::Result<Bytes>>;

/// The stream with its first bytes looked at: whether they are those of a sealed object.
pub(crate) async fn look(mut stored: Stored) -> object_store::Result<(bool, Bytes, Stored)> {
    let mut head = BytesMut::new();
    while head.len() < MAGIC.len() {
        match stored.try_next().await? {
            Some(more) => head.extend_from_slice(&more),
            None => break,
        }
    }
    let head = head.freeze();
    let whole = stream::once(futures::future::ready(Ok(head.clone()))).chain(stored).boxed();
    Ok((is_sealed(&head), head, whole))
}

/// Opens a sealed stream. What is given out is authenticated, piece by piece; that it was the whole of it is known at its end.
pub(crate) async fn open(
    keys: &StoreKeys,
    path: &Path,
    stored: Stored,
) -> Result<BoxStream<'static, Result<Bytes, VaultError>>, VaultError> {
    let name = path.to_string();
    let reader = stored.map_err(io::Error::other).into_async_read();
    let decryptor = age::Decryptor::new_async_buffered(reader).await.map_err(|error| match error {
        age::DecryptError::Io(source) => failed(&name, source),
        _ => VaultError::NotGenuine { path: name.clone() },
    })?;
    let opened = unlock(keys, path, decryptor)?;
    Ok(stream::try_unfold((opened, name), |(mut opened, name)| async move {
        let mut piece = vec![0; PIECE];
        let count = opened.read(&mut piece).await.map_err(|source| failed(&name, source))?;
        piece.truncate(count);
        Ok((count > 0).then(|| (Bytes::from(piece), (opened, name))))
    })
    .boxed())
}

fn unlock<R: AsyncRead + Unpin>(
    keys: &StoreKeys,
    path: &Path,
    decryptor: age::Decryptor<R>,
) -> Result<StreamReader<R>, VaultError> {
    let name = bound_name(path);
    let opener = Opener::new(keys, &name);
    decryptor.decrypt_async(std::iter::once(&opener as &dyn age::Identity)).map_err(|_| refused(path, opener.fault()))
}

/// The store's own failure, or that the bytes are not those that were sealed.
fn failed(path: &str, error: io::Error) -> VaultError {
    let path = path.to_owned();
    match error.into_inner().map(|inner| inner.downcast::<object_store::Error>()) {
        Some(Ok(source)) => VaultError::Store { path, source: *source },
        _ => VaultError::NotGenuine { path },
    }
}
