//! Steps of a run: what was done for which order, as DESIGN §5 names them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use vt_domain::{Month, Period};

use crate::code;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::ledger::{Ledger, Recorded, Write};
use crate::row::Columns;
use crate::run::RunId;
use crate::time;

/// Which of the two halves of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// A region's month comes in.
    Pull,
    /// A period goes out.
    Publish,
}

/// A step, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of DESIGN §5 and say what they do")]
pub enum StepName {
    Fetch,
    Parse,
    Validate,
    Keep,
    Gate,
    Aggregate,
    Protect,
    Reserve,
    Render,
    Publish,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It has begun.
    Running,
    /// It did its work.
    Done,
    /// There was nothing to do.
    Skipped,
    /// It did not do its work; the fault tells why.
    Failed,
    /// Its run vanished.
    Interrupted,
}

/// A step of a run for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Pull or publish.
    pub order: OrderKind,
    /// What it is about: `VT07 2020-07`, or a period such as `2020W407`.
    pub subject: String,
    /// Which step.
    pub step: StepName,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended; nothing while it runs.
    pub ended: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: StepOutcome,
    /// Why it failed, when it did.
    pub fault: Option<Fault>,
}

impl Step {
    /// A step of pulling a region's month that has begun.
    pub fn of_pull(vt: &str, maand: Month, step: StepName, started: DateTime<Utc>) -> Self {
        Self::begun(OrderKind::Pull, format!("{vt} {maand}"), step, started)
    }

    /// A step of publishing a period that has begun.
    pub fn of_publish(period: Period, step: StepName, started: DateTime<Utc>) -> Self {
        Self::begun(OrderKind::Publish, period.to_string(), step, started)
    }

    /// A step that has begun.
    pub fn begun(order: OrderKind, subject: String, step: StepName, started: DateTime<Utc>) -> Self {
        Self { order, subject, step, started, ended: None, outcome: StepOutcome::Running, fault: None }
    }

    /// The same step, done.
    #[must_use]
    pub fn done(self, ended: DateTime<Utc>) -> Self {
        Self { ended: Some(ended), outcome: StepOutcome::Done, ..self }
    }

    /// The same step, with nothing to do.
    #[must_use]
    pub fn skipped(self, ended: DateTime<Utc>) -> Self {
        Self { ended: Some(ended), outcome: StepOutcome::Skipped, ..self }
    }

    /// The same step, failed.
    #[must_use]
    pub fn failed(self, ended: DateTime<Utc>, fault: Fault) -> Self {
        Self { ended: Some(ended), outcome: StepOutcome::Failed, fault: Some(fault), ..self }
    }
}

impl Ledger {
    /// Records a step as it is now: begun, or ended. A step of the same run, order and subject is replaced.
    ///
    /// # Errors
    /// [`LedgerError::UnknownRun`].
    pub async fn record_step(&self, run: RunId, step: &Step) -> Result<Recorded, LedgerError> {
        self.record_steps(run, std::slice::from_ref(step)).await
    }

    /// Records several steps in one transaction.
    ///
    /// # Errors
    /// [`LedgerError::UnknownRun`].
    pub async fn record_steps(&self, run: RunId, steps: &[Step]) -> Result<Recorded, LedgerError> {
        self.repeat(|| async {
            let mut write = self.write().await?;
            let recorded = write.steps(run, steps).await?;
            write.commit().await?;
            Ok(recorded)
        })
        .await
    }

    /// The steps of a run: by order (pulls first where they began together) as work on it began, then as the steps are taken.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn steps(&self, run: RunId) -> Result<Vec<Step>, LedgerError> {
        const SQL: &str = "SELECT kind, subject, step, started, ended, outcome, error_class, error_message,
                MIN(started) OVER (PARTITION BY kind, subject) AS began
            FROM steps WHERE run = $1 ORDER BY began, kind DESC, subject";
        let rows = sqlx::query(SQL).bind(run.0).fetch_all(&self.pool).await?;
        let mut steps: Vec<Step> = rows.iter().map(step).collect::<Result<_, _>>()?;
        for of_one_subject in steps.chunk_by_mut(|a, b| (a.order, &a.subject) == (b.order, &b.subject)) {
            of_one_subject.sort_by_key(|step| step.step);
        }
        Ok(steps)
    }
}

impl Write {
    pub(crate) async fn steps(&mut self, run: RunId, steps: &[Step]) -> Result<Recorded, LedgerError> {
        self.sign_of_life(run).await?;
        let mut recorded = Recorded::Unchanged;
        for step in steps {
            recorded = recorded.and(self.step(run, step).await?);
        }
        Ok(recorded)
    }

    async fn step(&mut self, run: RunId, step: &Step) -> Result<Recorded, LedgerError> {
        const SQL: &str =
            "INSERT INTO steps (run, kind, subject, step, started, ended, outcome, error_class, error_message)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (run, kind, subject, step) DO UPDATE SET started = excluded.started, ended = excluded.ended,
                outcome = excluded.outcome, error_class = excluded.error_class, error_message = excluded.error_message
            WHERE steps.started <> excluded.started OR steps.ended IS DISTINCT FROM excluded.ended
                OR steps.outcome <> excluded.outcome OR steps.error_class IS DISTINCT FROM excluded.error_class
                OR steps.error_message IS DISTINCT FROM excluded.error_message";
        let fault = step.fault.as_ref().map(Fault::kept);
        let done = sqlx::query(SQL)
            .bind(run.0)
            .bind(code::name(step.order))
            .bind(step.subject.as_str())
            .bind(code::name(step.step))
            .bind(time::text(step.started))
            .bind(step.ended.map(time::text))
            .bind(code::name(step.outcome))
            .bind(fault.as_ref().map(|fault| fault.class.clone()))
            .bind(fault.map(|fault| fault.message))
            .execute(self.connection())
            .await?;
        Ok(Recorded::by_rows(done.rows_affected()))
    }
}

fn step(row: &AnyRow) -> Result<Step, LedgerError> {
    let columns = Columns::of("steps", row);
    Ok(Step {
        order: columns.code("kind")?,
        subject: columns.text("subject")?,
        step: columns.code("step")?,
        started: columns.instant("started")?,
        ended: columns.optional_instant("ended")?,
        outcome: columns.code("outcome")?,
        fault: columns.optional_fault("error_class", "error_message")?,
    })
}
