//! Writing a draft to the published store (DESIGN §5): data files, the signature, the manifest that is the commit, then what follows
//! from it: the history and `latest.json`.
//!
//! Every write is create-or-equal, so that each step may be repeated after a crash at any point, and by several publishers at once:
//! they finish the same draft. Nothing is overwritten but `latest.json` and the pages, which are rebuilt from a listing.

pub mod latest;
pub mod mark;
pub mod pages;
pub mod store;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use vt_domain::snapshot::{Issue, LATEST_PATH, signature_of};
use vt_vault::{VaultError, create_or_equal};

use crate::draft::{ProofError, SnapshotDraft};
use crate::render::FormError;
use crate::sign::{self, Signer};

pub use latest::rebuild_latest;
pub(crate) use mark::mark_of;
pub use mark::{MARK_PATH, read_mark, write_mark};
pub use pages::rebuild_pages;
pub use store::StoreError;

/// A step of publishing; reported before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishStep {
    /// The three forms of every table are read back and compared.
    Prove,
    /// A data file is written.
    File(String),
    /// The signature of the manifest is written.
    Signature(String),
    /// The manifest is written: the commit.
    Commit(String),
    /// A file of the history is written.
    History(String),
    /// `latest.json` is rebuilt.
    Latest,
    /// All is done.
    Done,
}

/// Is told each step before it is done; can stop publishing at a step's boundary.
pub trait StepObserver: Send + Sync {
    /// Called before a step. `Break` stops here: whoever publishes the same reservation again goes on.
    fn before(&self, step: &PublishStep) -> ControlFlow<()>;
}

/// Goes on, and tells nobody.
impl StepObserver for () {
    fn before(&self, _: &PublishStep) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: Fn(&PublishStep) -> ControlFlow<()> + Send + Sync> StepObserver for F {
    fn before(&self, step: &PublishStep) -> ControlFlow<()> {
        self(step)
    }
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedSnapshot {
    /// The issue.
    pub issue: Issue,
    /// Path of its manifest.
    pub manifest: String,
    /// SHA-256 of its manifest.
    pub sha256: String,
    /// How many data files were written now; the others stood there already, equal.
    pub files_written: usize,
    /// Whether the manifest was written now; otherwise the snapshot was published already.
    pub committed: bool,
    /// Whether `latest.json` changed.
    pub latest_changed: bool,
}

/// Why a draft was not (or not wholly) published. Repeating goes on where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The forms of a table are not equal.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The published store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The history cannot be written.
    #[error("the history cannot be written: {source}")]
    History {
        /// What is wrong.
        #[source]
        source: FormError,
    },
    /// Other bytes stand where the draft must be written.
    #[error(
        "published store, {path}: exists already with other content than the reservation gives; nothing was overwritten. \
         Another program version or another private store wrote it"
    )]
    Conflict {
        /// The object.
        path: String,
    },
    /// The observer stopped it.
    #[error("stopped before {0:?}; publish again to go on")]
    Stopped(PublishStep),
}

impl PublishError {
    /// Whether the same call can succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => vt_vault::is_transient(&error.source),
            Self::Stopped(_) => true,
            Self::Proof(_) | Self::History { .. } | Self::Conflict { .. } => false,
        }
    }
}

/// Publishes a draft. Published already, it changes nothing and says so.
///
/// # Errors
/// [`PublishError::Conflict`] when other bytes stand there; [`PublishError::Store`] when the store fails, also with an unknown
/// outcome: repeat it.
pub async fn publish(
    store: &dyn ObjectStore,
    draft: &SnapshotDraft,
    signer: &Signer,
    observer: &dyn StepObserver,
) -> Result<PublishedSnapshot, PublishError> {
    let announce = |step: PublishStep| match observer.before(&step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(PublishError::Stopped(step)),
    };
    announce(PublishStep::Prove)?;
    draft.prove()?;
    let issue = draft.issue();
    let mut files_written = 0;
    for file in draft.files() {
        let path = issue.file(&file.entry.naam);
        announce(PublishStep::File(path.clone()))?;
        files_written += usize::from(create(store, &path, file.bytes.clone()).await?);
    }
    let manifest = issue.manifest();
    let bytes = Bytes::from(draft.manifest().to_bytes());
    let sha256 = store::sha256(&bytes);
    announce(PublishStep::Signature(issue.signature()))?;
    write_signature(store, signer, &manifest, &bytes).await?;
    announce(PublishStep::Commit(manifest.clone()))?;
    let committed = create(store, &manifest, bytes).await?;
    for file in draft.history() {
        announce(PublishStep::History(file.entry.naam.clone()))?;
        create(store, &file.entry.naam, file.bytes.clone()).await?;
    }
    announce(PublishStep::Latest)?;
    let latest_changed = rebuild_latest(store).await?;
    announce(PublishStep::Done)?;
    Ok(PublishedSnapshot { issue, manifest, sha256, files_written, committed, latest_changed })
}

/// Writes the signature of a file that is about to be written. One that an earlier key of ours made of the same bytes stays.
pub(crate) async fn write_signature(
    store: &dyn ObjectStore,
    signer: &Signer,
    path: &str,
    bytes: &Bytes,
) -> Result<(), PublishError> {
    let at = signature_of(path);
    match create(store, &at, signer.sign(path, bytes).into()).await {
        Err(PublishError::Conflict { path: conflict }) => match store::read(store, &at).await? {
            Some(present) if sign::check(path, bytes, &present, signer.own()).is_ok() => Ok(()),
            _ => Err(PublishError::Conflict { path: conflict }),
        },
        written => written.map(drop),
    }
}

/// Writes an object once; `false` when it stood there already, equal.
pub(crate) async fn create(store: &dyn ObjectStore, path: &str, bytes: Bytes) -> Result<bool, PublishError> {
    create_or_equal(store, &Path::from(path), bytes).await.map_err(|error| match error {
        VaultError::Conflict { path } => PublishError::Conflict { path },
        VaultError::Store { path, source } => StoreError { path, source }.into(),
        // Writing bytes meets no other errors; said as what it would be.
        other => {
            let source = object_store::Error::Generic { store: "published", source: other.to_string().into() };
            StoreError { path: path.to_owned(), source }.into()
        }
    })
}

/// Whether an issue is published: its manifest exists.
///
/// # Errors
/// [`StoreError`] when the store fails.
pub async fn is_published(store: &dyn ObjectStore, issue: Issue) -> Result<bool, StoreError> {
    Ok(store::read(store, &issue.manifest()).await?.is_some())
}

/// The newest snapshot per cadence, as `latest.json` says it; nothing when there is no such file yet.
///
/// # Errors
/// [`StoreError`] when the store fails; a damaged file reads as nothing, for it can be rebuilt.
pub async fn read_latest(store: &dyn ObjectStore) -> Result<Option<vt_domain::snapshot::Latest>, StoreError> {
    let bytes = store::read(store, LATEST_PATH).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}
