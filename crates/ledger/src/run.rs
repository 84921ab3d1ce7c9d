//! Runs: one command from its start to its end, also when that end never came.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::code;
use crate::error::LedgerError;
use crate::ledger::{Ledger, Recorded, Write};
use crate::process::{Presence, ProcessMark};
use crate::row::Columns;
use crate::time;

/// A run whose process can't be looked at from here counts as gone after so long without a sign of life. Each step that is
/// recorded and each line that is logged is one; no step should take this long.
pub const SILENCE_OF_A_LOST_RUN: Duration = Duration::from_secs(15 * 60);

/// Names a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a run when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The command, such as `demo` or `pull --month 2020-07`; without secrets.
    pub command: String,
    /// Version of the program.
    pub software: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// The process that runs it.
    pub process: Option<ProcessMark>,
}

impl NewRun {
    /// A run of this process.
    pub fn of_this_process(command: impl Into<String>, software: impl Into<String>, started: DateTime<Utc>) -> Self {
        Self { command: command.into(), software: software.into(), started, process: ProcessMark::current() }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All that was due was done, or there was nothing to do.
    Succeeded,
    /// Some of it was done; the steps tell which failed.
    Partial,
    /// It could not do its work.
    Failed,
    /// It was told to stop, and stopped at a step's boundary.
    Stopped,
    /// It vanished: killed, or the machine went down.
    Interrupted,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// The command.
    pub command: String,
    /// Version of the program.
    pub software: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// Last sign of life, by the database's time.
    pub last_seen: DateTime<Utc>,
    /// When it ended; nothing while it runs.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended; nothing while it runs.
    pub outcome: Option<RunOutcome>,
}

impl Ledger {
    /// Begins a run. The same process beginning the same command at the same instant again gets the run that it has.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn begin_run(&self, new: &NewRun) -> Result<RunId, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let row = loop {
                if let Some(row) = write.begun_run(new).await? {
                    break row;
                }
                // Nothing when another attempt of ours was quicker.
                if let Some(row) = write.new_run(new).await? {
                    break row;
                }
            };
            write.commit().await?;
            Ok(RunId(Columns::of("runs", &row).integer("id")?))
        })
        .await
    }

    /// Ends a run. One that was taken for lost and comes back after all gets the end that it reports.
    ///
    /// # Errors
    /// [`LedgerError::UnknownRun`]; [`LedgerError::Conflict`] when it ended otherwise.
    pub async fn finish_run(
        &self,
        run: RunId,
        ended: DateTime<Utc>,
        outcome: RunOutcome,
    ) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let offered = code::name(outcome);
            let touched = sqlx::query(
                "UPDATE runs SET ended = $2, outcome = $3
                WHERE id = $1 AND (ended IS NULL OR outcome = 'interrupted') AND outcome IS DISTINCT FROM $3",
            )
            .bind(run.0)
            .bind(time::text(ended))
            .bind(offered.as_str())
            .execute(write.connection())
            .await?
            .rows_affected();
            if touched == 0 {
                let row = sqlx::query("SELECT outcome FROM runs WHERE id = $1")
                    .bind(run.0)
                    .fetch_optional(write.connection())
                    .await?;
                let recorded = Columns::of("runs", &row.ok_or(LedgerError::UnknownRun(run.0))?).text("outcome")?;
                if recorded != offered {
                    return Err(LedgerError::Conflict { what: format!("run {run}"), recorded, offered });
                }
            }
            write.commit().await?;
            Ok(Recorded::by_rows(touched))
        })
        .await
    }

    /// Marks the runs (and their open steps) as interrupted that have no end although their process is gone: for the start
    /// of a program. A process of this machine is looked up; of any other, its last sign of life must be older than
    /// `silence` (normally [`SILENCE_OF_A_LOST_RUN`]). Returns the runs it marked, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read or written.
    pub async fn interrupted_runs(&self, at: DateTime<Utc>, silence: Duration) -> Result<Vec<Run>, LedgerError> {
        const OPEN: &str = "SELECT id, command, software, started, last_seen, ended, outcome, process FROM runs WHERE ended IS NULL ORDER BY id";
        self.again(|| async {
            let mut write = self.write().await?;
            let now = write.now().await?;
            let open = sqlx::query(OPEN).fetch_all(write.connection()).await?;
            let mut interrupted = Vec::new();
            for row in &open {
                let mut run = run(row)?;
                if is_gone(row, now.signed_duration_since(run.last_seen).to_std().unwrap_or_default() >= silence)? {
                    close_as_interrupted(&mut write, run.id, at).await?;
                    (run.ended, run.outcome) = (Some(at), Some(RunOutcome::Interrupted));
                    interrupted.push(run);
                }
            }
            write.commit().await?;
            Ok(interrupted)
        })
        .await
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn latest_runs(&self, n: u32) -> Result<Vec<Run>, LedgerError> {
        self.runs_below(None, n).await
    }

    /// Runs with a number below this one, newest first: for the next page. Without a number, the latest.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn runs_below(&self, below: Option<i64>, limit: u32) -> Result<Vec<Run>, LedgerError> {
        const SQL: &str = "SELECT id, command, software, started, last_seen, ended, outcome FROM runs WHERE id < $1 ORDER BY id DESC LIMIT $2";
        let rows =
            sqlx::query(SQL).bind(below.unwrap_or(i64::MAX)).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(run).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn run(&self, id: RunId) -> Result<Option<Run>, LedgerError> {
        const SQL: &str = "SELECT id, command, software, started, last_seen, ended, outcome FROM runs WHERE id = $1";
        let row = sqlx::query(SQL).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(run).transpose()
    }
}

