use chrono::{DateTime, Utc};
use vt_ledger::{Arrangement, ArrangementKind};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn at(day: &str) -> DateTime<Utc> {
    format!("{day}T08:00:00Z").parse().unwrap()
}

fn agreed(kind: ArrangementKind, maand: Option<&str>, from: &str, until: Option<&str>) -> Arrangement {
    Arrangement {
        id: 1,
        kind,
        vt: "VT07".into(),
        maand: maand.map(month),
        from: day(from),
        until: until.map(day),
        owner: "a".into(),
        reason: "b".into(),
        made_at: at(from),
        made_by: "a".into(),
        ended_at: None,
        ended_by: None,
        ended_reason: None,
    }
}

struct Case {
    schedule: ScheduleConfig,
    cadence: CadencePlan,
    arrangements: Arrangements,
}

impl Case {
    fn new(cadence: CadencePlan, arrangements: Vec<Arrangement>) -> Self {
        Self { schedule: ScheduleConfig::default(), cadence, arrangements: Arrangements::new(arrangements) }
    }

    fn on(&self, today: &str) -> Terms<'_> {
        let Self { schedule, cadence, arrangements } = self;
        Terms { schedule, cadence, arrangements, today: day(today) }
    }
}

fn four_weekly(arrangements: Vec<Arrangement>) -> Case {
    Case::new(CadencePlan::constant(PeriodKind::FourWeeks), arrangements)
}

#[test]
fn a_month_is_late_after_the_fifth_working_day_of_the_next() {
    let case = four_weekly(Vec::new());
    let state =
        |covered: Option<&str>, today: &str| case.on(today).month_state("VT07", month("2020-07"), covered.map(day));
    assert_eq!(state(None, "2020-08-07"), MonthState::Expected);
    assert_eq!(state(None, "2020-08-08"), MonthState::Late);
    assert_eq!(state(Some("2020-07-19"), "2020-07-20"), MonthState::MonthToDate);
    assert_eq!(state(Some("2020-07-19"), "2020-08-20"), MonthState::Late);
    assert_eq!(state(Some("2020-07-31"), "2020-08-20"), MonthState::Complete);
}

#[test]
fn a_region_is_reminded_two_working_days_before() {
    let window = four_weekly(Vec::new()).on("2020-08-01").window("VT07", month("2020-07"));
    assert_eq!((window.reminder, window.due, window.extended), (day("2020-08-05"), day("2020-08-07"), false));
}

#[test]
fn a_period_has_its_deadline_five_working_days_after_the_last_due_date() {
    let period: Period = "2020W407".parse().unwrap();
    assert_eq!(period.last_day(), day("2020-07-12"));
    assert_eq!(four_weekly(Vec::new()).on("2020-08-01").deadline(period), day("2020-08-14"));
}

#[test]
fn an_extension_moves_the_due_date_of_its_region_and_the_deadline_of_the_period() {
    let extension = agreed(ArrangementKind::Extension, Some("2020-07"), "2020-08-03", Some("2020-08-13"));
    let case = four_weekly(vec![extension]);
    assert_eq!(case.on("2020-08-03").window("VT07", month("2020-07")).due, day("2020-08-13"));
    assert_eq!(case.on("2020-08-03").window("VT08", month("2020-07")).due, day("2020-08-07"));
    assert_eq!(case.on("2020-08-10").month_state("VT07", month("2020-07"), None), MonthState::Expected);
    assert_eq!(case.on("2020-08-14").month_state("VT07", month("2020-07"), None), MonthState::Late);
    let period: Period = "2020W407".parse().unwrap();
    assert_eq!(case.on("2020-08-10").deadline(period), day("2020-08-20"));
    assert_eq!(case.on("2020-08-02").deadline(period), day("2020-08-14"), "nobody knew of it the day before");
}

#[test]
fn a_region_out_of_service_is_not_late_until_its_outage_ends() {
    let case = four_weekly(vec![agreed(ArrangementKind::Outage, None, "2020-08-03", Some("2020-08-13"))]);
    let state = |today: &str| case.on(today).month_state("VT07", month("2020-07"), None);
    assert_eq!((state("2020-08-10"), state("2020-08-14")), (MonthState::OutOfService, MonthState::Late));
    assert!(case.on("2020-08-13").arrangements.keeps_out("VT07", day("2020-08-13")).is_some());
    let period: Period = "2020W407".parse().unwrap();
    assert_eq!(case.on("2020-08-10").deadline(period), day("2020-08-14"), "the other regions wait for nobody");
}

#[test]
fn one_regions_extension_makes_no_other_region_less_late() {
    let extension = agreed(ArrangementKind::Extension, Some("2020-07"), "2020-07-01", Some("2020-08-20"));
    let case = Case::new(CadencePlan::constant(PeriodKind::Week), vec![extension]);
    let state = |vt: &str| case.on("2020-07-15").month_state(vt, month("2020-07"), Some(day("2020-07-05")));
    assert_eq!((state("VT07"), state("VT08")), (MonthState::MonthToDate, MonthState::Late));
}

#[test]
fn a_pause_lasts_until_it_is_ended() {
    let mut pause = agreed(ArrangementKind::Pause, None, "2020-08-03", None);
    assert!(
        four_weekly(vec![pause.clone()]).on("2021-08-03").arrangements.keeps_out("VT07", day("2021-08-03")).is_some()
    );
    pause.ended_at = Some(at("2020-08-05"));
    let case = four_weekly(vec![pause]);
    let kept_out = |on: &str| case.arrangements.keeps_out("VT07", day(on)).is_some();
    assert_eq!((kept_out("2020-08-04"), kept_out("2020-08-05")), (true, false));
}

#[test]
fn with_weeks_a_delivery_is_late_that_does_not_reach_the_last_week_that_is_due() {
    let case = Case::new(CadencePlan::constant(PeriodKind::Week), Vec::new());
    // Week 28 ends on 12 July and is due on Tuesday 14 July; week 29 on the 21st.
    let state =
        |covered: Option<&str>, today: &str| case.on(today).month_state("VT07", month("2020-07"), covered.map(day));
    assert_eq!(state(Some("2020-07-05"), "2020-07-14"), MonthState::MonthToDate);
    assert_eq!(state(Some("2020-07-05"), "2020-07-15"), MonthState::Late);
    assert_eq!(state(Some("2020-07-12"), "2020-07-15"), MonthState::MonthToDate);
    assert_eq!(state(None, "2020-07-02"), MonthState::Expected, "the first days of July are in week 27, which runs");
    assert_eq!(state(None, "2020-07-08"), MonthState::Late);
}

#[test]
fn late_since_is_the_first_week_that_is_not_reached_or_the_due_date_of_the_month() {
    let since = |kind: PeriodKind, covered: Option<&str>, today: &str| {
        let case = Case::new(CadencePlan::constant(kind), Vec::new());
        case.on(today).overdue_since("VT07", month("2020-07"), covered.map(day)).to_string()
    };
    assert_eq!(since(PeriodKind::FourWeeks, None, "2020-08-20"), "2020-08-07");
    assert_eq!(
        since(PeriodKind::Week, Some("2020-07-05"), "2020-07-25"),
        "2020-07-14",
        "of week 28, and not of week 29"
    );
    assert_eq!(since(PeriodKind::Week, Some("2020-07-12"), "2020-07-25"), "2020-07-21");
}
