//! Opens a ledger in an SQLite file: creates the file when it isn't there.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::sync::Mutex;

use super::Migrated;
use crate::error::{
    BUSY_SECONDS, LedgerError, SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_READONLY, sqlite_code,
};
use crate::ledger::Ledger;
use crate::{dialect, location};

/// One opening at a time in a process: closing any handle on a file drops the process's locks on it, also those that SQLite
/// holds through another handle (sqlite.org/howtocorrupt.html §2.2), so our own handle must be gone before SQLite comes.
static OPENING: Mutex<()> = Mutex::const_new(());

const MAX_CONNECTIONS: u32 = 4;

/// Opens the file. One that isn't there is created, for its owner only.
pub(super) async fn open(path: &Path) -> Result<Ledger, LedgerError> {
    let _turn = OPENING.lock().await;
    create(path)?;
    warn_when_others_may_read(path);
    let pool = connect(path).await.map_err(|error| at(path, error))?;
    keep_a_write_ahead_log(&pool).await.map_err(|error| at(path, error))?;
    migrate(&pool, path).await?;
    Ok(Ledger::of_file(pool))
}

/// What the file went through; it is there.
pub(super) async fn look(path: &Path) -> Result<Option<Migrated>, LedgerError> {
    let _turn = OPENING.lock().await;
    install_default_drivers();
    let options: AnyConnectOptions = location::url(path).parse()?;
    let mut connection = options.disable_statement_logging().connect().await.map_err(|error| at(path, error))?;
    let stands = super::stands(&mut connection, &dialect::SQLITE, &path.display().to_string()).await;
    connection.close().await?;
    stands.map_err(|error| match error {
        LedgerError::Database(error) => at(path, error),
        other => other,
    })
}

/// Creates the file when it isn't there, readable by its owner only: counts in it are exact, and so private.
fn create(path: &Path) -> Result<(), LedgerError> {
    if !path.parent().is_some_and(Path::exists) {
        return Err(LedgerError::NoFolder { path: path.to_owned() });
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && !path.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(not_writable(path, "it is a folder")),
        Err(error) => Err(not_writable(path, &error.kind().to_string())),
    }
}

fn not_writable(path: &Path, reason: &str) -> LedgerError {
    LedgerError::NotWritable { path: path.to_owned(), reason: reason.to_owned() }
}

/// A file that was restored with wider permissions is used, but not in silence.
fn warn_when_others_may_read(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = path.metadata() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), mode = format!("{mode:o}"), "the ledger may be read by others; set its mode to 600");
        }
    }
}

pub(crate) async fn connect(path: &Path) -> Result<AnyPool, sqlx::Error> {
    install_default_drivers();
    let options: AnyConnectOptions = location::url(path).parse()?;
    AnyPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        .after_release(|connection, _| {
            Box::pin(async move {
                // A rollback that was begun is done before this is answered.
                connection.ping().await?;
                // A disk that is full ends a transaction by itself; the driver still counts it, and would begin no other one.
                Ok(!connection.is_in_transaction())
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                let wait = AssertSqlSafe(format!("PRAGMA busy_timeout = {}", BUSY_SECONDS * 1000));
                sqlx::query(wait).execute(connection).await.map(drop)
            })
        })
        .connect_with(options.disable_statement_logging())
        .await
}

/// With a write-ahead log, readers and the writer don't wait for each other.
async fn keep_a_write_ahead_log(pool: &AnyPool) -> Result<(), sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL").fetch_one(pool).await {
            // The switch fails at once when another process opens the same new file: SQLite's own waiting doesn't cover it.
            Err(error) if sqlite_code(&error) == Some(SQLITE_BUSY) && waited.as_secs() < BUSY_SECONDS => {
                tokio::time::sleep(PAUSE).await;
                waited += PAUSE;
            }
            Err(error) => return Err(error),
            Ok(row) => {
                let mode: String = row.try_get(0)?;
                if mode != "wal" {
                    tracing::warn!(
                        mode,
                        "the ledger's file system has no write-ahead log; processes will wait for each other"
                    );
                }
                return Ok(());
            }
        }
    }
}

/// Brings the schema up to date in one transaction, so that of several processes one does it and the others wait.
async fn migrate(pool: &AnyPool, path: &Path) -> Result<(), LedgerError> {
    let mut transaction = pool.begin_with(dialect::SQLITE.begin_write).await.map_err(|error| at(path, error))?;
    super::migrate(&mut transaction, &dialect::SQLITE, &path.display().to_string()).await?;
    Ok(transaction.commit().await?)
}

/// An error while opening, with the file that it is about.
pub(crate) fn at(path: &Path, error: sqlx::Error) -> LedgerError {
    match sqlite_code(&error) {
        Some(SQLITE_NOTADB) => LedgerError::NotALedger { place: path.display().to_string() },
        Some(SQLITE_READONLY) => not_writable(path, "it is read-only"),
        Some(SQLITE_CANTOPEN) => not_writable(path, "it can't be opened"),
        _ => error.into(),
    }
}
