use super::*;
use proptest::prelude::*;

fn set(texts: &[&str]) -> BTreeSet<Period> {
    texts.iter().map(|text| period(text)).collect()
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn tiles(cadence: PeriodKind, rounded: &[&str], of: &str) -> Vec<String> {
    let rounded = set(rounded);
    Tiling { cadence: &CadencePlan::constant(cadence), rounded: &rounded }
        .tiles(period(of))
        .iter()
        .map(Period::to_string)
        .collect()
}

fn way(cadence: PeriodKind, rounded: &[&str], of: &str) -> Way {
    let rounded = set(rounded);
    Tiling { cadence: &CadencePlan::constant(cadence), rounded: &rounded }.way(period(of))
}

#[test]
fn days_of_which_nothing_is_published_follow_the_cadence() {
    assert_eq!(tiles(PeriodKind::FourWeeks, &[], "2020W407"), ["2020W407"]);
    assert_eq!(tiles(PeriodKind::TwoWeeks, &[], "2020W407"), ["2020W213", "2020W214"]);
    assert_eq!(tiles(PeriodKind::Week, &[], "2020W407"), ["2020W125", "2020W126", "2020W127", "2020W128"]);
    assert_eq!(tiles(PeriodKind::FourWeeks, &[], "2020ISO").len(), 13);
}

#[test]
fn what_was_begun_in_weeks_is_finished_in_weeks_or_in_two_weeks_where_they_fit() {
    let begun = ["2020W125"];
    assert_eq!(tiles(PeriodKind::FourWeeks, &begun, "2020W407"), ["2020W125", "2020W126", "2020W214"]);
    assert_eq!(tiles(PeriodKind::TwoWeeks, &begun, "2020W407"), ["2020W125", "2020W126", "2020W214"]);
    let further = ["2020W125", "2020W126", "2020W127"];
    let all = ["2020W125", "2020W126", "2020W127", "2020W128"];
    assert_eq!(tiles(PeriodKind::FourWeeks, &further, "2020W407"), all);
    assert_eq!(tiles(PeriodKind::FourWeeks, &["2020W213"], "2020W407"), ["2020W213", "2020W214"]);
    assert_eq!(tiles(PeriodKind::Week, &["2020W213"], "2020W407"), ["2020W213", "2020W127", "2020W128"]);
    assert!(matches!(way(PeriodKind::FourWeeks, &begun, "2020W407"), Way::Sum(_)));
    // A period later the cadence holds again.
    assert_eq!(tiles(PeriodKind::FourWeeks, &begun, "2020W408"), ["2020W408"]);
}

#[test]
fn weekly_begins_with_the_first_week_of_the_first_four_weeks_that_are_not_published() {
    let rounded = set(&["2020W406", "2020W407"]);
    let cadence = CadencePlan::constant(PeriodKind::Week);
    let tiling = Tiling { cadence: &cadence, rounded: &rounded };
    let bases: Vec<String> = tiling.bases(day("2020-05-18"), day("2020-07-20")).iter().map(Period::to_string).collect();
    assert_eq!(bases, ["2020W406", "2020W407", "2020W129", "2020W130"]);
}

#[test]
fn a_shorter_period_of_days_published_as_a_longer_one_is_covered() {
    let rounded = ["2020W407", "2020W217"];
    assert_eq!(way(PeriodKind::Week, &rounded, "2020W127"), Way::Covered(period("2020W407")));
    assert_eq!(way(PeriodKind::Week, &rounded, "2020W214"), Way::Covered(period("2020W407")));
    assert_eq!(way(PeriodKind::Week, &rounded, "2020W134"), Way::Covered(period("2020W217")));
    assert_eq!(way(PeriodKind::Week, &rounded, "2020W407"), Way::Rounded);
    assert_eq!(way(PeriodKind::Week, &rounded, "2020W129"), Way::Rounded);
}

#[test]
fn week_53_is_a_tile_of_the_last_two_and_four_weeks() {
    let last = ["2020W149", "2020W150", "2020W151", "2020W152", "2020W153"];
    assert_eq!(tiles(PeriodKind::Week, &[], "2020W413"), last);
    assert_eq!(tiles(PeriodKind::Week, &[], "2020W226"), last[2..]);
    assert_eq!(tiles(PeriodKind::FourWeeks, &["2020W149"], "2020W413"), ["2020W149", "2020W150", "2020W226"]);
    assert_eq!(tiles(PeriodKind::Week, &[], "2020ISO").len(), 53);
}

#[test]
fn a_year_of_several_cadences_is_the_sum_of_what_was_rounded() {
    let rounded = ["2020W401", "2020W402", "2020W109", "2020W110"];
    let Way::Sum(tiles) = way(PeriodKind::TwoWeeks, &rounded, "2020ISO") else { panic!("a sum") };
    let names: Vec<String> = tiles.iter().map(Period::to_string).collect();
    assert_eq!(names[..5], ["2020W401", "2020W402", "2020W109", "2020W110", "2020W206"]);
    assert_eq!(names.last().unwrap(), "2020W226");
}

#[test]
fn sums_are_no_shorter_than_the_cadence_and_only_of_days_that_are_past() {
    let names = |cadence, rounded: &[&str], today: &str| -> Vec<String> {
        let rounded = set(rounded);
        let cadence = CadencePlan::constant(cadence);
        let tiling = Tiling { cadence: &cadence, rounded: &rounded };
        tiling.sums(day("2020-12-01"), day(today)).iter().map(Period::to_string).collect()
    };
    assert_eq!(names(PeriodKind::FourWeeks, &[], "2021-01-03"), [""; 0]);
    assert_eq!(names(PeriodKind::FourWeeks, &[], "2021-01-04"), ["2020ISO"]);
    assert_eq!(names(PeriodKind::TwoWeeks, &[], "2021-01-04"), ["2020W413", "2020ISO"]);
    assert_eq!(names(PeriodKind::Week, &[], "2021-01-04"), ["2020W225", "2020W226", "2020W413", "2020ISO"]);
    assert_eq!(names(PeriodKind::FourWeeks, &["2020W149"], "2021-01-04"), ["2020W413", "2020ISO"]);
}

#[test]
fn the_first_period_holds_the_first_day_and_the_last_one_today() {
    let none = BTreeSet::new();
    let names = |cadence, first: &str, today: &str| -> Vec<String> {
        let cadence = CadencePlan::constant(cadence);
        let tiling = Tiling { cadence: &cadence, rounded: &none };
        tiling.bases(day(first), day(today)).iter().map(Period::to_string).collect()
    };
    assert_eq!(names(PeriodKind::FourWeeks, "2019-01-01", "2019-03-01"), ["2019W401", "2019W402", "2019W403"]);
    assert_eq!(names(PeriodKind::Week, "2019-01-16", "2019-02-01"), ["2019W103", "2019W104", "2019W105"]);
    assert_eq!(names(PeriodKind::Week, "2020-12-28", "2021-01-04"), ["2020W153", "2021W101"]);
}

fn kinds() -> impl Strategy<Value = PeriodKind> {
    proptest::sample::select(&PeriodKind::ALL[..3])
}

proptest! {
    /// Whatever the cadence was from one period to the next, days are rounded once and every longer period is tiled.
    #[test]
    fn any_history_of_cadences_tiles_the_days_exactly_once(changes in proptest::collection::vec((kinds(), 1..6usize), 1..12)) {
        let first = day("2020-09-07");
        let mut rounded = BTreeSet::new();
        let mut until = first;
        for (cadence, steps) in changes {
            for _ in 0..steps {
                let next = Tiling { cadence: &CadencePlan::constant(cadence), rounded: &rounded }.bases(until, until)[0];
                prop_assert_eq!(next.begin(), until, "no gap and no overlap");
                until = next.end();
                rounded.insert(next);
            }
        }
        for kind in PeriodKind::ALL {
            let cadence = CadencePlan::constant(kind.min(PeriodKind::FourWeeks));
            let tiling = Tiling { cadence: &cadence, rounded: &rounded };
            for period in &rounded {
                prop_assert_eq!(tiling.way(*period), Way::Rounded);
                let longer = Period::containing(kind, period.begin());
                if let Way::Sum(tiles) = tiling.way(longer) {
                    prop_assert!(tiles.contains(period));
                    prop_assert_eq!(tiles[0].begin(), longer.begin());
                    prop_assert!(tiles.windows(2).all(|pair| pair[0].end() == pair[1].begin()));
                    prop_assert_eq!(tiles[tiles.len() - 1].end(), longer.end());
                } else {
                    prop_assert!(longer.kind() <= period.kind());
                }
            }
        }
    }
}
