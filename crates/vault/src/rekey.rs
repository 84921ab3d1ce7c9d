//! Takes all objects over to the current key.
//!
//! Each object is written anew beside the old one, read back and compared, and only then put in its place, which a store does at once: it can be
//! read at every moment, with the old key or the new one. Nothing is noted on the way: an object says itself which key it takes, so
//! that whoever repeats it goes on where it stopped.

use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};
use parquet::errors::{ParquetError, Result as ParquetResult};
use serde::Serialize;
use tokio::runtime::Handle;
use vt_domain::contract::RecordType;

use crate::census::{Nature, in_registrations_folder};
use crate::error::VaultError;
use crate::objects::Vault;
use crate::reader::Registrations;
use crate::registrations::RegistrationWriter;
use crate::seal::StoreKeys;

/// Where objects stand on their way.
const FOLDER: &str = "rekey";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rekeyed {
    /// Objects that were taken over.
    pub taken_over: u64,
    /// Objects that took the current key already.
    pub current: u64,
    /// Objects that could not be opened, and why; they stay as they are.
    pub left: Vec<(String, String)>,
    /// Whether all objects were come to; not when it was told to stop.
    pub whole: bool,
}

impl Vault {
    /// Takes all objects over to the current key, until told to `stop`. What is not encrypted only with keys that accept it: sealing what
    /// somebody slipped in would make it genuine. `progress` is told how many of how many were come to. Nobody
    /// else may write meanwhile.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; repeat it to go on. An object that does not open is no error: it is among those left.
    pub async fn rekey(
        &self,
        stop: impl Fn() -> bool,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Rekeyed, VaultError> {
        let mut done = Rekeyed::default();
        let Some(keys) = self.keys() else { return Ok(done) };
        self.clear_scratch().await?;
        let objects = self.to_be_sealed().await?;
        let total = objects.len() as u64;
        for (come_to, meta) in (0..).zip(&objects) {
            progress(come_to, total);
            if stop() {
                return Ok(done);
            }
            self.take_over(keys, meta, &mut done).await?;
        }
        self.clear_scratch().await?;
        progress(total, total);
        done.whole = true;
        Ok(done)
    }

    async fn take_over(&self, keys: &StoreKeys, meta: &ObjectMeta, done: &mut Rekeyed) -> Result<(), VaultError> {
        let path = &meta.location;
        match self.nature(meta).await? {
            None => return Ok(()),
            Some(Nature::Sealed(fingerprint)) if fingerprint == keys.current().fingerprint() && !self.leaves(path) => {
                done.current += 1;
                return Ok(());
            }
            Some(Nature::Plain) if self.leaves(path) => {
                done.current += 1;
                return Ok(());
            }
            Some(_) => {}
        }
        let beside = Path::from_iter(Path::from(FOLDER).parts().chain(path.parts()));
        let written = match in_registrations_folder(path) {
            true => self.write_registrations_anew(path, &beside).await,
            false => self.write_anew(path, &beside).await,
        };
        match written {
            Ok(()) => {}
            Err(VaultError::Store { source: object_store::Error::NotFound { .. }, .. }) => return Ok(()),
            Err(error @ VaultError::Store { .. }) => return Err(error),
            Err(error) => {
                done.left.push((path.to_string(), error.to_string()));
                return self.remove(&beside).await;
            }
        }
        let replaced = self.store().rename(&beside, path).await;
        replaced.map_err(|source| VaultError::Store { path: path.to_string(), source })?;
        done.taken_over += 1;
        Ok(())
    }

    async fn write_anew(&self, path: &Path, beside: &Path) -> Result<(), VaultError> {
        let written = self.transfer((path, path), (beside, path)).await?;
        let read = self.digest(beside, path).await?;
        if read == written { Ok(()) } else { Err(differs(beside)) }
    }

    async fn write_registrations_anew(&self, path: &Path, beside: &Path) -> Result<(), VaultError> {
        let record = path.parts().nth(1).and_then(|name| name.as_ref().parse::<RecordType>().ok());
        let damaged = || VaultError::Damaged { path: path.to_string(), reason: "no record type's folder".to_owned() };
        let mut writer = self.registration_writer(beside.clone(), path, record.ok_or_else(damaged)?)?;
        let handle = Handle::current();
        let copied = self.read_registrations(path, move |file| {
            // Whatever failed, the writer comes back: half a file is given up.
            Ok((copy(file, &mut writer, &handle), writer))
        });
        match copied.await? {
            (Ok(()), writer) => writer.finish().await.map_err(of_store).map(drop)?,
            (Err(failure), writer) => {
                // Why it failed is what matters.
                let _ = writer.abort().await;
                return Err(match failure {
                    Failure::Written(error) => of_store(error),
                    // Read once more, for what is wrong with it in terms of this store.
                    Failure::Read(source) => match self.examine_registrations(path).await {
                        Err(error) => error,
                        Ok(()) => VaultError::Parquet { path: path.to_string(), source },
                    },
                });
            }
        }
        let copy = self.read_registrations_for(beside, path, |file| Ok(file.clone())).await?;
        let same = self.read_registrations(path, move |file| equal(file, &copy)).await?;
        if same { Ok(()) } else { Err(differs(beside)) }
    }

    /// Removes what was on its way when it was stopped.
    async fn clear_scratch(&self) -> Result<(), VaultError> {
        for path in self.list(&Path::from(FOLDER)).await? {
            self.remove(&path).await?;
        }
        Ok(())
    }
}

/// Which side of a copy failed.
enum Failure {
    Read(ParquetError),
    Written(VaultError),
}

/// Writes all rows of a file, in the same groups.
fn copy(file: &Registrations, writer: &mut RegistrationWriter, handle: &Handle) -> Result<(), Failure> {
    for group in 0..file.row_groups() {
        let batches = file.reader().with_row_groups(vec![group]).build().map_err(Failure::Read)?;
        for batch in batches {
            let batch = batch.map_err(|error| Failure::Read(error.into()))?;
            handle.block_on(writer.write(&batch)).map_err(Failure::Written)?;
        }
        handle.block_on(writer.end_group()).map_err(Failure::Written)?;
    }
    Ok(())
}

/// Whether two files hold the same rows in the same groups.
fn equal(one: &Registrations, other: &Registrations) -> ParquetResult<bool> {
    if one.row_groups() != other.row_groups() {
        return Ok(false);
    }
    for group in 0..one.row_groups() {
        let batches = |file: &Registrations| file.reader().with_row_groups(vec![group]).build();
        let (mut ones, mut others) = (batches(one)?, batches(other)?);
        loop {
            match (ones.next().transpose()?, others.next().transpose()?) {
                (None, None) => break,
                (one, other) if one == other => {}
                _ => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// A failure to write is one of the store.
fn of_store(error: VaultError) -> VaultError {
    match error {
        VaultError::Parquet { path, source } => VaultError::Store {
            path,
            source: object_store::Error::Generic { store: "registrations", source: Box::new(source) },
        },
        error => error,
    }
}

fn differs(path: &Path) -> VaultError {
    VaultError::Damaged { path: path.to_string(), reason: "it is not what was written a moment ago".to_owned() }
}
