use proptest::prelude::*;
use vt_domain::delivery::DeliveryKind;
use vt_vault::{Kept, Removal, Verdict};

use super::*;
use crate::publish::fixture::{case, reservation};
use crate::testdata::{day, instant, memory_vault, month, verdict};

fn period(code: &str) -> Period {
    code.parse().unwrap()
}

/// One whole delivery of every region for every month.
fn all_regions(months: &[&str]) -> Vec<DeliveryRecord> {
    let regions = Register::builtin().vt_regions(day("2020-06-01"));
    let records = months.iter().flat_map(|text| regions.iter().map(|region| verdict(&region.code, month(text), 1)));
    records.collect()
}

fn decide(code: &str, records: &[DeliveryRecord]) -> PeriodInput {
    gate(period(code), records, Register::builtin(), day("2021-02-08"))
}

fn month_to_date(vt: &str, maand: &str, nr: u32, tot_en_met: &str) -> DeliveryRecord {
    let mut record = verdict(vt, month(maand), nr);
    record.kop.soort = DeliveryKind::Tussentijds;
    record.kop.tot_en_met = day(tot_en_met);
    record
}

fn counts(input: &PeriodInput, vt: &str, maand: &str) -> Option<u32> {
    input.counting.get(&(vt.to_owned(), month(maand))).map(|input| input.levering_nr)
}

fn coverage_of<'i>(input: &'i PeriodInput, vt: &str) -> &'i RegionCoverage {
    input.coverage.iter().find(|region| region.vt == vt).unwrap()
}

/// 2020W407 is 15-6-2020 to 12-7-2020.
#[test]
fn a_period_is_complete_when_every_month_it_touches_is_delivered() {
    let input = decide("2020W407", &all_regions(&["2020-06", "2020-07"]));
    assert!(input.is_complete());
    assert_eq!((input.coverage.len(), input.complete_regions().len(), input.incomplete_regions().len()), (26, 26, 0));
    assert_eq!((input.counting.len(), input.earlier.len()), (52, 0));
    assert_eq!(coverage_of(&input, "VT07").dagen_gedekt, 28);
}

#[test]
fn a_region_that_misses_a_month_is_incomplete_and_the_others_are_not() {
    let mut records = all_regions(&["2020-06", "2020-07"]);
    records.retain(|record| (record.kop.vt_code.as_str(), record.kop.leveringsmaand) != ("VT12", month("2020-07")));
    let input = decide("2020W407", &records);
    assert_eq!(input.incomplete_regions(), BTreeSet::from(["VT12"]));
    let missing = coverage_of(&input, "VT12");
    assert_eq!((missing.dagen, missing.dagen_gedekt), (28, 16));
    assert_eq!((missing.ontbreekt.as_slice(), missing.onvolledig.is_empty()), (&[month("2020-07")][..], true));
}

#[test]
fn nothing_delivered_covers_nothing_and_still_names_every_region() {
    let input = decide("2020W407", &[]);
    assert_eq!((input.coverage.len(), input.incomplete_regions().len()), (26, 26));
    assert_eq!(coverage_of(&input, "VT01").ontbreekt, [month("2020-06"), month("2020-07")]);
    assert!(input.counting.is_empty() && !input.is_complete());
}

#[test]
fn the_first_period_of_2019_lacks_its_last_day_of_2018_in_every_region() {
    let input = decide("2019W401", &all_regions(&["2019-01"]));
    assert_eq!((input.coverage.len(), input.complete_regions().len()), (26, 0));
    for region in &input.coverage {
        assert_eq!((region.dagen, region.dagen_gedekt), (28, 27));
        assert_eq!(region.ontbreekt, [month("2018-12")]);
    }
}

#[test]
fn the_highest_accepted_number_counts() {
    let records = [verdict("VT07", month("2020-06"), 2), verdict("VT07", month("2020-06"), 1)];
    assert_eq!(counts(&decide("2020W407", &records), "VT07", "2020-06"), Some(2));
}

