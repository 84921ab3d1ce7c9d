//! A record that says too little of what binds it is found, whatever else it says.

use std::sync::OnceLock;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::*;
use crate::history::History;
use crate::publish::fixture::{Case, case, reserve_next};
use crate::testdata::memory_vault;

/// Two weeks, their sum, a revision of the first week, and the four weeks' other half: each a day after the one before.
async fn store() -> Vec<Reservation> {
    static STORE: OnceLock<Vec<Reservation>> = OnceLock::new();
    if let Some(store) = STORE.get() {
        return store.clone();
    }
    let (vault, mut history) = (memory_vault(), History::default());
    let corrected = Case { more: 1, ..case("2020W125") };
    let mut made = Vec::new();
    for case in [case("2020W125"), case("2020W126"), case("2020W213"), corrected, case("2020W214")] {
        let mut reservation = reserve_next(&vault, &mut history, &case).await;
        reservation.gepubliceerd_op += TimeDelta::days(i64::try_from(made.len()).unwrap());
        made.push(reservation);
    }
    STORE.get_or_init(|| made).clone()
}

const REVISION: usize = 3;
const LAST: usize = 4;

fn found(reservations: Vec<Reservation>) -> Vec<String> {
    let (records, mut findings) = (Records::of(reservations), Findings::default());
    bonds(&records.facts, &records.records, &mut findings);
    findings.into_list()
}

fn change(reservation: &mut Reservation, change: impl FnOnce(&mut Value)) {
    let mut memory = serde_json::to_value(&reservation.geheugen).unwrap();
    change(&mut memory);
    reservation.geheugen = serde_json::from_value(memory).unwrap();
}

/// What is found when one record's memory is another.
async fn found_when(index: usize, by: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut store = store().await;
    change(&mut store[index], by);
    found(store)
}

#[track_caller]
fn one(findings: &[String], expected: &str) {
    assert!(findings.iter().any(|finding| finding == expected), "{expected}\nnot in {findings:#?}");
}

#[tokio::test]
async fn a_store_in_order_has_no_findings() {
    assert_eq!(found(store().await), Vec::<String>::new());
    let mut at_once = store().await;
    let at = at_once[0].gepubliceerd_op;
    at_once.iter_mut().for_each(|reservation| reservation.gepubliceerd_op = at);
    assert_eq!(found(at_once), Vec::<String>::new(), "which was first within one instant cannot be told");
}

/// Names nothing beside it, says that all was delivered anew, and lets the witnesses of two measures move.
fn loosened(memory: &mut Value) {
    memory["past"]["sums"] = json!([]);
    let inputs = memory["past"]["inputs"].as_array().unwrap().len();
    memory["past"]["inputs"] = json!(vec!["replaced"; inputs]);
    memory["past"]["loose"] = json!(["ontvangen_adviezen", "ontvangen_meldingen"]);
}

#[tokio::test]
async fn a_record_that_frees_itself_of_everything_is_found() {
    let mut store = store().await;
    change(&mut store[REVISION], loosened);
    let records: Vec<MemoryRecord> = store.iter().map(|reservation| reservation.geheugen.clone()).collect();
    let certified = certify_all(&records);
    assert!(certified.iter().all(|(_, certificate)| certificate.passed()), "by its own word it is in order");
    let found = found(store);
    one(&found, "2020W125/2: atom VT06-VR08: its deliveries changed otherwise than it says");
    one(&found, "2020W125/2: of 2020ISO it does not name the issue of 2020W126 that was its newest, and that alone");
    assert!(!found.iter().any(|finding| finding.contains("VT07-VR14")), "that one was delivered anew: {found:#?}");
}

