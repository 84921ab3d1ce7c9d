//! When regions were asked. What they did not deliver says something of them only when they were asked since: after downtime, before the
//! first round, and in a round that fails on our side the silence is ours. Pure: it follows from ledger, schedule and clock, so
//! that a restart in the middle comes to the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use vt_domain::clock::local_date;
use vt_domain::month::Month;
use vt_ledger::{FailedPull, Run, RunOutcome};

use super::causes::{is_theirs, is_unreached};
use crate::schedule::{LocalCron, instant};

/// What the ledger knows of asking.
#[derive(Debug, Clone, Copy)]
pub struct Asks<'a> {
    /// When the service wakes.
    pub wake: &'a LocalCron,
    /// The regions that are asked; others deliver by hand.
    pub sources: &'a BTreeSet<String>,
    /// When each region's month was last pulled to its end.
    pub pulled: &'a BTreeMap<(String, Month), DateTime<Utc>>,
    /// Pulls that fail now.
    pub failed: &'a [FailedPull],
    /// The latest runs, newest first.
    pub runs: &'a [Run],
}

/// When regions were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asking {
    asked: BTreeMap<(String, Month), DateTime<Utc>>,
    sources: BTreeSet<String>,
    /// What was heard before says nothing of now: the last wake, or the beginning of the round that is under way.
    since: DateTime<Utc>,
    /// The day of a round before today since which none was missed: regions that deliver by hand could do so since.
    by_hand: Option<NaiveDate>,
    cut_off: bool,
}

impl Asking {
    /// As of an instant.
    pub fn at(now: DateTime<Utc>, asks: &Asks<'_>) -> Self {
        let since = since(now, asks).unwrap_or_default();
        let cut_off = is_cut_off(asks, since);
        let mut asked = asks.pulled.clone();
        for failed in asks.failed.iter().filter(|it| is_theirs(&it.fault.class) && !cut_off) {
            let at = asked.entry((failed.vt.clone(), failed.maand)).or_insert(failed.last_failed);
            *at = failed.last_failed.max(*at);
        }
        Self { asked, sources: asks.sources.clone(), since, by_hand: by_hand(now, asks), cut_off }
    }

    /// From when on what is heard says something of now.
    pub fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// Whether nobody at all could be reached: that is no region's doing.
    pub fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Whether a region's month is still to be asked for: nothing is told of it, and what was told goes on as it was.
    pub fn waits(&self, vt: &str, maand: Month) -> bool {
        self.day(vt, maand).is_none()
    }

    /// Whether a region's month was asked for after a day.
    pub fn is_after(&self, vt: &str, maand: Month, day: NaiveDate) -> bool {
        self.day(vt, maand).is_some_and(|asked| asked > day)
    }

    fn day(&self, vt: &str, maand: Month) -> Option<NaiveDate> {
        if !self.sources.contains(vt) {
            return self.by_hand;
        }
        let asked = self.asked.get(&(vt.to_owned(), maand)).filter(|at| **at >= self.since);
        asked.map(|at| local_date(*at))
    }
}

/// From when on answers say something of now: the last wake, or the beginning of the round that is under way. Of a round that went
/// on beyond a wake all answers count.
fn since(now: DateTime<Utc>, asks: &Asks<'_>) -> Option<DateTime<Utc>> {
    let wake = asks.wake.latest(now);
    match asks.runs.iter().find(|run| is_round(run)) {
        Some(run) if run.ended.is_none() => wake.max(Some(run.started)),
        Some(run) if is_good(run) && run.ended >= wake => wake.min(Some(run.started)),
        _ => wake,
    }
}

/// Whether of several regions, most of all that are asked, none was reached.
fn is_cut_off(asks: &Asks<'_>, since: DateTime<Utc>) -> bool {
    let theirs = || asks.failed.iter().filter(|it| it.last_failed >= since && is_theirs(&it.fault.class));
    let regions: BTreeSet<&str> = theirs().map(|it| it.vt.as_str()).collect();
    regions.len() > 1
        && 2 * regions.len() > asks.sources.len()
        && theirs().all(|it| is_unreached(&it.fault.class))
        && asks.pulled.values().all(|pulled| *pulled < since)
}

/// A region that delivers by hand is not asked: it has a day, on which we were there, to do so.
fn by_hand(now: DateTime<Utc>, asks: &Asks<'_>) -> Option<NaiveDate> {
    let today = local_date(now);
    let is_before = |run: &&Run| is_round(run) && is_good(run) && local_date(run.started) < today;
    let before = asks.runs.iter().find(is_before)?;
    let wake = asks.wake.latest(instant(today.and_time(NaiveTime::MIN)));
    (before.ended >= wake).then(|| local_date(before.started))
}

fn is_good(run: &Run) -> bool {
    matches!(run.outcome, Some(RunOutcome::Succeeded | RunOutcome::Partial))
}

fn is_round(run: &Run) -> bool {
    run.command == "run" || run.command.starts_with("serve: ")
}

#[cfg(test)]
pub(super) mod tests;
