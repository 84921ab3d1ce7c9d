//! What a database says, as an error of the ledger.

use std::io::{self, ErrorKind};

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use super::LedgerError;

pub(crate) const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
pub(crate) const SQLITE_READONLY: u32 = 8;
const SQLITE_FULL: u32 = 13;
pub(crate) const SQLITE_CANTOPEN: u32 = 14;
pub(crate) const SQLITE_NOTADB: u32 = 26;

/// The error that the ledger gives for one of its database.
pub(super) fn of(error: sqlx::Error) -> LedgerError {
    if is_lost(&error) {
        return LedgerError::ConnectionLost;
    }
    match &error {
        sqlx::Error::PoolTimedOut => return LedgerError::NoConnection,
        sqlx::Error::Io(_) => return LedgerError::ReadOnly,
        sqlx::Error::Database(said) => {
            if let Some(server) = said.try_downcast_ref::<PgDatabaseError>() {
                return of_server(server).unwrap_or(LedgerError::Database(error));
            }
        }
        _ => {}
    }
    match sqlite_code(&error) {
        Some(SQLITE_BUSY | SQLITE_LOCKED) => LedgerError::Locked,
        Some(SQLITE_FULL) => LedgerError::Full,
        Some(SQLITE_READONLY) => LedgerError::ReadOnly,
        _ => LedgerError::Database(error),
    }
}

/// By PostgreSQL's codes (its manual, appendix A). What it says of a login names the user and never the password.
fn of_server(error: &PgDatabaseError) -> Option<LedgerError> {
    let said = || error.message().to_owned();
    Some(match error.code() {
        "55P03" => LedgerError::Locked,
        "40001" | "40P01" => LedgerError::Contended,
        "57014" => LedgerError::Slow,
        "53100" => LedgerError::Full,
        "25006" => LedgerError::ReadOnly,
        "53300" => LedgerError::TooManyConnections { said: said() },
        "28000" | "28P01" => LedgerError::LoginRefused { said: said() },
        "3D000" | "3F000" => LedgerError::NoDatabase { said: said() },
        "42501" => LedgerError::NotAllowed { said: said() },
        _ => return None,
    })
}

/// Whether the connection was lost: by the network, or because the server stops, starts or ended it.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        // The other kind is ours: see `read_only`.
        sqlx::Error::Io(error) => error.kind() != ErrorKind::ReadOnlyFilesystem,
        sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(said) => said.try_downcast_ref::<PgDatabaseError>().is_some_and(|said| {
            let code = said.code();
            code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03")
        }),
        _ => false,
    }
}

/// The server answers, and takes no writes.
pub(crate) fn read_only() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(ErrorKind::ReadOnlyFilesystem, "the server takes no writes"))
}

/// SQLite's primary result code, when the error is SQLite's.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error()?.try_downcast_ref::<SqliteError>()?;
    let extended: u32 = DatabaseError::code(error)?.parse().ok()?;
    Some(extended & 0xff)
}