#[test]
fn earlier_deliveries_beyond_the_look_back_or_gone_are_left_out_and_change_the_digest() {
    let input = decide("2020W407", &all_regions(&["2019-04", "2019-05", "2019-06", "2020-06", "2020-07"]));
    assert_eq!(input.earlier.len(), 78);
    // The period begins on 15 June 2020: 13 whole months after April 2019, 12 after May.
    let limited = input.clone().limited(13, |_| false);
    assert_eq!((limited.earlier.len(), limited.counting.len()), (52, 52));
    assert!(limited.earlier.keys().all(|(_, maand)| *maand >= month("2019-05")));
    assert_ne!(limited.digest, input.digest);
    assert_eq!(input.clone().limited(25, |_| false), input);
    let gone = input.earlier[&("VT07".to_owned(), month("2019-06"))].clone();
    let without = input.clone().limited(25, |earlier| *earlier == gone);
    assert_eq!(without.earlier.len(), 77);
    let removed = BTreeSet::from([gone.id()]);
    assert_eq!((input.needs_one_of(&removed), without.needs_one_of(&removed)), (Some(gone.id()), None));
    let counting = input.counting[&("VT07".to_owned(), month("2020-06"))].id();
    assert_eq!(input.limited(25, |_| true).needs_one_of(&BTreeSet::from([counting.clone()])), Some(counting));
}

#[tokio::test]
async fn a_first_issue_leaves_out_what_was_removed_and_a_later_one_that_needs_it_is_refused() {
    let vault = memory_vault();
    let input = decide("2020W407", &all_regions(&["2019-06", "2020-06", "2020-07"]));
    let gone = input.earlier[&("VT07".to_owned(), month("2019-06"))].clone();
    let remove = async |id: &DeliveryId| {
        let rule = "registrations_months = 25".to_owned();
        let removal = Removal::new("2021-08-01T05:30:00Z".parse().unwrap(), rule, "test".to_owned());
        vault.remove_kept(Kept::Registrations, id, &removal).await.unwrap();
    };
    remove(&gone.id()).await;
    let first = countable(&vault, input.clone(), 25, None).await.unwrap();
    assert_eq!((first.counting.len(), first.earlier.len()), (52, 25));
    let mut before = reservation(&case("2020W407"));
    assert_eq!(
        countable(&vault, input.clone(), 25, Some(&before)).await.unwrap(),
        first,
        "it did not look there either"
    );
    before.invoer_eerder = vec![gone];
    let refused = countable(&vault, input.clone(), 25, Some(&before)).await.unwrap_err().to_string();
    let said = "2020W407: the registrations of VT07 2019-06 nr 1 were removed on 2021-08-01";
    assert!(refused.starts_with(said) && refused.contains("registrations_months = 25"), "{refused}");
    assert!(countable(&vault, input.clone(), 10, Some(&before)).await.is_ok(), "beyond what is looked up");
    remove(&input.counting[&("VT12".to_owned(), month("2020-07"))].id()).await;
    let refused = countable(&vault, input, 25, None).await.unwrap_err();
    assert!(refused.to_string().contains("VT12 2020-07 nr 1"), "{refused}");
}

#[test]
fn a_rejected_delivery_does_not_count() {
    let mut records = [verdict("VT07", month("2020-06"), 1), verdict("VT07", month("2020-06"), 2)];
    records[1].verdict = Verdict::Afgekeurd;
    assert_eq!(counts(&decide("2020W407", &records), "VT07", "2020-06"), Some(1));
    records[0].verdict = Verdict::Afgekeurd;
    let input = decide("2020W407", &records);
    assert_eq!(counts(&input, "VT07", "2020-06"), None);
    assert_eq!(coverage_of(&input, "VT07").dagen_gedekt, 0);
}