#[tokio::test]
async fn how_deliveries_changed_is_what_the_deliveries_say() {
    let same = found_when(REVISION, |memory| {
        let place = memory["geography"]["atoms"].as_array().unwrap().iter().position(|atom| atom == "VT07-VR14");
        memory["past"]["inputs"][place.unwrap()] = json!("same");
    });
    assert_eq!(same.await, ["2020W125/2: atom VT07-VR14: its deliveries changed otherwise than it says"]);
    let apart = found_when(REVISION, |memory| memory["past"]["apart"] = json!({})).await;
    let rule = "2020W125/2: the deliveries of measures that rest on earlier months changed otherwise than it says";
    assert_eq!(apart, [rule]);
    let none = found_when(REVISION, |memory| memory["past"]["inputs"] = json!([])).await;
    assert_eq!(none, ["2020W125/2: it does not say how the deliveries of each atom changed"]);
    let first = found_when(0, |memory| memory["past"]["inputs"] = json!(["same"])).await;
    assert_eq!(first, ["2020W125/1: it says how deliveries changed, and no issue is before it"]);
    let mut other = store().await;
    other[REVISION].software = "vt-monitor 0.2.0".into();
    one(&found(other), "2020W125/2: atom VT06-VR08: its deliveries changed otherwise than it says");
}

#[tokio::test]
async fn bounds_are_those_of_the_kind_of_period() {
    let rounded = found_when(1, |memory| memory["bound"] = json!(14)).await;
    assert_eq!(rounded, ["2020W126/1: its bound is not that of its kind of period"]);
    let summed = found_when(2, |memory| memory["bound"] = json!(19)).await;
    assert_eq!(summed, ["2020W213/1: its bound is not that of its kind of period"]);
    let entry = |period: &'static str, bound: u32| {
        move |memory: &mut Value| {
            let sums = memory["past"]["sums"].as_array_mut().unwrap();
            let sum = sums.iter_mut().find(|sum| sum["period"] == period).unwrap();
            sum["bound"] = json!(bound);
        }
    };
    let four = found_when(LAST, entry("2020W407", 19)).await;
    assert_eq!(four, ["2020W214/1: its bound for 2020W407 is not that of its kind of period"]);
    let year = found_when(1, entry("2020ISO", 19)).await;
    assert_eq!(year, ["2020W126/1: its bound for 2020ISO is not that of its kind of period"], "no part was revised");
    let revised = found_when(LAST, entry("2020ISO", 14)).await;
    assert_eq!(revised, ["2020W214/1: its bound for 2020ISO is not that of its kind of period"], "a part was");
}

#[tokio::test]
async fn the_other_parts_are_those_that_were_there() {
    let others = |period: &'static str, others: Value| {
        move |memory: &mut Value| {
            let sums = memory["past"]["sums"].as_array_mut().unwrap();
            let sum = sums.iter_mut().find(|sum| sum["period"] == period).unwrap();
            sum["others"] = others;
        }
    };
    let name = |period: &str, issue: u32| json!({"period": period, "issue": issue});
    let older = json!([name("2020W125", 1), name("2020W126", 1)]);
    let rule = "2020W214/1: of 2020W407 it does not name the issue of 2020W125 that was its newest, and that alone";
    assert_eq!(found_when(LAST, others("2020W407", older)).await, [rule]);
    let none = json!([name("2020W125", 2)]);
    let rule = "2020W214/1: of 2020W407 it does not name the issue of 2020W126 that was its newest, and that alone";
    assert_eq!(found_when(LAST, others("2020W407", none)).await, [rule]);
    let later = json!([name("2020W126", 1)]);
    let rule = "2020W125/1: of 2020W213 it does not name the issue of 2020W126 that was its newest, and that alone";
    assert!(found_when(0, others("2020W213", later)).await.contains(&rule.to_owned()));
    let sum = json!([name("2020W125", 2), name("2020W126", 1), name("2020W213", 1)]);
    let rule = "2020W214/1: of 2020W407 it names 2020W213, which is no rounded part of it";
    assert_eq!(found_when(LAST, others("2020W407", sum)).await, [rule]);
    let elsewhere = found_when(LAST, |memory| {
        let sum = json!({"period": "2021ISO", "bound": 14, "others": []});
        memory["past"]["sums"].as_array_mut().unwrap().push(sum);
    });
    assert_eq!(elsewhere.await, ["2020W214/1: it names 2021ISO, which it is no part of"]);
    let twice = found_when(LAST, |memory| {
        let sums = memory["past"]["sums"].as_array_mut().unwrap();
        sums.push(sums[0].clone());
    });
    assert_eq!(twice.await, ["2020W214/1: it names 2020W407 twice"]);
}

