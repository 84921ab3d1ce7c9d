//! What rules judge: plain facts, each piece known or not for itself.

use chrono::{DateTime, NaiveDate, Utc};
use vt_domain::month::Month;
use vt_domain::period::Period;

use super::asking::Asking;

/// What is known now. A piece that could not be learned is nothing: of it neither begin nor end is told.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// When regions were asked: what is told of them rests on it.
    pub asking: Asking,
    /// Region-months that are late.
    pub late: Option<Vec<LateMonth>>,
    /// Region-months whose newest delivery was rejected.
    pub rejected: Option<Vec<Rejected>>,
    /// Periods past their deadline, and who is complete.
    pub coverage: Option<Vec<Coverage>>,
    /// Region-months whose last pull failed.
    pub failing: Option<Vec<Failing>>,
    /// Issues that could not be published.
    pub held: Option<Vec<Held>>,
    /// The stores.
    pub stores: Vec<StoreState>,
    /// The disks on which they are.
    pub disks: Vec<DiskState>,
    /// Other clocks.
    pub clocks: Vec<ClockState>,
}

/// A region's month that is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateMonth {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// The last day on which it was on time.
    pub due: NaiveDate,
    /// Whether it only lags: with shorter periods part of it is due before the whole is.
    pub behind: bool,
    /// The last day that accepted deliveries reach.
    pub covered: Option<NaiveDate>,
    /// The day of today.
    pub today: NaiveDate,
}

/// A region's month whose newest delivery was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// The number of the delivery.
    pub nr: u32,
    /// The checks that did not hold.
    pub checks: Vec<String>,
    /// Whether the region's source is asked for this month still.
    pub is_asked: bool,
}

/// A period past its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The period.
    pub periode: Period,
    /// Regions of which every day is covered.
    pub complete: usize,
    /// Regions in force.
    pub regions: usize,
    /// The regions that lack days.
    pub missing: Vec<String>,
    /// The region-months still asked for of which days are missing.
    pub needs: Vec<(String, Month)>,
}

/// A region's month whose last pull failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// The region.
    pub vt: String,
    /// The month.
    pub maand: Month,
    /// How often in a row.
    pub attempts: u64,
    /// The first of them.
    pub since: DateTime<Utc>,
    /// The last of them.
    pub last: DateTime<Utc>,
    /// The class of the last failure; never its message, which may name sizes.
    pub class: String,
}

/// An issue that could not be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The period.
    pub periode: Period,
    /// The issue.
    pub issue: u32,
    /// The class of the reason.
    pub class: String,
    /// Whether a rule refused it, rather than something failing.
    pub refused: bool,
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreState {
    /// What it is called.
    pub name: &'static str,
    /// How often in a row it could not be used; 0 when it can.
    pub failures: u32,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskState {
    /// Of which store.
    pub name: &'static str,
    /// How much of it is free, in percent; nothing when that can't be told.
    pub free_percent: Option<u32>,
}

/// Another clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockState {
    /// Whose.
    pub name: &'static str,
    /// By how many seconds the machine's clock is ahead of it; nothing when it does not answer.
    pub ahead_seconds: Option<i64>,
}
