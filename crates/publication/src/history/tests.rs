//! Rules by names, without counts; and what binds a new issue.

mod claims;

use vt_disclosure::InputChange;

use super::*;
use crate::publish::fixture::{Case, case, input, next, reserve_next};
use crate::testdata::memory_vault;

fn period(code: &str) -> Period {
    code.parse().unwrap()
}

fn reserved(names: &[&str]) -> Reserved {
    let mut reserved = Reserved::default();
    for name in names {
        let (code, issue) = name.split_once('/').unwrap_or((name, "1"));
        reserved.add(ReservationKey { period: period(code), issue: issue.parse().unwrap() });
    }
    reserved
}

fn way(names: &[&str], asked: &str) -> Result<Vec<String>, String> {
    match reserved(names).way(period(asked)) {
        Ok(WayOut::Rounded) => Ok(Vec::new()),
        Ok(WayOut::Summed(parts)) => Ok(parts.iter().map(ToString::to_string).collect()),
        Err(error) => Err(error.to_string()),
    }
}

const ROUNDED: Result<Vec<String>, String> = Ok(Vec::new());

fn summed(parts: &[&str]) -> Result<Vec<String>, String> {
    Ok(parts.iter().map(|part| (*part).to_owned()).collect())
}

#[test]
fn a_period_with_nothing_in_it_or_around_it_is_rounded() {
    assert_eq!(way(&[], "2020W407"), ROUNDED);
    assert_eq!(way(&["2020W406", "2020W129"], "2020W407"), ROUNDED);
    assert_eq!(way(&["2020W407"], "2020W407"), ROUNDED, "and stays so");
}

#[test]
fn days_published_only_as_part_of_a_longer_period_are_refused() {
    let refused = way(&["2020W407"], "2020W127").unwrap_err();
    insta::assert_snapshot!(refused, @"2020W127: its days are published only as part of 2020W407, and figures of both would narrow each other; use 2020W407, or publish shorter periods from 2020-07-13 on. Nothing was written.");
    assert!(way(&["2020W407"], "2020W213").is_err());
    // A sum of weeks holds no days that are not published by week.
    let weeks = ["2020W125", "2020W126", "2020W127", "2020W128", "2020W407"];
    assert_eq!(way(&weeks, "2020W127"), ROUNDED);
    assert_eq!(way(&weeks, "2020W213"), summed(&["2020W125", "2020W126"]));
    assert_eq!(way(&weeks, "2020W407"), summed(&weeks[..4]), "a sum stays a sum");
}

#[test]
fn a_longer_period_is_the_sum_of_what_tiles_it_and_refused_while_something_is_missing() {
    assert_eq!(way(&["2020W213", "2020W214"], "2020W407"), summed(&["2020W213", "2020W214"]));
    let refused = way(&["2020W125"], "2020W407").unwrap_err();
    insta::assert_snapshot!(refused, @"2020W407: part of its days are published as 2020W125, so that it can only be the sum of shorter periods; first publish 2020W126, 2020W214. Nothing was written.");
    let year = way(&["2020W401", "2020W105"], "2020ISO").unwrap_err();
    assert!(
        year.contains("2020W401 and others") && year.contains("first publish 2020W106, 2020W204, 2020W403"),
        "{year}"
    );
}

#[test]
fn a_cadence_can_change_in_the_middle_of_a_longer_period() {
    let mixed = ["2020W125", "2020W126", "2020W214"];
    assert_eq!(way(&mixed, "2020W407"), summed(&mixed));
    assert_eq!(
        way(&["2020W125", "2020W126", "2020W213", "2020W214"], "2020W407"),
        summed(&mixed),
        "not the sum between"
    );
    assert!(way(&["2020W125", "2020W126"], "2020W214").is_ok());
}

#[test]
fn week_53_is_part_of_the_last_periods_of_its_year() {
    let weeks = ["2020W149", "2020W150", "2020W151", "2020W152"];
    assert!(way(&weeks, "2020W413").unwrap_err().contains("first publish 2020W153"));
    let all = ["2020W149", "2020W150", "2020W151", "2020W152", "2020W153"];
    assert_eq!(way(&all, "2020W413"), summed(&all));
    assert_eq!(
        way(&["2020W225", "2020W153", "2020W151", "2020W152"], "2020W413"),
        summed(&["2020W225", "2020W151", "2020W152", "2020W153"])
    );
}

