//! Where the cases run: a new file, or a new database of a real server.

use std::sync::Arc;

use tempfile::TempDir;
use vt_servers::Postgres;

use crate::ledger::Ledger;

/// A new place for a ledger, which goes with it.
pub(super) struct Home<T> {
    address: String,
    _keeps: T,
}

impl<T> Home<T> {
    /// Another handle on the ledger there.
    pub(super) async fn open(&self) -> Ledger {
        Ledger::open(&self.address).await.unwrap()
    }
}

pub(super) async fn sqlite() -> Home<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    Home { address: folder.path().join("ledger.sqlite").to_str().unwrap().to_owned(), _keeps: folder }
}

pub(super) async fn postgres() -> Home<Arc<Postgres>> {
    let server = Postgres::shared().unwrap();
    Home { address: server.new_ledger().unwrap(), _keeps: server }
}
