//! Opens a ledger in a database of a PostgreSQL server.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::postgres::PgDatabaseError;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions, Connection, Row};

use super::Migrated;
use crate::dialect::POSTGRES;
use crate::error::{BUSY_SECONDS, CONNECT_SECONDS, LedgerError, STATEMENT_SECONDS, read_only};
use crate::ledger::Ledger;
use crate::location::Server;
use crate::reach::within;

const CONNECT: Duration = Duration::from_secs(CONNECT_SECONDS);
/// So long an idle connection may take to answer before it counts as lost.
const PING: Option<Duration> = Some(Duration::from_secs(3));
const MAX_CONNECTIONS: u32 = 8;
/// So long a connection that nobody uses is kept, and any connection at all: a name that follows the primary is looked up anew.
const IDLE: Duration = Duration::from_secs(300);
const LIFETIME: Duration = Duration::from_secs(1800);
/// So long one process may wait for another to bring the schema up to date.
const MIGRATION_SECONDS: u64 = 300;

/// Opens the database, which must be there.
pub(super) async fn open(server: &Server) -> Result<Ledger, LedgerError> {
    if server.is_open() {
        tracing::warn!(ledger = %server, "without TLS: what goes to and from the ledger can be read on the way (sslmode=disable)");
    }
    let options = options(server)?;
    // By itself first: a pool would wait and tell nothing of why.
    let first = connect(&options).await.map_err(|error| at(server, error))?;
    migrate(first, server).await?;
    let standby = Arc::new(AtomicBool::new(false));
    Ok(Ledger::of_server(pool(options, &standby), standby))
}

/// What the database went through.
pub(super) async fn look(server: &Server) -> Result<Option<Migrated>, LedgerError> {
    let mut connection = connect(&options(server)?).await.map_err(|error| at(server, error))?;
    let stands = super::stands(&mut connection, &POSTGRES, &server.to_string()).await;
    let _ = within(PING, connection.close()).await;
    stands
}

fn options(server: &Server) -> Result<AnyConnectOptions, LedgerError> {
    install_default_drivers();
    files_are_there(server)?;
    let options = AnyConnectOptions::from_url(server.url());
    let unreadable = |_| LedgerError::Location { reason: "the address can't be read".into() };
    Ok(options.map_err(unreadable)?.disable_statement_logging())
}

/// Connects; waits for a server that is starting.
async fn connect(options: &AnyConnectOptions) -> Result<AnyConnection, sqlx::Error> {
    let began = Instant::now();
    loop {
        let mut connection = match within(Some(CONNECT), options.connect()).await {
            Err(error) if is_starting(&error) && began.elapsed() < CONNECT => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            outcome => outcome?,
        };
        set_up(&mut connection).await?;
        return Ok(connection);
    }
}

fn is_starting(error: &sqlx::Error) -> bool {
    let said = error.as_database_error().and_then(|said| said.try_downcast_ref::<PgDatabaseError>());
    said.is_some_and(|said| said.code() == "57P03")
}

/// Sets the limits of a connection, and sees to it that what is confirmed is on the disk.
async fn set_up(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let limits = AssertSqlSafe(format!(
        "SET lock_timeout = '{BUSY_SECONDS}s'; SET statement_timeout = '{STATEMENT_SECONDS}s';
        SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    ));
    within(PING, sqlx::raw_sql(limits).execute(connection)).await.map(drop)
}

fn pool(options: AnyConnectOptions, standby: &Arc<AtomicBool>) -> AnyPool {
    let (new, old) = (Arc::clone(standby), Arc::clone(standby));
    AnyPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(CONNECT)
        .idle_timeout(IDLE)
        .max_lifetime(LIFETIME)
        // Without a limit of its own; the looks below have one.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let standby = Arc::clone(&new);
            Box::pin(async move {
                set_up(connection).await?;
                // After a failover the old primary may answer for a while; the next try may find the new one.
                if takes_writes(connection, &standby).await? {
                    return Ok(());
                }
                Err(read_only())
            })
        })
        .before_acquire(move |connection, _| {
            let standby = Arc::clone(&old);
            Box::pin(async move { takes_writes(connection, &standby).await })
        })
        .after_release(|connection, _| Box::pin(async move { within(PING, connection.ping()).await.map(|()| true) }))
        .connect_lazy_with(options)
}

/// Whether the server answers in time and takes writes: one that became a standby does not.
async fn takes_writes(connection: &mut AnyConnection, standby: &AtomicBool) -> Result<bool, sqlx::Error> {
    let row = within(PING, sqlx::query("SHOW transaction_read_only").fetch_one(connection)).await?;
    let is_standby = row.try_get::<String, _>(0)? == "on";
    standby.store(is_standby, Ordering::Relaxed);
    Ok(!is_standby)
}

/// Brings the schema up to date, under a lock that all processes take that open the same ledger.
async fn migrate(mut connection: AnyConnection, server: &Server) -> Result<(), LedgerError> {
    const LOCK: &str =
        "SELECT pg_advisory_xact_lock(hashtextextended('vt-monitor ledger ' || coalesce(current_schema(), ''), 0))";
    let encoding = sqlx::query("SHOW server_encoding").fetch_one(&mut connection).await?;
    let encoding: String = encoding.try_get(0)?;
    if encoding != "UTF8" {
        return Err(LedgerError::Encoding { place: server.to_string(), encoding });
    }
    let patience = format!("SET lock_timeout = '{MIGRATION_SECONDS}s'; SET statement_timeout = '{MIGRATION_SECONDS}s'");
    sqlx::raw_sql(AssertSqlSafe(patience)).execute(&mut connection).await?;
    let mut transaction = connection.begin_with(POSTGRES.begin_write).await?;
    sqlx::raw_sql(LOCK).execute(&mut *transaction).await?;
    super::migrate(&mut transaction, &POSTGRES, &server.to_string()).await?;
    transaction.commit().await?;
    // What was to be done is done: a farewell that does not come through changes nothing.
    let _ = within(PING, connection.close()).await;
    Ok(())
}

fn files_are_there(server: &Server) -> Result<(), LedgerError> {
    for path in server.files() {
        if let Err(error) = std::fs::File::open(path) {
            let reason = format!("`{}` can't be read: {}", path.display(), error.kind());
            return Err(LedgerError::Tls { place: server.to_string(), reason });
        }
    }
    Ok(())
}

/// An error while connecting, with the server that it is about.
fn at(server: &Server, error: sqlx::Error) -> LedgerError {
    let place = server.to_string();
    match error {
        // A certificate that is refused comes as data that make no sense.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            LedgerError::Tls { place, reason: error.to_string() }
        }
        sqlx::Error::Tls(error) => LedgerError::Tls { place, reason: error.to_string() },
        sqlx::Error::Io(error) => LedgerError::NoAnswer { place, reason: error.to_string() },
        other => other.into(),
    }
}
