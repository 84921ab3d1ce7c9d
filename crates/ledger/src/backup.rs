//! A copy of a ledger that is in use, as it was at one moment.

use std::fs::OpenOptions;
use std::path::Path;

use sqlx::Row;

use crate::error::LedgerError;
use crate::location::Location;
use crate::open::file::{at, connect};

/// Copies the ledger at an address into a new file that only its owner can read, as it is at one moment, whatever is written
/// meanwhile. It is not brought up to date: a newer program copies what an older one made before it changes it. Gives the schema.
///
/// # Errors
/// [`LedgerError::NotWritable`] when the ledger is not there or the copy can't be made; [`LedgerError::NotALedger`];
/// [`LedgerError::Location`] for a database, which its own tools copy.
pub async fn back_up(address: &str, to: &Path) -> Result<i64, LedgerError> {
    let Location::File(path) = Location::parse(address)? else {
        return Err(LedgerError::Location { reason: "a database is copied by its own tools, such as pg_dump".into() });
    };
    if !path.is_file() {
        return Err(LedgerError::NotWritable { path, reason: "it is not there".to_owned() });
    }
    let text = to.to_str().ok_or(LedgerError::Location { reason: "the path of the copy is not UTF-8".into() })?;
    // SQLite fills a file that is there and empty, and leaves its mode as it is.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(to)
        .map_err(|error| LedgerError::NotWritable { path: to.to_owned(), reason: error.kind().to_string() })?;
    let pool = connect(&path).await.map_err(|error| at(&path, error))?;
    let copied = async {
        let row = sqlx::query("SELECT max(version) AS version FROM _sqlx_migrations").fetch_one(&pool).await;
        let schema: i64 =
            row.map_err(|_| LedgerError::NotALedger { place: path.display().to_string() })?.try_get("version")?;
        sqlx::query("VACUUM INTO $1").bind(text).execute(&pool).await?;
        Ok(schema)
    };
    let copied = copied.await;
    pool.close().await;
    if copied.is_err() {
        // Nothing is left that could be taken for a copy; why it failed is what matters.
        let _ = std::fs::remove_file(to);
    }
    copied
}
