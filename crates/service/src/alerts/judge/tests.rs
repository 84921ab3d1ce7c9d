use chrono::NaiveDate;

use super::*;
use crate::alerts::rule::rules;

fn judged(facts: &Facts) -> Judgement {
    judge(&rules(&[]).unwrap(), facts)
}

/// Rules and subjects that hold.
fn holds(facts: &Facts) -> Vec<(String, String)> {
    judged(facts).conditions.into_iter().map(|it| (it.rule, it.subject)).collect()
}

fn pair(rule: &str, subject: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), subject.to_owned())]
}

/// Everything known, nothing wrong.
fn fine() -> Facts {
    Facts {
        late: Some(Vec::new()),
        rejected: Some(Vec::new()),
        coverage: Some(Vec::new()),
        failing: Some(Vec::new()),
        held: Some(Vec::new()),
        ..Facts::default()
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn late_month(today: &str) -> Facts {
    let late =
        LateMonth { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), due: day("2020-08-07"), today: day(today) };
    Facts { late: Some(vec![late]), ..fine() }
}

fn failing_pull(attempts: u64) -> Facts {
    let failing = Failing {
        vt: "VT07".into(),
        maand: "2020-07".parse().unwrap(),
        attempts,
        since: "2020-08-03T04:30:00Z".parse().unwrap(),
        class: "digest_mismatch".into(),
    };
    Facts { failing: Some(vec![failing]), ..fine() }
}

fn held(refused: bool) -> Facts {
    let class = if refused { "protect" } else { "publish" }.to_owned();
    let held = Held { periode: "2020W407".parse().unwrap(), issue: 2, class, refused };
    Facts { held: Some(vec![held]), ..fine() }
}

fn covered(complete: usize) -> Facts {
    let missing = (complete..25).map(|n| format!("VT{:02}", n + 1)).collect();
    let coverage = Coverage { periode: "2020W407".parse().unwrap(), complete, regions: 25, missing };
    Facts { coverage: Some(vec![coverage]), ..fine() }
}

#[test]
fn nothing_wrong_is_nothing() {
    assert_eq!(judged(&fine()), Judgement::default());
}

#[test]
fn a_late_month_holds_from_its_first_late_day() {
    assert_eq!(holds(&late_month("2020-08-08")), pair("delivery_late", "VT07 2020-07"));
    let judgement = judged(&late_month("2020-08-08"));
    assert_eq!(judgement.conditions[0].region.as_deref(), Some("VT07"));
    assert!(judgement.conditions[0].text.contains("uiterlijk op 2020-08-07"));
    let behind = judged(&late_month("2020-08-05")).conditions.remove(0).text;
    assert!(behind.contains("loopt achter"), "with shorter periods a month can lag before it is due: {behind}");
}

#[test]
fn a_late_month_is_told_after_the_days_of_its_rule() {
    let config = toml::from_str("name = \"delivery_late\"\ndays = 3").unwrap();
    let rules = rules(&[config]).unwrap();
    assert!(judge(&rules, &late_month("2020-08-09")).conditions.is_empty());
    assert_eq!(judge(&rules, &late_month("2020-08-10")).conditions.len(), 1);
}

#[test]
fn a_rejected_delivery_holds_until_another_is_the_newest() {
    let rejected = Rejected { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr: 3 };
    let facts = Facts { rejected: Some(vec![rejected]), ..fine() };
    assert_eq!(holds(&facts), pair("delivery_rejected", "VT07 2020-07"));
    assert!(holds(&fine()).is_empty());
}

#[test]
fn pulls_fail_n_times_before_it_is_told() {
    assert!(holds(&failing_pull(2)).is_empty());
    assert_eq!(holds(&failing_pull(3)), pair("pulls_failing", "VT07 2020-07"));
}

#[test]
fn a_publication_fails_or_is_blocked() {
    assert_eq!(holds(&held(false)), pair("publication_failed", "2020W407"));
    assert_eq!(holds(&held(true)), pair("publication_blocked", "2020W407"));
}

#[test]
fn coverage_holds_below_its_level_only() {
    assert!(holds(&covered(20)).is_empty(), "20 of 25 is 80%");
    assert_eq!(holds(&covered(19)), pair("coverage_low", "2020W407"));
    let text = judged(&covered(2)).conditions.remove(0).text;
    assert!(text.contains("VT03") && text.contains("en nog 11"), "{text}");
}

#[test]
fn a_store_is_open_until_it_failed_often_enough() {
    let facts = |failures| Facts { stores: vec![StoreState { name: "published", failures }], ..fine() };
    assert!(holds(&facts(1)).is_empty() && judged(&facts(1)).is_open("store_unreachable", "published"));
    assert!(!judged(&facts(1)).is_open("store_unreachable", "private"));
    assert_eq!(holds(&facts(2)), pair("store_unreachable", "published"));
    assert!(!judged(&facts(0)).is_open("store_unreachable", "published"));
}

#[test]
fn a_disk_holds_below_its_level_and_is_open_when_unknown() {
    let facts = |free_percent| Facts { disks: vec![DiskState { name: "private", free_percent }], ..fine() };
    assert!(holds(&facts(Some(10))).is_empty());
    assert_eq!(holds(&facts(Some(9))), pair("disk_low", "private"));
    assert!(judged(&facts(None)).is_open("disk_low", "private"));
}

#[test]
fn a_clock_holds_on_either_side() {
    let facts = |ahead_seconds| Facts { clocks: vec![ClockState { name: "de database", ahead_seconds }], ..fine() };
    assert!(holds(&facts(Some(29))).is_empty() && holds(&facts(Some(-29))).is_empty());
    assert_eq!(holds(&facts(Some(30))), pair("clock_skew", "de database"));
    assert!(judged(&facts(Some(-30))).conditions[0].text.contains("achter"));
    assert!(judged(&facts(None)).is_open("clock_skew", "de database"));
}

#[test]
fn what_could_not_be_learned_leaves_its_rules_open_and_no_others() {
    let judgement = judged(&Facts { late: None, rejected: None, coverage: None, ..held(true) });
    for rule in ["delivery_late", "delivery_rejected", "coverage_low"] {
        assert!(judgement.is_open(rule, "VT07 2020-07"), "{rule}");
    }
    assert!(!judgement.is_open("publication_blocked", "2020W407"));
    assert_eq!(judgement.conditions.len(), 1);
}

#[test]
fn texts_fit_into_the_ledger_and_of_a_region_name_no_other() {
    let many: Vec<Facts> = vec![late_month("2020-08-10"), failing_pull(9), held(true), held(false), covered(0)];
    for condition in many.iter().flat_map(|facts| judged(facts).conditions) {
        assert!(condition.text.chars().count() < 900 && !condition.text.contains('\n'), "{}", condition.text);
        assert!(condition.text.contains("Wat te doen:"), "{}", condition.text);
        if let Some(vt) = &condition.region {
            assert!(!crate::alerts::letter::names_another(&condition.text, vt), "{}", condition.text);
        }
    }
}
