//! `status`: which months and periods are there, late or due.

use std::collections::BTreeMap;

use anyhow::Result;
use vt_domain::period::PeriodKind;

use super::place::Place;
use crate::due::PeriodState;
use crate::exit::Exit;
use crate::ops::{self, Status};
use crate::output::{Output, count, table};
use crate::overview::{PeriodOverview, RegionOverview};
use crate::views::FailedPullView;

pub(super) async fn run(output: Output, place: &Place) -> Result<Exit> {
    let status: Status = match place {
        Place::Here(app) => ops::status(app).await?,
        Place::There(remote) => remote.get("/v1/status", &[]).await?,
    };
    output.answer(&status, text)?;
    Ok(Exit::Done)
}

fn text(status: &Status) -> String {
    let mut text = format!("{}, cadence {}\n\n", status.today, status.cadence);
    text += &regions_text(&status.regions);
    text += "\n";
    text += &periods_text(&status.periods);
    for failed in &status.failed_pulls {
        text += &format!("\npull of {} {} failed {}: {}", failed.vt, failed.maand, times(failed), failed.message);
    }
    for held in &status.held_back {
        text += &format!("\n{} issue {} is held back: {}", held.periode, held.uitgave, held.message);
    }
    text
}

fn times(failed: &FailedPullView) -> String {
    count(usize::try_from(failed.attempts).unwrap_or(usize::MAX), "time")
}

/// The regions as a table.
pub fn regions_text(regions: &[RegionOverview]) -> String {
    table(
        ["region", "name", "deliveries", "accepted", "rejected", "complete months", "late", "month-to-date"],
        regions.iter().map(|region| {
            [
                region.vt.clone(),
                region.naam.clone(),
                region.deliveries.to_string(),
                region.accepted.to_string(),
                region.rejected.to_string(),
                region.complete.to_string(),
                months(&region.late),
                months(&region.month_to_date),
            ]
        }),
    )
}

fn months(months: &[vt_domain::Month]) -> String {
    match months {
        [] => "-".into(),
        [one] => one.to_string(),
        [first, .., last] if months.len() > 3 => format!("{} ({first} … {last})", months.len()),
        few => few.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

/// Of periods that are published and unchanged, so many of a kind are shown to people: the newest.
const SHOWN_OF_A_KIND: usize = 13;

/// The periods as a table; older ones that ask for nothing are counted.
pub fn periods_text(periods: &[PeriodOverview]) -> String {
    let (shown, left_out) = short(periods);
    let mut text = table(
        ["period", "first day", "last day", "complete regions", "state"],
        shown.into_iter().map(|period| {
            [
                period.periode.to_string(),
                period.begin.to_string(),
                period.eind.to_string(),
                format!("{} of {}", period.complete, period.regions),
                format!("{}{}", period.state.text(), missing(period)),
            ]
        }),
    );
    for (kind, n) in left_out {
        text += &format!("and {} of kind {kind} before these, published and unchanged\n", count(n, "period"));
    }
    text
}

/// What is shown, and how many of each kind are left out.
fn short(periods: &[PeriodOverview]) -> (Vec<&PeriodOverview>, BTreeMap<PeriodKind, usize>) {
    let quiet = |period: &PeriodOverview| matches!(period.state, PeriodState::Published { .. });
    let mut newest: BTreeMap<PeriodKind, usize> = BTreeMap::new();
    let mut left_out = BTreeMap::new();
    let mut shown = Vec::new();
    for period in periods.iter().rev() {
        let seen = newest.entry(period.periode.kind()).or_default();
        *seen += 1;
        if quiet(period) && *seen > SHOWN_OF_A_KIND {
            *left_out.entry(period.periode.kind()).or_default() += 1;
        } else {
            shown.push(period);
        }
    }
    shown.reverse();
    (shown, left_out)
}

fn missing(period: &PeriodOverview) -> String {
    let missing = &period.missing;
    let asks_nobody = matches!(
        period.state,
        PeriodState::WaitsForParts { .. } | PeriodState::TermOver { .. } | PeriodState::BeforeFirstMonth
    );
    if asks_nobody {
        return String::new();
    }
    if missing.is_empty() || missing.len() == period.regions && period.state == PeriodState::Running {
        return String::new();
    }
    let days: std::collections::BTreeSet<u32> = missing.values().copied().collect();
    let lack = match (days.first(), days.last()) {
        (Some(few), Some(many)) if few == many => count(*few as usize, "day"),
        (Some(few), Some(many)) => format!("{few} to {many} days"),
        _ => return String::new(),
    };
    if missing.len() <= 3 {
        let who = missing.keys().cloned().collect::<Vec<_>>().join(", ");
        format!("; {who} lack {lack}")
    } else {
        format!("; {} regions lack {lack}", missing.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vt_domain::period::Period;

    fn row(periode: Period, state: PeriodState) -> PeriodOverview {
        let (begin, eind) = (periode.begin(), periode.last_day());
        PeriodOverview { periode, begin, eind, complete: 26, regions: 26, missing: BTreeMap::new(), state }
    }

    #[test]
    fn a_long_history_is_cut_to_what_asks_for_something_and_the_newest() {
        let first: Period = "2019W101".parse().unwrap();
        let weeks = std::iter::successors(Some(first), |week| Some(week.next())).take(40);
        let mut rows: Vec<PeriodOverview> = weeks.map(|week| row(week, PeriodState::Published { issue: 1 })).collect();
        rows[3].state = PeriodState::ChangedWaits { issue: 1 };
        let text = periods_text(&rows);
        assert_eq!(text.matches("2019W1").count(), SHOWN_OF_A_KIND + 1, "{text}");
        assert!(text.contains("2019W104") && text.contains("2019W140") && !text.contains("2019W127"), "{text}");
        assert!(text.contains("and 26 periods of kind week before these"), "{text}");
    }
}
