use proptest::prelude::*;
use vt_vault::due;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn id(month: Month) -> DeliveryId {
    DeliveryId { vt: "VT07".into(), maand: month, nr: 1 }
}

fn claim(period: &str, open: bool) -> Claim {
    let period: Period = period.parse().unwrap();
    Claim { period, open, delivered: None, names: period.months().map(id).collect() }
}

#[test]
fn the_terms_have_least_values_and_say_why() {
    let broken = |change: fn(&mut RetentionConfig)| {
        let mut config = RetentionConfig::default();
        change(&mut config);
        config.broken_rule().map(|(field, rule)| format!("{field}: {rule}"))
    };
    assert_eq!(broken(|_| {}), None);
    assert_eq!(broken(|config| config.memory_months = Some(60)), None);
    assert!(broken(|config| config.registrations_months = 12).unwrap().contains("from 13 to 1200: a revision"));
    assert!(broken(|config| config.raw_months = 26).unwrap().contains("at least raw_months (26)"));
    assert!(broken(|config| config.raw_months = 0).unwrap().starts_with("retention.raw_months"));
    assert!(broken(|config| config.memory_months = Some(24)).unwrap().contains("registrations_months (25)"));
    assert!(broken(|config| config.orphan_grace_hours = 0).unwrap().contains("orphan_grace_hours"));
}

#[test]
fn a_claim_holds_until_a_month_after_definitief_or_as_long_as_an_issue_is_to_come() {
    // The half-year of July 2020 is closed on 21 January 2021.
    let closed = claim("2020W407", false);
    assert!(closed.holds(day("2021-01-21")) && closed.holds(day("2021-02-20")));
    assert!(!closed.holds(day("2021-02-21")));
    assert!(claim("2020W407", true).holds(day("2030-01-01")));
    let in_steps = Claim { delivered: Some(day("2026-01-01")), ..claim("2020W407", false) };
    assert!(in_steps.holds(day("2026-04-02")) && !in_steps.holds(day("2026-04-03")));
}

#[test]
fn a_year_goes_as_a_whole_and_never_with_something_unfinished() {
    let none = BTreeSet::new();
    let due = |today: &str, months, begun: &BTreeSet<i32>, unfinished: &BTreeSet<i32>| {
        years_due(day(today), months, [2019, 2020], begun, unfinished).into_iter().collect::<Vec<_>>()
    };
    // 2019 ended on 29 December 2019, ISO year 2020 on 3 January 2021.
    assert_eq!(due("2024-12-31", Some(60), &none, &none), [0; 0]);
    assert_eq!(due("2025-01-01", Some(60), &none, &none), [2019]);
    assert_eq!(due("2026-01-31", Some(60), &none, &none), [2019]);
    assert_eq!(due("2026-02-01", Some(60), &none, &none), [2019, 2020]);
    assert_eq!(due("2099-01-01", None, &none, &none), [0; 0], "kept as long as the published store exists");
    assert_eq!(due("2026-02-01", Some(60), &none, &BTreeSet::from([2019])), [2020]);
    assert_eq!(due("2021-02-01", None, &BTreeSet::from([2019]), &none), [2019], "what was begun is finished");
}

fn periods() -> impl Strategy<Value = (Period, bool)> {
    let kinds = proptest::sample::select(vec![PeriodKind::Week, PeriodKind::TwoWeeks, PeriodKind::FourWeeks]);
    (kinds, 0..1800u64, proptest::bool::weighted(0.2))
        .prop_map(|(kind, days, open)| (Period::containing(kind, day("2019-01-01") + Days::new(days)), open))
}

proptest! {
    #[test]
    fn nothing_is_listed_that_an_unfinished_or_not_definitive_snapshot_is_counted_from(
        periods in proptest::collection::vec(periods(), 0..12),
        look_back in 0..30usize,
        days in 0..2400u64,
        months in 0..30u32,
    ) {
        let today = day("2019-01-01") + Days::new(days);
        let claims: Vec<Claim> = periods
            .iter()
            .map(|&(period, open)| {
                let first = Month::of(period.begin());
                let earlier = std::iter::successors(Some(first), |month| Some(month.previous())).take(look_back);
                Claim { period, open, delivered: None, names: period.months().chain(earlier).map(id).collect() }
            })
            .collect();
        let standing = Month::new(2016, 1).unwrap().through(Month::of(today)).map(id);
        let goes = due(today, months, standing, &BTreeSet::new(), &needed(today, &claims));
        for claim in &claims {
            let kept = claim.open || today < Month::of(claim.period.last_day()).definitive_from();
            prop_assert!(!kept || claim.names.is_disjoint(&goes), "{:?} on {}", claim.period, today);
        }
        prop_assert!(goes.iter().all(|id| expired(today, id.maand, months)));
    }
}