#[tokio::test]
async fn within_one_instant_one_of_two_still_names_the_other() {
    let at_once = |mut store: Vec<Reservation>| {
        let at = store[0].gepubliceerd_op;
        store.iter_mut().for_each(|reservation| reservation.gepubliceerd_op = at);
        store
    };
    let mut first = at_once(store().await);
    change(&mut first[1], |memory| memory["past"]["sums"] = json!([]));
    let rule = "2020W125/1: of it and 2020W126/1, of one instant, not exactly one names the other";
    assert_eq!(found(first), [rule]);
    let mut revision = at_once(store().await);
    change(&mut revision[REVISION], |memory| memory["past"]["sums"] = json!([]));
    let rule = "2020W125/2: of it and 2020W126/1, of one instant, not exactly one names the other";
    assert_eq!(found(revision), [rule]);
    let mut shorter = at_once(store().await);
    change(&mut shorter[1], |memory| {
        memory["past"]["sums"].as_array_mut().unwrap().retain(|sum| sum["period"] == "2020ISO");
    });
    let rules = ["2020W213", "2020W407"]
        .map(|longer| format!("2020W126/1: of {longer} it names another issue of 2020W125 than of its year"));
    assert_eq!(found(shorter), rules);
}

#[tokio::test]
async fn rounded_and_summed_periods_are_what_the_names_of_reservations_say() {
    let rounded = found_when(2, |memory| memory["past"]["parts"] = json!([])).await;
    one(&rounded, "2020W213/1: it was rounded itself, though shorter periods within it are reserved");
    let summed = found_when(LAST, |memory| memory["past"]["parts"] = json!([{"period": "2020W127", "issue": 1}])).await;
    one(&summed, "2020W214/1: it claims to be a sum, and no shorter period within it is reserved");
}

#[tokio::test]
async fn an_instant_that_runs_back_is_found() {
    let mut store = store().await;
    store[REVISION].gepubliceerd_op = store[0].gepubliceerd_op - TimeDelta::days(1);
    one(&found(store), "2020W125/2: its instant lies before that of the issue before it");
}

#[tokio::test]
async fn one_year_has_one_policy() {
    let other = found_when(LAST, |memory| memory["policy"]["year_bound_revised"] = json!(24)).await;
    one(&other, "2020W214/1: its base or bounds are not those of 2020W125/1");
    let limits = found_when(LAST, |memory| memory["policy"]["max_iterations"] = json!(7)).await;
    assert_eq!(limits, Vec::<String>::new(), "the solver's limits promise nothing");
}

/// The total of the country, moved alike in every part.
#[tokio::test]
async fn what_stands_in_the_end_is_bounded_whatever_each_says() {
    let mut store = store().await;
    let mut measure = String::new();
    for index in [1, LAST, REVISION] {
        change(&mut store[index], |memory| {
            let table = &mut memory["blocks"][0];
            measure = table["spec"]["measure"].as_str().unwrap().to_owned();
            let value = &mut table["published"][0][0];
            *value = json!(value.as_u64().unwrap() + 15);
        });
    }
    let found = found(store);
    let rule = |period| format!("{period} {measure} in NL01: the running error over its parts is beyond its bound");
    assert_eq!(found, ["2020W213", "2020W407", "2020ISO"].map(rule));
}
