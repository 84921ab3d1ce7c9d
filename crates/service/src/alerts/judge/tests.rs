use chrono::NaiveDate;

use super::*;
use crate::alerts::asking::tests::asked;
use crate::alerts::facts::{Coverage, Failing, LateMonth, Rejected};
use crate::alerts::rule::{Audience, rules};

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

/// July of VT07, asked for today.
fn late_month(today: &str) -> Facts {
    late_months(today, &["2020-07"])
}

/// Months of VT07 that are late, all of them asked for today; July was due on 7 August.
fn late_months(today: &str, months: &[&str]) -> Facts {
    let late = |maand: &&str| LateMonth {
        vt: "VT07".into(),
        maand: maand.parse().unwrap(),
        due: day("2020-08-07"),
        behind: false,
        covered: None,
        today: day(today),
    };
    let now = format!("{today}T12:00:00Z");
    let months_asked: Vec<(&str, &str)> = months.iter().map(|maand| ("VT07", *maand)).collect();
    Facts { asking: asked(&now, &months_asked), late: Some(months.iter().map(late).collect()), ..fine() }
}

fn failing_pull(attempts: u64) -> Facts {
    let failing = Failing {
        vt: "VT07".into(),
        maand: "2020-07".parse().unwrap(),
        attempts,
        since: "2020-08-03T04:30:00Z".parse().unwrap(),
        last: "2020-08-05T04:30:00Z".parse().unwrap(),
        class: "tls_expired".into(),
    };
    Facts { failing: Some(vec![failing]), ..fine() }
}

fn rejected_delivery() -> Rejected {
    let checks = vec!["B003".to_owned(), "R012".to_owned()];
    Rejected { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr: 3, checks, is_asked: true }
}

fn held(refused: bool) -> Facts {
    let class = if refused { "protect" } else { "publish" }.to_owned();
    let held = Held { periode: "2020W407".parse().unwrap(), issue: 2, class, refused };
    Facts { held: Some(vec![held]), ..fine() }
}

fn covered(complete: usize) -> Facts {
    let missing = (complete..25).map(|n| format!("VT{:02}", n + 1)).collect();
    let needs = vec![("VT07".to_owned(), "2020-07".parse().unwrap())];
    let coverage = Coverage { periode: "2020W407".parse().unwrap(), complete, regions: 25, missing, needs };
    Facts { asking: asked("2020-08-20T12:00:00Z", &[("VT07", "2020-07")]), coverage: Some(vec![coverage]), ..fine() }
}

#[test]
fn nothing_wrong_is_nothing() {
    assert_eq!(judged(&fine()), Judgement::default());
}

#[test]
fn a_late_month_holds_from_its_first_late_day() {
    assert_eq!(holds(&late_month("2020-08-08")), pair("delivery_late", "VT07"));
    let judgement = judged(&late_month("2020-08-08"));
    assert_eq!(judgement.conditions[0].region.as_deref(), Some("VT07"));
    assert_eq!(
        judgement.conditions[0].text,
        "De levering van VT07 over juli 2020 is te laat: zij was uiterlijk op 7-8-2020 verwacht. Oorzaak: er is nog niets geleverd."
    );
    let mut facts = late_month("2020-08-08");
    let month = &mut facts.late.as_mut().unwrap()[0];
    (month.behind, month.covered) = (true, Some(day("2020-07-05")));
    let behind = judged(&facts).conditions.remove(0).text;
    assert!(
        behind.contains("loopt achter: een deel was uiterlijk") && behind.contains("tot en met 5-7-2020"),
        "{behind}"
    );
}

#[test]
fn all_late_months_of_a_region_are_one_alert_that_names_them_and_their_causes() {
    let mut facts = late_months("2020-08-10", &["2020-04", "2020-05", "2020-07"]);
    let of_april = Rejected { maand: "2020-04".parse().unwrap(), ..rejected_delivery() };
    (facts.rejected, facts.failing) = (Some(vec![of_april]), failing_pull(1).failing);
    let judgement = judged(&facts);
    let late: Vec<&Condition> = judgement.conditions.iter().filter(|it| it.rule == "delivery_late").collect();
    assert_eq!((late.len(), late[0].subject.as_str()), (1, "VT07"));
    assert!(
        late[0].text.starts_with("De leveringen van VT07 over april en mei 2020 en juli 2020 zijn te laat"),
        "{}",
        late[0].text
    );
    for cause in [
        "april 2020: levering 3 is afgekeurd (controles B003 en R012)",
        "mei 2020: er is nog niets geleverd",
        "juli 2020: het certificaat van het leverpunt is verlopen",
    ] {
        assert!(late[0].text.contains(cause), "{cause}: {}", late[0].text);
    }
}