fn is_gone(row: &AnyRow, silent: bool) -> Result<bool, LedgerError> {
    let columns = Columns::of("runs", row);
    let presence = match columns.optional_text("process")? {
        Some(_) => columns.parsed::<ProcessMark>("process")?.presence(),
        None => Presence::Unknown,
    };
    Ok(presence == Presence::Gone || presence == Presence::Unknown && silent)
}

async fn close_as_interrupted(write: &mut Write, run: RunId, at: DateTime<Utc>) -> Result<(), LedgerError> {
    for sql in [
        "UPDATE runs SET ended = $2, outcome = 'interrupted' WHERE id = $1 AND ended IS NULL",
        "UPDATE steps SET ended = $2, outcome = 'interrupted' WHERE run = $1 AND ended IS NULL",
    ] {
        sqlx::query(sql).bind(run.0).bind(time::text(at)).execute(write.connection()).await?;
    }
    Ok(())
}

impl Write {
    /// The open run that was begun so.
    async fn begun_run(&mut self, new: &NewRun) -> Result<Option<AnyRow>, LedgerError> {
        const SQL: &str = "SELECT id FROM runs WHERE process = $1 AND command = $2 AND started = $3 AND ended IS NULL";
        let query = sqlx::query(SQL)
            .bind(new.process.as_ref().map(ToString::to_string))
            .bind(new.command.as_str())
            .bind(time::text(new.started));
        Ok(query.fetch_optional(self.connection()).await?)
    }

    async fn new_run(&mut self, new: &NewRun) -> Result<Option<AnyRow>, LedgerError> {
        const SQL: &str = "INSERT INTO runs (command, software, process, started, last_seen)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id";
        let now = time::text(self.now().await?);
        let query = sqlx::query(SQL)
            .bind(new.command.as_str())
            .bind(new.software.as_str())
            .bind(new.process.as_ref().map(ToString::to_string))
            .bind(time::text(new.started))
            .bind(now);
        Ok(query.fetch_optional(self.connection()).await?)
    }

    /// Notes that a run is alive.
    pub(crate) async fn sign_of_life(&mut self, run: RunId) -> Result<(), LedgerError> {
        let now = time::text(self.now().await?);
        let touched = sqlx::query("UPDATE runs SET last_seen = $2 WHERE id = $1")
            .bind(run.0)
            .bind(now)
            .execute(self.connection())
            .await?;
        if touched.rows_affected() == 0 { Err(LedgerError::UnknownRun(run.0)) } else { Ok(()) }
    }
}

fn run(row: &AnyRow) -> Result<Run, LedgerError> {
    let columns = Columns::of("runs", row);
    Ok(Run {
        id: RunId(columns.integer("id")?),
        command: columns.text("command")?,
        software: columns.text("software")?,
        started: columns.instant("started")?,
        last_seen: columns.instant("last_seen")?,
        ended: columns.optional_instant("ended")?,
        outcome: columns.optional_code("outcome")?,
    })
}