#[test]
fn month_to_date_never_replaces_a_whole_month() {
    let whole = verdict("VT07", month("2020-06"), 1);
    let records = [whole, month_to_date("VT07", "2020-06", 2, "2020-06-20")];
    let input = decide("2020W407", &records);
    assert_eq!(counts(&input, "VT07", "2020-06"), Some(1));
    assert_eq!(coverage_of(&input, "VT07").dagen_gedekt, 16);
}

#[test]
fn of_two_month_to_dates_the_later_number_counts_and_covers() {
    let records =
        [month_to_date("VT07", "2020-06", 1, "2020-06-21"), month_to_date("VT07", "2020-06", 2, "2020-06-28")];
    let input = decide("2020W407", &records);
    assert_eq!(counts(&input, "VT07", "2020-06"), Some(2));
    assert_eq!(coverage_of(&input, "VT07").dagen_gedekt, 14);
    assert_eq!(coverage_of(&input, "VT07").onvolledig, [month("2020-06")]);
}

#[test]
fn a_correction_replaces_the_whole_month() {
    let mut correction = verdict("VT07", month("2020-06"), 3);
    correction.kop.soort = DeliveryKind::Correctie;
    let records = [verdict("VT07", month("2020-06"), 1), month_to_date("VT07", "2020-06", 2, "2020-06-20"), correction];
    assert_eq!(counts(&decide("2020W407", &records), "VT07", "2020-06"), Some(3));
}

#[test]
fn month_to_date_covers_up_to_and_including_its_last_day() {
    let june = verdict("VT07", month("2020-06"), 1);
    for (tot_en_met, covered) in [("2020-07-11", 27), ("2020-07-12", 28), ("2020-07-13", 28), ("2020-07-01", 17)] {
        let july = month_to_date("VT07", "2020-07", 1, tot_en_met);
        let input = decide("2020W407", &[june.clone(), july]);
        assert_eq!(coverage_of(&input, "VT07").dagen_gedekt, covered, "{tot_en_met}");
        assert_eq!(coverage_of(&input, "VT07").is_complete(), covered == 28);
    }
}

#[test]
fn a_delivery_covers_no_day_of_the_next_month() {
    let mut june = verdict("VT07", month("2020-06"), 1);
    june.kop.tot_en_met = day("2020-07-31");
    assert_eq!(coverage_of(&decide("2020W407", &[june]), "VT07").dagen_gedekt, 16);
}

#[test]
fn verdicts_after_the_as_of_date_are_not_known_yet() {
    let mut later = verdict("VT07", month("2020-06"), 2);
    // Half past eleven in the evening of 8 February in Amsterdam, and half past midnight of the 9th.
    later.beoordeeld_op = "2021-02-08T22:30:00Z".parse().unwrap();
    let records = [verdict("VT07", month("2020-06"), 1), later.clone()];
    assert_eq!(counts(&decide("2020W407", &records), "VT07", "2020-06"), Some(2));
    later.beoordeeld_op = "2021-02-08T23:30:00Z".parse().unwrap();
    let records = [verdict("VT07", month("2020-06"), 1), later];
    assert_eq!(counts(&decide("2020W407", &records), "VT07", "2020-06"), Some(1));
}

#[test]
fn earlier_months_are_looked_up_and_later_ones_are_not() {
    let months = ["2020-04", "2020-05", "2020-06", "2020-07", "2020-08"].map(|text| verdict("VT07", month(text), 1));
    let input = decide("2020W407", &months);
    let of = |inputs: Vec<Input>| inputs.into_iter().map(|input| input.maand.to_string()).collect::<Vec<_>>();
    assert_eq!(of(input.inputs()), ["2020-06", "2020-07"]);
    assert_eq!(of(input.earlier_inputs()), ["2020-04", "2020-05"]);
}

