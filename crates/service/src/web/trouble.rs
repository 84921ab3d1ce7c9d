//! What is wrong with regions, one entry for each, derived from the board. Pure.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use vt_domain::clock::local_date;
use vt_domain::month::Month;

use super::board::{Board, Refused, Row, Square};
use super::words::count;
use crate::causes;
use crate::views::FailedPullView;

/// A region of which something is wrong.
pub struct Trouble<'a> {
    /// The region.
    pub row: &'a Row,
    /// Its months of which something is wrong, oldest first; at least one.
    pub months: Vec<Amiss<'a>>,
}

/// A region's month of which something is wrong.
pub struct Amiss<'a> {
    /// The month.
    pub maand: Month,
    /// Whether it is late.
    pub late: bool,
    /// Since when; nothing when it only lags behind.
    pub since: Option<NaiveDate>,
    /// Why; at least one.
    pub why: Vec<Why<'a>>,
}

/// Why a month is not as it should be.
#[derive(Clone, Copy)]
pub enum Why<'a> {
    /// What came last was rejected.
    Rejected(&'a Refused),
    /// It can't be pulled.
    Failing(&'a FailedPullView),
    /// What came reaches to this day only.
    Until(NaiveDate),
    /// Nothing came.
    Absent,
}

/// All regions of which something is wrong, worst first: most months late, then late for longest.
pub fn all(board: &Board) -> Vec<Trouble<'_>> {
    let mut all: Vec<Trouble<'_>> = board.rows.iter().filter_map(|row| of(board, row)).collect();
    all.sort_by_key(|it| (std::cmp::Reverse(it.late()), it.since().unwrap_or(NaiveDate::MAX), &it.row.region.vt));
    all
}

/// What is wrong with a region.
pub fn of<'a>(board: &'a Board, row: &'a Row) -> Option<Trouble<'a>> {
    let failing: Vec<&FailedPullView> =
        board.status.failed_pulls.iter().filter(|pull| pull.vt == row.region.vt).collect();
    let rejected = row.months.iter().filter(|square| square.rejected.is_some()).map(|square| square.maand);
    let mut concerned: BTreeSet<Month> = row.region.late.iter().copied().chain(rejected).collect();
    concerned.extend(failing.iter().map(|pull| pull.maand));
    let amiss = |maand: Month| {
        let square = row.months.iter().find(|square| square.maand == maand);
        let pull = failing.iter().copied().find(|pull| pull.maand == maand);
        amiss(maand, row.region.late.contains(&maand), square, pull, board.status.today)
    };
    let months: Vec<Amiss<'a>> = concerned.into_iter().map(amiss).collect();
    (!months.is_empty()).then_some(Trouble { row, months })
}

fn amiss<'a>(
    maand: Month,
    late: bool,
    square: Option<&'a Square>,
    pull: Option<&'a FailedPullView>,
    today: NaiveDate,
) -> Amiss<'a> {
    let refused = square.and_then(|square| square.rejected.as_ref());
    let mut why: Vec<Why<'a>> = refused.map(Why::Rejected).into_iter().chain(pull.map(Why::Failing)).collect();
    if why.is_empty() {
        why.push(square.and_then(|square| square.covered).map_or(Why::Absent, Why::Until));
    }
    let since = if late {
        square.and_then(|square| square.due.succ_opt()).filter(|day| *day <= today)
    } else {
        refused.map(|it| it.on).into_iter().chain(pull.map(|it| local_date(it.first_failed))).min()
    };
    Amiss { maand, late, since, why }
}

impl Trouble<'_> {
    /// How many months are late.
    pub fn late(&self) -> usize {
        self.months.iter().filter(|month| month.late).count()
    }

    /// Since when the first of it.
    pub fn since(&self) -> Option<NaiveDate> {
        let late = self.late() > 0;
        self.months.iter().filter(|month| month.late == late).filter_map(|month| month.since).min()
    }

    /// Whether it is about a month.
    pub fn is_about(&self, vt: &str, maand: Month) -> bool {
        self.row.region.vt == vt && self.months.iter().any(|month| month.maand == maand)
    }

    /// What is wrong, in a word or two.
    pub fn what(&self) -> &'static str {
        if self.late() > 0 {
            return "te laat";
        }
        let failing = |month: &Amiss<'_>| month.why.iter().any(|why| matches!(why, Why::Failing(_)));
        if self.months.iter().any(failing) { "niet op te halen" } else { "afgekeurd" }
    }
}

impl Why<'_> {
    /// The cause in Dutch. `details`: for the region itself and for operators, with what was found (so many at most).
    pub fn words(&self, details: bool, most: usize) -> String {
        match self {
            Self::Rejected(refused) if details => {
                format!("levering {} afgekeurd{}", refused.nr, found(refused, most))
            }
            Self::Rejected(refused) => format!("levering {} afgekeurd", refused.nr),
            Self::Failing(pull) => {
                let status = if details { causes::http_status(&pull.message) } else { None };
                let status = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
                let attempts = count(usize::try_from(pull.attempts).unwrap_or(usize::MAX), "poging", "pogingen");
                format!("{}{status}, {attempts}", causes::pull(&pull.class))
            }
            Self::Until(day) => format!("geleverd t/m {}", super::words::day(*day)),
            Self::Absent => "niets ontvangen".to_owned(),
        }
    }
}

fn found(refused: &Refused, most: usize) -> String {
    let named: Vec<String> = refused.findings.iter().take(most).map(|(id, naam)| format!("{id} {naam}")).collect();
    match (named.is_empty(), refused.findings.len().saturating_sub(most)) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", named.join("; ")),
        (false, more) => format!(": {} en nog {more}", named.join("; ")),
    }
}
