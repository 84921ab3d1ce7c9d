//! What a store can be that no fault is: wrong whatever it answers.

use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, Result};

/// How a store is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It creates what is there already, as a store that passes over a condition it does not know.
    CreatesTwice,
    /// It looks whether an object is there before it creates it, and not while: of several at once all win.
    LooksBeforeItCreates,
    /// It refuses to remove.
    KeepsAll,
    /// A listing does not show what was written.
    ListsLate,
}

pub(super) async fn put(
    flaw: Option<Flaw>,
    inner: Arc<dyn ObjectStore>,
    location: &Path,
    payload: PutPayload,
    options: PutOptions,
) -> Result<PutResult> {
    let over = PutOptions { mode: PutMode::Overwrite, ..options.clone() };
    match flaw {
        Some(Flaw::CreatesTwice) => inner.put_opts(location, payload, over).await,
        Some(Flaw::LooksBeforeItCreates) if options.mode == PutMode::Create => {
            if inner.head(location).await.is_ok() {
                let path = location.to_string();
                return Err(Error::AlreadyExists { path, source: "it is there".into() });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            inner.put_opts(location, payload, over).await
        }
        _ => inner.put_opts(location, payload, options).await,
    }
}
