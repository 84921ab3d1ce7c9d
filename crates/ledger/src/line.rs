//! What runs logged, for who looks at one: a limited number of lines a run.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::change;
use crate::error::LedgerError;
use crate::fault::one_line;
use crate::ledger::{Ledger, Write};
use crate::row::Columns;
use crate::run::RunId;
use crate::time;

/// How many lines of a run are kept; one more says that there were others.
const MAX_LINES: i64 = 5000;

/// The line after the last one that is kept.
const LEFT_OUT: &str = "More was logged and left out: of a run, 5000 lines are kept.";

/// A line that a run logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunLine {
    /// Its number within the run, from 1.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// How much it matters, such as `info`.
    pub level: String,
    /// What it says. Without secrets, ids or contents of records: whoever logs sees to that.
    pub text: String,
}

impl Ledger {
    /// Adds lines (when, level, text) to those of a run, all or none; texts are kept on one line, up to 1,000 characters each.
    /// The same lines twice are there twice. Of a run 5,000 lines are kept; beyond these, one last line says that more was
    /// left out. To log is a sign of life of the run.
    ///
    /// # Errors
    /// [`LedgerError::UnknownRun`].
    pub async fn append_lines(&self, run: RunId, lines: &[(DateTime<Utc>, String, String)]) -> Result<(), LedgerError> {
        self.again(|| async {
            if lines.is_empty() {
                return Ok(());
            }
            let mut write = self.write().await?;
            // Also holds the row of the run, so that nobody else numbers its lines before this transaction ends.
            write.sign_of_life(run).await?;
            let last = write.last_line(run).await?;
            for (seq, (at, level, text)) in (last + 1..=MAX_LINES).zip(lines) {
                write.line(run, seq, *at, level, text).await?;
            }
            let room = usize::try_from(MAX_LINES - last).unwrap_or(0);
            if let Some((at, ..)) = lines.get(room)
                && last <= MAX_LINES
            {
                write.line(run, MAX_LINES + 1, *at, "warn", LEFT_OUT).await?;
            }
            write.commit().await
        })
        .await
    }

    /// Lines of a run with a number above this one, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn lines_of(&self, run: RunId, above: i64, limit: u32) -> Result<Vec<RunLine>, LedgerError> {
        const SQL: &str =
            "SELECT seq, at, level, text FROM run_lines WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let rows = sqlx::query(SQL).bind(run.0).bind(above).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(line).collect()
    }

    /// The newest lines of a run, oldest of them first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn newest_lines_of(&self, run: RunId, limit: u32) -> Result<Vec<RunLine>, LedgerError> {
        const SQL: &str = "SELECT seq, at, level, text FROM run_lines WHERE run = $1 ORDER BY seq DESC LIMIT $2";
        let rows = sqlx::query(SQL).bind(run.0).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        rows.iter().rev().map(line).collect()
    }

    /// Removes the lines of runs that ended before this instant. Returns how many lines.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn forget_lines(&self, before: DateTime<Utc>) -> Result<u64, LedgerError> {
        self.again(|| async {
            const SQL: &str = "DELETE FROM run_lines WHERE run IN (SELECT id FROM runs WHERE ended < $1)";
            let mut write = self.write().await?;
            let removed = sqlx::query(SQL).bind(time::text(before)).execute(write.connection()).await?;
            write.commit().await?;
            Ok(removed.rows_affected())
        })
        .await
    }
}

impl Write {
    /// The number of the last line of a run; 0 without any.
    async fn last_line(&mut self, run: RunId) -> Result<i64, LedgerError> {
        const SQL: &str = "SELECT COALESCE(MAX(seq), 0) AS seq FROM run_lines WHERE run = $1";
        let row = sqlx::query(SQL).bind(run.0).fetch_one(self.connection()).await?;
        Columns::of("run_lines", &row).integer("seq")
    }

    async fn line(
        &mut self,
        run: RunId,
        seq: i64,
        at: DateTime<Utc>,
        level: &str,
        text: &str,
    ) -> Result<(), LedgerError> {
        sqlx::query("INSERT INTO run_lines (run, seq, at, level, text) VALUES ($1, $2, $3, $4, $5)")
            .bind(run.0)
            .bind(seq)
            .bind(time::text(at))
            .bind(change::text(level))
            .bind(one_line(text))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

fn line(row: &AnyRow) -> Result<RunLine, LedgerError> {
    let columns = Columns::of("run_lines", row);
    Ok(RunLine {
        seq: columns.integer("seq")?,
        at: columns.instant("at")?,
        level: columns.text("level")?,
        text: columns.text("text")?,
    })
}
