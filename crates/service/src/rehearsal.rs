//! A clock that pretends: for rehearsals with simulated regions, which deliver months of years ago.

use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use vt_domain::{Clock, SystemClock};
use vt_ledger::Ledger;

/// Several processes of one rehearsal begin at the same instant, and a later one finds what the others did "later".
const ONE_REHEARSAL: TimeDelta = TimeDelta::days(1);

/// Goes on from an instant as the machine's clock goes on.
#[derive(Debug)]
pub struct RehearsalClock {
    ahead: TimeDelta,
}

impl RehearsalClock {
    /// A clock at which it is `instant` now.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self { ahead: instant - SystemClock.now() }
    }
}

impl Clock for RehearsalClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.ahead
    }
}

/// Refuses to rehearse on a ledger that is in use: what is published would bear a date of long ago.
///
/// # Errors
/// When something was done on it after the rehearsal's time.
pub async fn only_on_its_own(ledger: &Ledger, now: DateTime<Utc>) -> Result<()> {
    let newest = ledger.latest_runs(1).await?.into_iter().next();
    match newest.filter(|run| run.started > now + ONE_REHEARSAL) {
        Some(run) => bail!(
            "--rehearse-at: this ledger was worked with on {}, after the rehearsal's time: rehearse with stores and a ledger of \
             their own",
            run.started.date_naive()
        ),
        None => Ok(()),
    }
}