#[test]
fn who_was_not_asked_yet_is_not_late_and_what_was_told_goes_on() {
    let facts = Facts { asking: asked("2020-08-10T12:00:00Z", &[]), ..late_month("2020-08-10") };
    assert!(holds(&facts).is_empty() && judged(&facts).is_open("delivery_late", "VT07"));
    assert!(!judged(&facts).is_open("delivery_late", "VT08"), "of another one it is known");
    let one_of_two = asked("2020-08-10T12:00:00Z", &[("VT07", "2020-06")]);
    let facts = Facts { asking: one_of_two, ..late_months("2020-08-10", &["2020-06", "2020-07"]) };
    assert!(holds(&facts).is_empty() && judged(&facts).is_open("delivery_late", "VT07"));
    let before = asked("2020-08-07T12:00:00Z", &[("VT07", "2020-07")]);
    assert!(holds(&Facts { asking: before, ..late_month("2020-08-08") }).is_empty(), "asked on its last day only");
}

#[test]
fn what_follows_from_deliveries_waits_as_well_and_our_own_state_does_not() {
    let nobody = asked("2020-08-20T12:00:00Z", &[]);
    let facts = Facts { asking: nobody.clone(), ..covered(2) };
    assert!(holds(&facts).is_empty() && judged(&facts).is_open("coverage_low", "2020W407"));
    let facts = Facts { asking: nobody.clone(), rejected: Some(vec![rejected_delivery()]), ..fine() };
    assert!(holds(&facts).is_empty() && judged(&facts).is_open("delivery_rejected", "VT07 2020-07"));
    let not_asked = Rejected { is_asked: false, ..rejected_delivery() };
    let facts = Facts { asking: nobody.clone(), rejected: Some(vec![not_asked]), ..fine() };
    assert_eq!(holds(&facts), pair("delivery_rejected", "VT07 2020-07"), "nobody will ask for it any more");
    let facts = Facts { asking: nobody.clone(), ..failing_pull(9) };
    assert!(
        holds(&facts).is_empty() && judged(&facts).is_open("pulls_failing", "VT07"),
        "it failed before the last wake"
    );
    let disks = vec![DiskState { name: "private", free_percent: Some(1) }];
    let facts = Facts { asking: nobody, disks, ..held(false) };
    assert_eq!(holds(&facts).len(), 2, "our own state does not wait");
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
    let facts = Facts {
        asking: asked("2020-08-10T12:00:00Z", &[("VT07", "2020-07")]),
        rejected: Some(vec![rejected_delivery()]),
        ..fine()
    };
    assert_eq!(holds(&facts), pair("delivery_rejected", "VT07 2020-07"));
    let text = judged(&facts).conditions.remove(0).text;
    assert!(text.contains("Levering 3 van VT07 over juli 2020") && text.contains("controles B003 en R012"), "{text}");
    assert!(holds(&fine()).is_empty());
}

#[test]
fn pulls_fail_n_times_before_it_is_told() {
    assert!(holds(&failing_pull(2)).is_empty());
    assert_eq!(holds(&failing_pull(3)), pair("pulls_failing", "VT07"));
    let text = judged(&failing_pull(3)).conditions.remove(0).text;
    assert!(text.contains("sinds 3-8-2020 06:30 niet worden opgehaald. Oorzaak: het certificaat"), "{text}");
}

#[test]
fn what_fails_through_our_own_doing_is_no_letter_to_a_region() {
    let mut facts = failing_pull(3);
    facts.failing.as_mut().unwrap()[0].class = "vault".into();
    let condition = judged(&facts).conditions.remove(0);
    assert_eq!((condition.region, condition.subject.as_str()), (None, "VT07"));
    assert!(condition.text.contains("de besloten opslag van de monitor werkt niet"), "{}", condition.text);
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
        assert!(condition.text.contains(" Oorzaak: "), "{}", condition.text);
        let rule = rules(&[]).unwrap().into_iter().find(|rule| rule.name == condition.rule).unwrap();
        for to in [Audience::Operators, Audience::Region] {
            assert!(
                !crate::alerts::letter::names_another(rule.kind.advice(to), "VT07") && !rule.kind.advice(to).is_empty()
            );
        }
        if let Some(vt) = &condition.region {
            assert!(!crate::alerts::letter::names_another(&condition.text, vt), "{}", condition.text);
        }
    }
}
