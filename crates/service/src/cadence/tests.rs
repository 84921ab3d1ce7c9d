use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

const FOUR: PeriodKind = PeriodKind::FourWeeks;
const TWO: PeriodKind = PeriodKind::TwoWeeks;
const WEEK: PeriodKind = PeriodKind::Week;

#[test]
fn a_decision_holds_from_its_first_day_on() {
    let plan = CadencePlan::constant(FOUR).with(day("2020-07-20"), WEEK, day("2020-07-18"));
    assert_eq!((plan.on(day("2020-07-19")), plan.on(day("2020-07-20"))), (FOUR, WEEK));
    assert_eq!(plan.changes_after(day("2020-07-18")).collect::<Vec<_>>(), [(day("2020-07-20"), WEEK)]);
    assert_eq!(plan.changes_after(day("2020-07-20")).count(), 0);
}

#[test]
fn a_later_decision_replaces_what_was_to_come_after_it() {
    let plan = CadencePlan::constant(FOUR).with(day("2020-09-01"), WEEK, day("2020-07-01")).with(
        day("2020-08-01"),
        TWO,
        day("2020-07-02"),
    );
    assert_eq!(plan.on(day("2020-10-01")), TWO);
}

#[test]
fn four_weeks_come_out_in_the_shortest_cadence_of_their_days() {
    // 2020W408 is 13 July to 9 August.
    let plan = CadencePlan::constant(FOUR).with(day("2020-08-09"), WEEK, day("2020-08-09"));
    assert_eq!((plan.of(period("2020W408")), plan.of(period("2020W407"))), (WEEK, FOUR));
    assert_eq!((plan.of(period("2020W129")), plan.of(period("2020W215"))), (WEEK, WEEK));
    let ended = plan.with(day("2020-08-10"), FOUR, day("2020-08-09"));
    assert_eq!((ended.of(period("2020W408")), ended.of(period("2020W409"))), (WEEK, FOUR));
}

#[test]
fn days_are_asked_for_since_somebody_knew_of_it() {
    let plan = CadencePlan::constant(FOUR);
    assert_eq!(plan.asked_since(period("2020W129")), None);
    let plan = plan.with(day("2020-07-20"), WEEK, day("2020-07-23"));
    assert_eq!(plan.asked_since(period("2020W129")), Some(day("2020-07-23")), "looking back");
    assert_eq!(plan.asked_since(period("2020W133")), Some(day("2020-07-23")));
    let ahead = CadencePlan::constant(FOUR).with(day("2020-08-03"), WEEK, day("2020-07-23"));
    assert_eq!(ahead.asked_since(period("2020W129")), Some(day("2020-08-03")), "decided ahead");
}

proptest! {
    /// Whatever was decided in whatever order: the last decision that covers a day holds on it.
    #[test]
    fn the_last_decision_that_covers_a_day_holds(
        decisions in proptest::collection::vec((0..400u64, proptest::sample::select(&CADENCES[..])), 0..8),
        at in 0..450u64,
    ) {
        let date = |n: u64| day("2020-01-01") + Days::new(n);
        let mut plan = CadencePlan::constant(FOUR);
        for (from, cadence) in &decisions {
            plan = plan.with(date(*from), *cadence, date(0));
        }
        let expected = decisions.iter().rev().find(|(from, _)| *from <= at).map_or(FOUR, |(_, cadence)| *cadence);
        prop_assert_eq!(plan.on(date(at)), expected);
    }
}
