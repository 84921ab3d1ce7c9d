//! Opens a ledger: brings its schema up to date, and says clearly why it can't.

pub(crate) mod file;
mod server;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyConnection, Row};

use crate::dialect::Dialect;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::location::Location;
use crate::migrations;

impl Ledger {
    /// Opens the ledger at an address: the path of a file, `sqlite:` and a path, or `postgres://user@host/database`. A file that
    /// isn't there is created, for its owner only; a database must be there. An older schema is brought up to date.
    ///
    /// # Errors
    /// As [`Ledger::open_at`]; [`LedgerError::Location`].
    pub async fn open(address: &str) -> Result<Self, LedgerError> {
        Self::open_at(&Location::parse(address)?).await
    }

    /// The schema of the ledger at a location; nothing when there is no file, or nothing in it or in the database. Changes nothing.
    ///
    /// # Errors
    /// As [`Ledger::open_at`].
    pub async fn schema_at(location: &Location) -> Result<Option<i64>, LedgerError> {
        let stands = match location {
            Location::File(path) if !path.exists() => None,
            Location::File(path) => file::look(path).await?,
            Location::Server(server) => server::look(server).await?,
        };
        let (found, known) = (stands.and_then(|stands| Some(stands.last()?.0)), Self::known_schema());
        match found {
            Some(found) if found > known => Err(LedgerError::Newer { found, known }),
            found => Ok(found),
        }
    }

    /// Opens the ledger at a location.
    ///
    /// # Errors
    /// Says what to do. Of a file: [`LedgerError::NoFolder`], [`LedgerError::NotWritable`]; of a server:
    /// [`LedgerError::NoAnswer`], [`LedgerError::Tls`], [`LedgerError::LoginRefused`], [`LedgerError::NoDatabase`]; of both:
    /// [`LedgerError::NotALedger`], [`LedgerError::Newer`], [`LedgerError::OtherHistory`], [`LedgerError::Locked`].
    pub async fn open_at(location: &Location) -> Result<Self, LedgerError> {
        match location {
            Location::File(path) => file::open(path).await,
            Location::Server(server) => server::open(server).await,
        }
    }
}

/// Brings the schema up to date within a transaction that has all other processes wait.
async fn migrate(connection: &mut AnyConnection, dialect: &Dialect, place: &str) -> Result<(), LedgerError> {
    let migrator = (dialect.migrations)();
    let stands = stands(connection, dialect, place).await?;
    if stands.as_deref().is_some_and(|stands| is_whole(stands, &migrator)) {
        // Whoever may only read and write the tables gets this far.
        return Ok(());
    }
    // `run` goes through `Acquire`, with which the compiler can't show that this future may change threads; `run_direct` is what it calls.
    migrator.run_direct(None, connection, false).await.map_err(|error| unmigrated(error, migrations::newest(&migrator)))
}

/// The migrations that a database went through, with their digests.
type Migrated = Vec<(i64, Vec<u8>)>;

/// The migrations that a database went through; nothing when it is empty.
async fn stands(
    connection: &mut AnyConnection,
    dialect: &Dialect,
    place: &str,
) -> Result<Option<Migrated>, LedgerError> {
    let row = sqlx::query(dialect.tables).fetch_one(&mut *connection).await?;
    let (tables, ours): (i64, i64) = (row.try_get("tables")?, row.try_get("ours")?);
    match (tables, ours) {
        (0, _) => Ok(None),
        (_, 0) => Err(LedgerError::NotALedger { place: place.to_owned() }),
        _ => {
            let rows = sqlx::query("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
            let rows = rows.fetch_all(connection).await?;
            let pairs = rows.iter().map(|row| Ok((row.try_get("version")?, row.try_get("checksum")?)));
            Ok(Some(pairs.collect::<Result<_, sqlx::Error>>()?))
        }
    }
}

fn is_whole(stands: &[(i64, Vec<u8>)], migrator: &Migrator) -> bool {
    migrator.iter().map(|known| (known.version, known.checksum.to_vec())).eq(stands.iter().cloned())
}

fn unmigrated(error: MigrateError, known: i64) -> LedgerError {
    match error {
        MigrateError::VersionMissing(found) if found > known => LedgerError::Newer { found, known },
        MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
            LedgerError::OtherHistory { version }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => LedgerError::Database(sqlx::Error::Migrate(Box::new(other))),
    }
}
