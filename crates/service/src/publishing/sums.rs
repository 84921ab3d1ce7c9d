//! Longer periods, as the sums of what was published.

use anyhow::Result;
use vt_domain::period::Period;
use vt_domain::snapshot::Issue;

use super::{Work, write};
use crate::drive::{self, PublishingError};

impl Work<'_> {
    /// Publishes sums: those asked for, and those that are due because of what was published; shortest first.
    pub(super) async fn sums(&mut self, asked: Vec<Period>) -> Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let follows = |sum: &Period| self.published.iter().any(|part| sum.contains_period(*part));
        let mut due = self.overview.sums_due(self.app, &self.issues);
        due.retain(|sum| !asked.contains(sum) && follows(sum));
        due.extend(asked);
        due.sort();
        if due.is_empty() {
            return Ok(());
        }
        let history = self.history(&due).await?;
        self.task.finish();
        self.task = self.app.progress.task("sum", due.len());
        for period in due {
            let mut journal = self.journal(period);
            let issue = Issue { periode: period, uitgave: self.issues.next(period) };
            let reserved = match self.theirs(&history, period) {
                Some(theirs) => Ok(theirs),
                None => drive::reserve_sum(self.app, period, &history, &mut journal).await,
            };
            let outcome = match reserved {
                Ok(reservation) => write(self.app, reservation, &mut journal).await,
                Err(PublishingError::Stopped) => break,
                Err(error) => Err(error),
            };
            self.note(issue, journal, outcome).await;
        }
        Ok(())
    }
}
