use std::collections::{BTreeMap, BTreeSet};

use vt_domain::delivery::DeliveryKind;
use vt_domain::register::GemeenteMatch;

use super::*;
use crate::records::{Advies, Melding};

fn generator() -> Generator {
    Generator::new(&SimulatorConfig::default())
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// The last delivery of every region and month: what is known in the end.
fn settled(generator: &Generator, from: &str, to: &str) -> Vec<(usize, Month, Records)> {
    let months: Vec<Month> = month(from).through(month(to)).collect();
    let each = (0..REGIONS.len()).flat_map(|region| months.iter().map(move |m| (region, *m)));
    each.map(|(region, m)| (region, m, generator.records(region, generator.deliveries(region, m).last().unwrap())))
        .collect()
}

fn share<T>(all: &[T], is: impl Fn(&&T) -> bool) -> f64 {
    all.iter().filter(is).count() as f64 / all.len() as f64
}

fn pooled(generator: &Generator, from: &str, to: &str) -> (Vec<Advies>, Vec<Melding>) {
    let mut pool = (Vec::new(), Vec::new());
    for (_, _, records) in settled(generator, from, to) {
        pool.0.extend(records.adviezen);
        pool.1.extend(records.meldingen);
    }
    pool
}

#[test]
fn records_are_as_many_as_planned_and_lie_in_their_month() {
    let generator = generator();
    for (region, m, records) in settled(&generator, "2020-02", "2020-03") {
        let days = generator.calendar.days_of(month_index(m).unwrap());
        assert_eq!(records.adviezen.len(), generator.plan.in_days(region, Maat::Adviezen, days.clone()));
        assert_eq!(records.meldingen.len(), generator.plan.in_days(region, Maat::Meldingen, days));
        assert!(records.adviezen.iter().all(|advies| m.contains(advies.startdatum)));
        assert!(records.meldingen.iter().all(|melding| m.contains(melding.ontvangstdatum)));
        assert!(
            records.vervolgdiensten.iter().all(|d| m.contains(d.start) || d.eind.is_some_and(|eind| m.contains(eind)))
        );
    }
}

#[test]
fn the_national_half_year_counted_from_records_is_what_cbs_published() {
    let generator = generator();
    let (adviezen, meldingen) = pooled(&generator, "2020-07", "2020-12");
    assert_eq!((adviezen.len(), meldingen.len()), (63_475, 62_910));
}

#[test]
fn chat_exists_from_may_2020_only() {
    let generator = generator();
    let chats = |m: &str| pooled(&generator, m, m).0.iter().filter(|advies| advies.kanaal == "chat").count();
    assert_eq!(chats("2020-04"), 0);
    assert!(chats("2020-05") > 400);
}

#[test]
fn shares_are_those_of_the_table() {
    let generator = generator();
    let (adviezen, meldingen) = pooled(&generator, "2019-07", "2019-09");
    let police = share(&meldingen, |m| m.organisatie == "politie");
    assert!((0.64..0.69).contains(&police), "two thirds from the police: {police}");
    let checks = [
        (share(&meldingen, |m| m.aard.contains(&"kindermishandeling")), 0.39..0.56),
        (share(&meldingen, |m| m.aard.len() > 1), 0.12..0.27),
        (share(&meldingen, |m| m.besluit == "vervolg_vt"), 0.28..0.42),
        (share(&meldingen, |m| m.besluit == "overdracht"), 0.33..0.43),
        (share(&meldingen, |m| m.hermelding.is_none()), 0.07..0.12),
        (share(&meldingen, |m| m.duur_geweld.is_none()), 0.31..0.37),
        (share(&meldingen, |m| m.veiligheidstaxatie.contains(&"acuut")), 0.12..0.19),
        (share(&meldingen, |m| m.gm_code == "onbekend"), 0.005..0.02),
        (share(&adviezen, |a| a.rol == "niet_beroepsmatig"), 0.36..0.43),
        (share(&adviezen, |a| a.vorm.is_empty()), 0.27..0.33),
        (share(&adviezen, |a| a.gm_code.is_none()), 0.02..0.032),
    ];
    for (i, (found, wanted)) in checks.into_iter().enumerate() {
        assert!(wanted.contains(&found), "check {i}: {found} not in {wanted:?}");
    }
}

#[test]
fn fewer_characteristics_are_missing_from_the_second_half_of_2019_on() {
    let generator = generator();
    let missing = |m: &str| share(&pooled(&generator, m, m).1, |melding| melding.vorm.is_empty());
    assert!(missing("2019-05") > missing("2019-09") + 0.05);
}

#[test]
fn records_keep_the_rules_between_fields() {
    let generator = generator();
    for (_, _, records) in settled(&generator, "2021-03", "2021-03") {
        for advies in &records.adviezen {
            assert_eq!(advies.organisatie == "burger", advies.rol == "niet_beroepsmatig");
            assert!(!advies.aard.is_empty());
        }
        for melding in &records.meldingen {
            assert!(!melding.politie_overdracht || melding.organisatie == "politie");
            assert!(melding.n_minderjarig.is_none_or(|n| n <= melding.n_betrokkenen));
            assert_eq!(melding.besluitdatum.is_none(), melding.besluit == "nog_niet_beoordeeld");
            assert!(melding.besluitdatum.is_none_or(|day| day >= melding.ontvangstdatum));
            for codes in [&melding.aard, &melding.vorm, &melding.veiligheidstaxatie] {
                let distinct: BTreeSet<_> = codes.iter().collect();
                assert_eq!(distinct.len(), codes.len());
                assert!(codes.len() == 1 || !codes.iter().any(|code| ["geen", "onbekend"].contains(code)));
            }
        }
    }
}

#[test]
fn codes_are_valid_on_their_day() {
    let lists = vt_domain::codes::CodeLists::builtin();
    let valid = |list: &str, code: &str, day| {
        lists.list(list).get(code).is_some_and(|code| code.deliverable && code.valid_on(day))
    };
    for (_, _, records) in settled(&generator(), "2020-05", "2020-05") {
        for a in &records.adviezen {
            assert!(valid("kanaal", a.kanaal, a.startdatum) && valid("organisatie", a.organisatie, a.startdatum));
            assert!(a.aard.iter().all(|code| valid("aard", code, a.startdatum)));
        }
        for m in &records.meldingen {
            assert!(valid("besluit", m.besluit, m.ontvangstdatum));
            assert!(m.veiligheidstaxatie.iter().all(|code| valid("veiligheidstaxatie", code, m.ontvangstdatum)));
            assert!(m.hermelding.is_none_or(|code| valid("hermelding", code, m.ontvangstdatum)));
        }
        for d in &records.vervolgdiensten {
            assert!(valid("dienst_soort", d.soort, d.start));
            assert!(d.uitkomst.iter().all(|code| valid("uitkomst", code, d.start)));
            assert!(d.overdracht.iter().all(|code| valid("overdracht", code, d.start)));
        }
    }
}

#[test]
fn every_gemeente_is_one_that_the_register_can_place() {
    let register = Register::builtin();
    for (region, _, records) in settled(&generator(), "2021-02", "2021-02") {
        for melding in records.meldingen.iter().filter(|melding| melding.gm_code != "onbekend") {
            let found = register.resolve(REGIONS[region], Some(&melding.gm_code), melding.ontvangstdatum);
            let placed = matches!(
                found,
                GemeenteMatch::Known { .. } | GemeenteMatch::Successor { .. } | GemeenteMatch::Elsewhere { .. }
            );
            assert!(placed, "{found:?}");
        }
    }
}

#[test]
fn the_melding_of_every_service_exists_with_the_same_id_and_was_to_be_followed() {
    let generator = generator();
    let mut besluiten = BTreeMap::new();
    let months: Vec<Month> = month("2018-06").through(month("2021-01")).collect();
    for m in &months {
        for melding in generator.records(6, generator.deliveries(6, *m).last().unwrap()).meldingen {
            assert!(besluiten.insert(melding.melding_id, melding.besluit).is_none(), "an id twice");
        }
    }
    let mut diensten = 0;
    for m in &months[20..] {
        for dienst in generator.records(6, generator.deliveries(6, *m).last().unwrap()).vervolgdiensten {
            let besluit = besluiten.get(&dienst.melding_id).expect("the melding exists");
            assert!(["vervolg_vt", "nog_niet_beoordeeld"].contains(besluit));
            diensten += 1;
        }
    }
    assert!(diensten > 300);
}

#[test]
fn vt07_completed_256_voorwaarden_en_vervolg_and_5_onderzoeken_in_the_records() {
    let generator = generator();
    let mut ended = BTreeMap::new();
    for m in month("2019-01").through(month("2019-06")) {
        for dienst in generator.records(6, generator.deliveries(6, m).last().unwrap()).vervolgdiensten {
            if dienst.eind.is_some_and(|eind| m.contains(eind)) {
                *ended.entry(dienst.soort).or_insert(0) += 1;
            }
        }
    }
    assert_eq!((ended["onderzoek"], ended["voorwaarden_vervolg"]), (5, 256));
}

fn corrected(generator: &Generator) -> (usize, Vec<Planned>) {
    let months: Vec<Month> = month("2019-06").through(month("2020-06")).collect();
    let big = [17, 19, 0];
    let all = big.into_iter().flat_map(|region| months.iter().map(move |m| (region, *m)));
    all.map(|(region, m)| (region, generator.deliveries(region, m)))
        .find(|(_, deliveries)| deliveries.len() == 2)
        .unwrap()
}

#[test]
fn a_correction_knows_more_of_the_same_registrations() {
    let generator = generator();
    let (region, deliveries) = corrected(&generator);
    let [first, second] = [0, 1].map(|i| generator.records(region, &deliveries[i]));
    let ids = |records: &Records| records.meldingen.iter().map(|m| m.melding_id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(first.adviezen.len(), second.adviezen.len());
    let open = |records: &Records| records.meldingen.iter().filter(|m| m.besluit == "nog_niet_beoordeeld").count();
    assert!(open(&first) > open(&second) + 20, "{} then {}", open(&first), open(&second));
    assert_ne!(first.adviezen, second.adviezen, "some characteristics are filled in");
    let services: BTreeSet<_> = first.vervolgdiensten.iter().map(|d| &d.dienst_id).collect();
    let later: BTreeSet<_> = second.vervolgdiensten.iter().map(|d| &d.dienst_id).collect();
    assert!(services.is_subset(&later) && services.len() < later.len(), "services are registered late");
}

#[test]
fn a_month_to_date_delivery_holds_its_days_and_no_later_knowledge() {
    let config = SimulatorConfig { tussentijds: true, ..SimulatorConfig::default() };
    let generator = Generator::new(&config);
    let deliveries = generator.deliveries(17, month("2020-04"));
    let second = &deliveries[1];
    assert_eq!(second.header.soort, DeliveryKind::Tussentijds);
    let records = generator.records(17, second);
    let whole = generator.records(17, deliveries.last().unwrap());
    let until = second.header.tot_en_met;
    assert!(
        records.meldingen.iter().all(|m| m.ontvangstdatum <= until && m.besluitdatum.is_none_or(|day| day <= until))
    );
    assert!(records.vervolgdiensten.iter().all(|d| d.start <= until && d.eind.is_none_or(|eind| eind <= until)));
    let begun = whole.meldingen.iter().filter(|m| m.ontvangstdatum <= until).map(|m| &m.melding_id);
    assert!(begun.eq(records.meldingen.iter().map(|m| &m.melding_id)));
}

#[test]
fn the_same_delivery_is_the_same_from_another_generator_and_another_seed_differs() {
    let m = month("2020-07");
    let of = |seed| {
        let generator = Generator::new(&SimulatorConfig { seed, ..SimulatorConfig::default() });
        generator.records(6, &generator.deliveries(6, m)[0])
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn no_month_outside_2018_to_2021_is_delivered() {
    let generator = generator();
    assert!(generator.deliveries(0, month("2017-12")).is_empty());
    assert!(generator.deliveries(0, month("2022-01")).is_empty());
    assert!(generator.deliveries(26, month("2020-01")).is_empty());
    assert!(!generator.deliveries(0, month("2018-12")).is_empty());
}

#[test]
fn markers_stand_in_every_id_and_fit_the_contract() {
    let generator = Generator::new(&SimulatorConfig { markers: true, ..SimulatorConfig::default() });
    let m = month("2020-11");
    let records = generator.records(6, generator.deliveries(6, m).last().unwrap());
    let marked = |id: &str, which: usize| {
        id.starts_with(crate::records::MARKERS[which]) && id.len() <= vt_domain::contract::MAX_ID_LENGTH
    };
    assert!(records.adviezen.iter().all(|advies| marked(&advies.advies_id, 0)));
    assert!(records.meldingen.iter().all(|melding| marked(&melding.melding_id, 1)));
    assert!(records.meldingen.iter().flat_map(|melding| &melding.casus_id).all(|id| marked(id, 3)));
    assert!(records.vervolgdiensten.iter().all(|dienst| marked(&dienst.dienst_id, 2) && marked(&dienst.melding_id, 1)));
    let plain = sizes_without_markers(m);
    assert_eq!(plain, (records.adviezen.len(), records.meldingen.len(), records.vervolgdiensten.len()));
}

fn sizes_without_markers(m: Month) -> (usize, usize, usize) {
    let generator = generator();
    let records = generator.records(6, generator.deliveries(6, m).last().unwrap());
    (records.adviezen.len(), records.meldingen.len(), records.vervolgdiensten.len())
}

#[test]
fn a_casus_can_hold_several_meldingen() {
    let (_, meldingen) = pooled(&generator(), "2020-07", "2020-07");
    let casussen: BTreeSet<_> = meldingen.iter().flat_map(|melding| &melding.casus_id).collect();
    let with_casus = meldingen.iter().filter(|melding| melding.casus_id.is_some()).count();
    assert!(casussen.len() < with_casus * 95 / 100 && casussen.len() > with_casus * 80 / 100);
}
