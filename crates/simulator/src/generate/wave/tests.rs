use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use vt_domain::Month;
use vt_domain::codes::CodeLists;
use vt_domain::delivery::{DeliveryHeader, DeliveryKind};

use crate::calibration::REGIONS;
use crate::config::{CorrectionWave, SimulatorConfig};
use crate::records::Records;
use crate::truth::Truth;

const FIRST: &str = "2021-02-26";
const SECOND: &str = "2021-03-30";

fn day_of(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn months() -> impl Iterator<Item = Month> {
    month("2020-07").through(month("2021-01"))
}

fn config(waves: &[&str]) -> SimulatorConfig {
    let corrections = waves.iter().map(|on| CorrectionWave::new(day_of(on))).collect();
    SimulatorConfig { seed: 2020, corrections, ..SimulatorConfig::default() }
}

fn truth(waves: &[&str]) -> Truth {
    Truth::new(&config(waves))
}

/// The deliveries of a wave, each with the records that it corrects and those that it holds.
fn corrected(truth: &Truth, on: &str) -> Vec<(DeliveryHeader, Records, Records)> {
    let each = months().flat_map(|m| REGIONS.map(|vt| (vt, m)));
    each.flat_map(|(vt, m)| truth.headers(vt, m))
        .filter(|header| header.aangemaakt_op.date_naive() == day_of(on) && header.soort == DeliveryKind::Correctie)
        .filter_map(|header| {
            let (vt, m, nr) = (header.vt_code.clone(), header.leveringsmaand, header.levering_nr);
            let (before, after) = (truth.records(&vt, m, nr - 1)?, truth.records(&vt, m, nr)?);
            Some((header, before, after))
        })
        .collect()
}

/// Of records by id before and after: how many there were, changed, are new, are gone.
fn compared<T: PartialEq>(before: &[T], after: &[T], id: impl Fn(&T) -> &str) -> [usize; 4] {
    let known: BTreeMap<&str, &T> = before.iter().map(|record| (id(record), record)).collect();
    let now: BTreeMap<&str, &T> = after.iter().map(|record| (id(record), record)).collect();
    assert_eq!((known.len(), now.len()), (before.len(), after.len()), "an id twice");
    let changed = known.iter().filter(|(id, record)| now.get(*id).is_some_and(|present| present != *record)).count();
    let new = now.keys().filter(|id| !known.contains_key(*id)).count();
    [before.len(), changed, new, known.keys().filter(|id| !now.contains_key(*id)).count()]
}

fn added(sums: [usize; 4], other: [usize; 4]) -> [usize; 4] {
    std::array::from_fn(|i| sums[i] + other[i])
}

#[test]
fn without_waves_and_before_them_every_delivery_is_what_it_was() {
    let (plain, waved) = (truth(&[]), truth(&[FIRST]));
    let on = day_of(FIRST);
    for (vt, m) in months().flat_map(|m| ["VT03", "VT07", "VT13", "VT24"].map(|vt| (vt, m))) {
        let before: Vec<_> = plain.headers(vt, m).into_iter().filter(|h| h.aangemaakt_op.date_naive() < on).collect();
        assert_eq!(waved.headers(vt, m)[..before.len()], before[..]);
        for header in before {
            let nr = header.levering_nr;
            assert_eq!(plain.records(vt, m, nr), waved.records(vt, m, nr));
        }
    }
}

#[test]
fn each_month_is_corrected_by_four_regions_with_the_next_number_and_then_counts() {
    let truth = truth(&[FIRST, SECOND]);
    let deliveries = corrected(&truth, FIRST);
    let mut regions: BTreeMap<Month, BTreeSet<String>> = BTreeMap::new();
    for (header, ..) in &deliveries {
        assert!(header.covers_month());
        let all = truth.headers(&header.vt_code, header.leveringsmaand);
        assert!(all.iter().zip(1..).all(|(h, nr)| h.levering_nr == nr));
        assert!(all.windows(2).all(|pair| pair[0].aangemaakt_op < pair[1].aangemaakt_op));
        let at = header.aangemaakt_op;
        let in_force = |now| truth.in_force(&header.vt_code, header.leveringsmaand, now).unwrap().0.levering_nr;
        assert_eq!((in_force(at - TimeDelta::seconds(1)), in_force(at)), (header.levering_nr - 1, header.levering_nr));
        regions.entry(header.leveringsmaand).or_default().insert(header.vt_code.clone());
    }
    assert_eq!(regions.len(), months().count());
    assert!(regions.values().all(|regions| regions.len() == 4));
    assert!(regions.values().collect::<BTreeSet<_>>().len() > 3, "other regions for other months");
}

#[test]
fn a_month_that_was_not_delivered_yet_is_not_corrected() {
    let truth = truth(&[FIRST]);
    let later = REGIONS.iter().flat_map(|vt| truth.headers(vt, month("2021-03")));
    assert!(later.clone().all(|header| header.aangemaakt_op.date_naive() > day_of(FIRST)));
    assert_eq!(later.filter(|header| header.soort == DeliveryKind::Volledig).count(), REGIONS.len());
}

#[test]
fn two_per_cent_change_one_per_cent_is_new_and_a_few_are_withdrawn() {
    let (mut adviezen, mut meldingen, mut diensten) = ([0; 4], [0; 4], [0; 4]);
    for (_, before, after) in corrected(&truth(&[FIRST]), FIRST) {
        adviezen = added(adviezen, compared(&before.adviezen, &after.adviezen, |a| &a.advies_id));
        meldingen = added(meldingen, compared(&before.meldingen, &after.meldingen, |m| &m.melding_id));
        diensten =
            added(diensten, compared(&before.vervolgdiensten, &after.vervolgdiensten, |dienst| &dienst.dienst_id));
    }
    for (name, [all, changed, new, gone]) in [("adviezen", adviezen), ("meldingen", meldingen)] {
        let per_mille = |n: usize| n * 1000 / all;
        assert!(all > 8_000, "{name}: {all}");
        assert!((15..25).contains(&per_mille(changed)), "{name}: {changed} of {all} changed");
        assert!((8..12).contains(&per_mille(new)), "{name}: {new} of {all} new");
        assert!(gone > 0 && per_mille(gone) < 5, "{name}: {gone} of {all} gone");
    }
    let [all, changed, new, gone] = diensten;
    assert!(changed > 0 && changed * 1000 < all * 25, "{changed} of {all}");
    assert!(new > 0 && new * 1000 < all * 12 && gone > 0 && gone * 1000 < all * 5, "{new} new, {gone} gone of {all}");
}

#[test]
fn a_later_wave_builds_on_an_earlier_one() {
    let truth = truth(&[FIRST, SECOND]);
    let twice: Vec<_> = corrected(&truth, SECOND)
        .into_iter()
        .filter(|(header, ..)| {
            let waves = [FIRST, SECOND].map(day_of);
            let headers = truth.headers(&header.vt_code, header.leveringsmaand);
            headers.iter().filter(|h| waves.contains(&h.aangemaakt_op.date_naive())).count() == 2
        })
        .collect();
    assert!(!twice.is_empty());
    for (header, before, after) in twice {
        let first = truth.headers(&header.vt_code, header.leveringsmaand).remove(header.levering_nr as usize - 2);
        let late = |records: &Records| records.adviezen.iter().map(|a| a.advies_id.clone()).collect::<BTreeSet<_>>();
        let original =
            truth.records(&header.vt_code, header.leveringsmaand, first.levering_nr.saturating_sub(1)).unwrap();
        let of_first: BTreeSet<_> = late(&before).difference(&late(&original)).cloned().collect();
        let kept = of_first.intersection(&late(&after)).count();
        assert!(kept * 10 >= of_first.len() * 8, "what was registered late stays: {kept} of {}", of_first.len());
        let [all, changed, new, _] = compared(&before.meldingen, &after.meldingen, |m| &m.melding_id);
        assert!(changed * 100 < all * 8 && new * 100 < all * 3, "{changed} changed and {new} new of {all}");
    }
}

#[test]
fn the_same_waves_give_the_same_records_and_other_seeds_others() {
    let of = |seed| {
        let truth = Truth::new(&SimulatorConfig { seed, ..config(&[FIRST, SECOND]) });
        corrected(&truth, SECOND).into_iter().map(|(header, _, after)| (header, after)).collect::<Vec<_>>()
    };
    assert_eq!(of(2020), of(2020));
    assert_ne!(of(2020), of(2021));
    let alone = corrected(&truth(&[FIRST]), FIRST);
    assert_eq!(alone, corrected(&truth(&[FIRST, SECOND]), FIRST), "a later wave changes nothing of an earlier one");
}

#[test]
fn corrected_records_keep_the_rules_between_fields() {
    let lists = CodeLists::builtin();
    let valid = |list: &str, code: &str, day| {
        lists.list(list).get(code).is_some_and(|code| code.deliverable && code.valid_on(day))
    };
    let alone = |codes: &[&str]| codes.len() == 1 || !codes.iter().any(|code| ["geen", "onbekend"].contains(code));
    for (header, before, after) in corrected(&truth(&[FIRST, SECOND]), SECOND) {
        let (m, made) = (header.leveringsmaand, header.aangemaakt_op.date_naive());
        for a in &after.adviezen {
            assert!(m.contains(a.startdatum) && valid("kanaal", a.kanaal, a.startdatum));
            assert_eq!(a.organisatie == "burger", a.rol == "niet_beroepsmatig");
            assert!(!a.aard.is_empty() && alone(&a.aard));
        }
        for melding in &after.meldingen {
            assert!(m.contains(melding.ontvangstdatum));
            assert_eq!(melding.organisatie == "burger", melding.rol == "niet_beroepsmatig");
            assert!(!melding.politie_overdracht || melding.organisatie == "politie");
            assert!(melding.n_minderjarig.is_none_or(|n| n <= melding.n_betrokkenen));
            assert_eq!(melding.besluitdatum.is_none(), melding.besluit == "nog_niet_beoordeeld");
            assert!(melding.besluitdatum.is_none_or(|day| melding.ontvangstdatum <= day && day <= made));
            assert!(alone(&melding.aard) && alone(&melding.veiligheidstaxatie));
        }
        services_refer_to_meldingen(m, &before, &after);
    }
}

fn services_refer_to_meldingen(m: Month, before: &Records, after: &Records) {
    let besluiten: BTreeMap<_, _> = after.meldingen.iter().map(|m| (&m.melding_id, m.besluit)).collect();
    let known: BTreeSet<_> = before.meldingen.iter().map(|m| &m.melding_id).collect();
    let old: BTreeSet<_> = before.vervolgdiensten.iter().map(|d| &d.dienst_id).collect();
    for dienst in &after.vervolgdiensten {
        assert!(m.contains(dienst.start) || dienst.eind.is_some_and(|eind| m.contains(eind)));
        assert!(dienst.eind.is_none_or(|eind| dienst.start <= eind));
        // What refers to a melding of this month finds it there, and it was to be followed.
        let besluit = besluiten.get(&dienst.melding_id);
        assert!(besluit.is_some() || !known.contains(&dienst.melding_id), "its melding was withdrawn");
        assert!(besluit.is_none_or(|besluit| ["vervolg_vt", "nog_niet_beoordeeld"].contains(besluit)));
        assert!(besluit.is_some() || old.contains(&dienst.dienst_id), "a new one is on a melding of the same delivery");
    }
}

#[test]
fn chat_is_never_corrected_into_a_month_before_it_existed() {
    let truth = truth(&[FIRST]);
    let earlier = month("2020-01").through(month("2020-04"));
    let last = |vt: &str, m| truth.in_force(vt, m, "2022-01-01T00:00:00Z".parse().unwrap()).unwrap().1;
    let all: Vec<_> = earlier.flat_map(|m| REGIONS.map(|vt| last(vt, m))).collect();
    assert!(all.iter().flat_map(|records| &records.adviezen).all(|advies| advies.kanaal != "chat"));
}