#[test]
fn an_iso_year_is_the_sum_of_thirteen_and_a_void_part_keeps_it() {
    let codes: Vec<String> = period("2020ISO").parts(PeriodKind::FourWeeks).iter().map(ToString::to_string).collect();
    let names: Vec<&str> = codes.iter().map(String::as_str).collect();
    assert_eq!(way(&names, "2020ISO"), summed(&names));
    let mut with_void = reserved(&names);
    with_void.add(ReservationKey { period: period("2020W407"), issue: 2 });
    with_void.mark(ReservationKey { period: period("2020W407"), issue: 2 });
    let refused = with_void.way(period("2020ISO")).unwrap_err().to_string();
    insta::assert_snapshot!(refused, @"2020ISO: the newest issue of 2020W407, a part of it, is void; first publish 2020W407 again. Nothing was written.");
    // A void one that was followed is no obstacle.
    with_void.add(ReservationKey { period: period("2020W407"), issue: 3 });
    assert!(with_void.way(period("2020ISO")).is_ok());
}

#[test]
fn every_longer_period_binds_with_the_newest_of_its_other_rounded_parts() {
    let all = reserved(&["2020W125", "2020W126/1", "2020W126/2", "2020W214", "2020W407", "2020W401", "2021W101"]);
    let sums = all.sums(period("2020W125"));
    let named: Vec<(String, Vec<String>)> = sums
        .into_iter()
        .map(|(longer, others)| {
            (longer.to_string(), others.iter().map(|key| format!("{}/{}", key.period, key.issue)).collect())
        })
        .collect();
    let expected = [
        ("2020W213", vec!["2020W126/2"]),
        ("2020W407", vec!["2020W126/2", "2020W214/1"]),
        ("2020ISO", vec!["2020W401/1", "2020W126/2", "2020W214/1"]),
    ];
    let expected =
        expected.map(|(longer, others)| (longer.to_owned(), others.into_iter().map(str::to_owned).collect()));
    assert_eq!(named, expected);
}

#[tokio::test]
async fn a_new_issue_is_bound_by_its_previous_one_and_by_bounds_of_9_14_and_19() {
    let (vault, mut history) = (memory_vault(), History::default());
    reserve_next(&vault, &mut history, &case("2020W127")).await;
    let policy = Policy::default();
    let bounds = |past: &Past<'_>| past.sums.iter().map(|sum| (sum.bound, sum.others.len())).collect::<Vec<_>>();
    let atoms = vec!["VT07-VR14".to_owned(), "VT08-VR15".to_owned()];
    let past = history.past(&input(&case("2020W128")), 1, &atoms, "vt-monitor 0.1.0", &policy).unwrap();
    assert_eq!((bounds(&past), past.previous.is_none()), (vec![(9, 1), (9, 1), (14, 1)], true));
    let corrected = Case { more: 1, ..case("2020W127") };
    let past = history.past(&input(&corrected), 2, &atoms, "vt-monitor 0.1.0", &policy).unwrap();
    assert_eq!(past.previous.unwrap().issue(), 1);
    assert_eq!(bounds(&past), [(9, 0), (9, 0), (19, 0)], "a revision");
    assert_eq!(past.inputs, [InputChange::Replaced, InputChange::Same]);
    let other = history.past(&input(&case("2020W127")), 2, &atoms, "vt-monitor 0.2.0", &policy).unwrap();
    assert_eq!(other.inputs, [InputChange::Replaced; 2], "another program may count otherwise");
    for wrong in [1, 3] {
        assert!(history.past(&input(&corrected), wrong, &atoms, "vt-monitor 0.1.0", &policy).is_err());
    }
    reserve_next(&vault, &mut history, &corrected).await;
    let past = history.past(&input(&case("2020W128")), 1, &atoms, "vt-monitor 0.1.0", &policy).unwrap();
    assert_eq!((bounds(&past), past.sums[2].others[0].issue()), (vec![(9, 1), (9, 1), (19, 1)], 2));
}

#[tokio::test]
async fn what_is_read_back_binds_as_what_was_remembered() {
    let (vault, mut history) = (memory_vault(), History::default());
    for case in [case("2020W127"), Case { more: 1, ..case("2020W127") }, case("2021W127")] {
        reserve_next(&vault, &mut history, &case).await;
    }
    let read = History::read(&vault, [2020]).await.unwrap();
    let week = period("2020W127");
    assert_eq!(read.first(week), history.first(week));
    assert_eq!((read.newest(week), read.next_issue(week)), (history.newest(week), 3));
    assert!(read.newest(period("2021W127")).is_none(), "of another year");
    let again = next(&read, &Case { more: 1, ..case("2020W127") }).unwrap();
    let newest = history.newest(week).unwrap();
    assert_eq!(again.bewijs.kept, again.bewijs.cells, "nothing changed, nothing moves");
    assert_eq!(again.uitgave, newest.uitgave + 1);
}
