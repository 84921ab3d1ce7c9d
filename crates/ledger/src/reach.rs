//! How statements reach the database: none waits for ever, and a read whose connection was lost is read again. Networks swallow
//! connections without a word, and the driver itself would wait for as long as that lasts.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Describe, Either, Execute, Executor, SqlStr, Transaction};

use crate::dialect::Dialect;
use crate::error::{is_lost, read_only};

/// How often a read is tried when its connection is lost: a restart takes a moment, in which new connections are waited for.
const TRIES: u32 = 3;

/// Connections for single statements that read.
#[derive(Clone)]
pub(crate) struct Reads {
    pool: AnyPool,
    patience: Option<Duration>,
    /// Set as long as the server takes no writes; connections to it are none.
    standby: Arc<AtomicBool>,
}

impl Reads {
    pub(crate) fn new(pool: AnyPool, dialect: &Dialect, standby: Arc<AtomicBool>) -> Self {
        Self { pool, patience: dialect.patience, standby }
    }

    /// Begins a transaction, on a connection that answered just now.
    pub(crate) async fn begin(&self, statement: &'static str) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let began = Instant::now();
        loop {
            match within(self.patience, self.pool.begin_with(statement)).await {
                // Nothing was done yet.
                Err(error) if is_lost(&error) && self.may_try_again(began) => {}
                outcome => return outcome.map_err(|error| self.told(error)),
            }
        }
    }

    /// A connection of its own, without limits.
    #[cfg(test)]
    pub(crate) async fn connection(&self) -> Result<sqlx::pool::PoolConnection<Any>, sqlx::Error> {
        self.pool.acquire().await.map_err(|error| self.told(error))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Why no connection came, where that is known.
    fn told(&self, error: sqlx::Error) -> sqlx::Error {
        match error {
            sqlx::Error::PoolTimedOut if self.standby.load(Ordering::Relaxed) => read_only(),
            other => other,
        }
    }

    fn may_try_again(&self, began: Instant) -> bool {
        self.patience.is_some_and(|patience| began.elapsed() < patience / 2)
    }

    /// Reads, and again when the connection was lost meanwhile.
    async fn read<T>(&self, asked: Asked, send: Send<T>) -> Result<T, sqlx::Error> {
        let began = Instant::now();
        let mut tries = 1;
        loop {
            let answered = async { send(asked.query(), &mut *self.pool.acquire().await?).await };
            match within(self.patience, answered).await {
                Err(error) if is_lost(&error) && tries < TRIES && self.may_try_again(began) => tries += 1,
                outcome => return outcome.map_err(|error| self.told(error)),
            }
        }
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").finish_non_exhaustive()
    }
}

/// A connection whose statements don't wait for ever.
#[derive(Debug)]
pub(crate) struct Bounded<'c> {
    pub(crate) connection: &'c mut AnyConnection,
    pub(crate) patience: Option<Duration>,
}

/// Waits for an answer, for as long as is bearable.
pub(crate) async fn within<T>(
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let Some(patience) = patience else { return work.await };
    match tokio::time::timeout(patience, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// A statement and its parameters, to be sent more than once.
struct Asked {
    sql: SqlStr,
    arguments: AnyArguments,
}

impl Asked {
    fn of<'q>(mut query: impl Execute<'q, Any>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        Ok(Self { sql: query.sql(), arguments: arguments.unwrap_or_default() })
    }

    fn query(&self) -> Query<'static, Any, AnyArguments> {
        let mut arguments = AnyArguments::default();
        arguments.values.0.clone_from(&self.arguments.values.0);
        sqlx::query_with(self.sql.clone(), arguments)
    }
}

/// Sends a statement over a connection.
type Send<T> =
    for<'a> fn(Query<'static, Any, AnyArguments>, &'a mut AnyConnection) -> BoxFuture<'a, Result<T, sqlx::Error>>;

type Streamed<'e> = BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>;

impl<'c> Executor<'c> for &'c Reads {
    type Database = Any;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<AnyQueryResult, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let asked = Asked::of(query);
        Box::pin(async move {
            let asked = asked?;
            // Once: it may change something.
            let done = async { asked.query().execute(&mut *self.pool.acquire().await?).await };
            within(self.patience, done).await.map_err(|error| self.told(error))
        })
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Streamed<'e>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        (&self.pool).fetch_many(query)
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let asked = Asked::of(query);
        Box::pin(async move { self.read(asked?, |query, connection| connection.fetch_all(query)).await })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let asked = Asked::of(query);
        Box::pin(async move { self.read(asked?, |query, connection| connection.fetch_optional(query)).await })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        (&self.pool).prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, sqlx::Error>>
    where
        'c: 'e,
    {
        (&self.pool).describe(sql)
    }
}

impl<'c> Executor<'c> for Bounded<'c> {
    type Database = Any;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<AnyQueryResult, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(within(self.patience, self.connection.execute(query)))
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Streamed<'e>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.connection.fetch_many(query)
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(within(self.patience, self.connection.fetch_all(query)))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(within(self.patience, self.connection.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(within(self.patience, self.connection.prepare_with(sql, parameters)))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(within(self.patience, self.connection.describe(sql)))
    }
}