#[test]
fn regions_not_in_force_neither_count_nor_are_missed() {
    let records = [verdict("VT16", month("2023-02"), 1), verdict("VT27", month("2023-02"), 1)];
    let input = gate(period("2023W402"), &records, Register::builtin(), day("2023-04-01"));
    assert_eq!(counts(&input, "VT27", "2023-02"), Some(1));
    assert_eq!(counts(&input, "VT16", "2023-02"), None);
    assert!(input.coverage.iter().all(|region| region.vt != "VT16" && region.vt != "VT26"));
}

/// 2022W413 ends on 1-1-2023, the first day of VT27.
#[test]
fn in_the_period_of_a_merger_each_region_needs_the_days_that_it_is_in_force() {
    let records = [verdict("VT16", month("2022-12"), 1), verdict("VT27", month("2023-01"), 1)];
    let input = gate(period("2022W413"), &records, Register::builtin(), day("2023-04-01"));
    let days = |vt| (coverage_of(&input, vt).dagen, coverage_of(&input, vt).dagen_gedekt);
    assert_eq!((days("VT16"), days("VT26"), days("VT27"), days("VT07")), ((27, 27), (27, 0), (1, 1), (28, 0)));
}

#[test]
fn the_digest_follows_every_input() {
    let records = all_regions(&["2020-05", "2020-06", "2020-07"]);
    let digest = decide("2020W407", &records).digest;
    assert_eq!(digest.len(), 64);
    let changed = |change: &dyn Fn(&mut Vec<DeliveryRecord>)| {
        let mut records = records.clone();
        change(&mut records);
        decide("2020W407", &records).digest
    };
    assert_eq!(digest, changed(&|records| records.reverse()));
    assert_eq!(digest, changed(&|records| records.push(verdict("VT07", month("2020-08"), 1))));
    assert_ne!(digest, changed(&|records| records.push(verdict("VT07", month("2020-06"), 2))));
    // An earlier month: the gemeente of a melding can differ.
    assert_ne!(digest, changed(&|records| records.push(verdict("VT07", month("2020-05"), 2))));
    assert_ne!(digest, changed(&|records| records[0].kenmerk.push('0')));
    assert_ne!(digest, changed(&|records| drop(records.pop())));
}

proptest! {
    /// Whatever is delivered, in whatever order: the outcome is the same, and no region has more days than the period.
    #[test]
    fn the_order_of_the_records_does_not_matter(
        facts in prop::collection::vec((0..4usize, 0..3usize, 1..4u32, 0..3usize, any::<bool>(), 1..32u32), 0..30),
        shift in 0..30usize,
    ) {
        let records = facts.iter().map(|&(region, maand, nr, soort, accepted, last)| {
            let maand = month(["2020-05", "2020-06", "2020-07"][maand]);
            let mut record = verdict(["VT01", "VT06", "VT07", "VT15"][region], maand, nr);
            record.kop.soort = [DeliveryKind::Volledig, DeliveryKind::Tussentijds, DeliveryKind::Correctie][soort];
            record.kop.tot_en_met = maand.first_day() + chrono::Days::new(u64::from(last.min(maand.days())) - 1);
            record.verdict = if accepted { Verdict::Geaccepteerd } else { Verdict::Afgekeurd };
            record.beoordeeld_op = instant();
            record
        });
        // A number is judged once.
        let unique: BTreeMap<_, _> = records.map(|record| (record.id(), record)).collect();
        let records: Vec<DeliveryRecord> = unique.into_values().collect();
        let mut turned = records.clone();
        turned.rotate_left(shift % records.len().max(1));
        turned.reverse();
        let input = decide("2020W407", &records);
        prop_assert_eq!(&input, &decide("2020W407", &turned));
        for region in &input.coverage {
            prop_assert!(region.dagen_gedekt <= region.dagen);
            let blamed = !region.ontbreekt.is_empty() || !region.onvolledig.is_empty();
            prop_assert_eq!(region.is_complete(), !blamed);
        }
        for input in input.counting.values() {
            prop_assert!(records.iter().any(|record| record.id() == input.id() && record.accepted()));
        }
    }
}
