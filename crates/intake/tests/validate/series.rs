//! The checks of scope reeks, on histories of a few numbers.

use chrono::Days;
use vt_domain::Month;
use vt_domain::contract::RecordType;
use vt_domain::delivery::{DeliveryHeader, DeliveryKind};
use vt_domain::workday::is_working_day;
use vt_intake::checks::Check;
use vt_vault::{DeliveryRecord, DeliverySummary, MonthShare, RecordCount, Verdict};

use crate::case::{Case, advies, day, melding};
use crate::checks::Trigger;

/// A whole month of VT07 with so many records in each file, half of the meldingen from the police, a tenth unknown.
pub fn month(month: &str, records: u64) -> DeliveryRecord {
    let month: Month = month.parse().unwrap();
    let count = RecordCount { gelezen: records, behouden: records, geweigerd: 0 };
    let share = |part: u64| MonthShare { teller: records / part, noemer: records };
    let samenvatting = DeliverySummary {
        records: RecordType::ALL.into_iter().map(|record| (record, count)).collect(),
        per_dag: Default::default(),
        aandelen: [("melding.politie", 2), ("melding.vorm.onbekend", 10)]
            .map(|(name, part)| (name.to_owned(), share(part)))
            .into(),
    };
    DeliveryRecord {
        formaat: 1,
        kop: DeliveryHeader {
            protocol_versie: "1".into(),
            vt_code: "VT07".into(),
            leveringsmaand: month,
            levering_nr: 1,
            soort: DeliveryKind::Volledig,
            tot_en_met: month.last_day(),
            aangemaakt_op: (month.last_day() + Days::new(3)).and_hms_opt(8, 0, 0).unwrap().and_utc(),
            bronsysteem: "Regas 4".into(),
        },
        verdict: Verdict::Geaccepteerd,
        bestanden: Vec::new(),
        kenmerk: String::new(),
        beoordeeld_op: "2020-08-05T09:00:00Z".parse().unwrap(),
        bevindingen: Vec::new(),
        samenvatting: Some(samenvatting),
    }
}

fn half_year(records: u64) -> Vec<DeliveryRecord> {
    (1..=6).map(|number| month(&format!("2020-{number:02}"), records + number)).collect()
}

/// So many adviezen and meldingen on every working day up to a day of July.
fn fill(case: &mut Case, a_day: usize, until: &str) {
    let days: Vec<_> =
        day("2020-07-01").iter_days().take_while(|d| *d <= day(until)).filter(|d| is_working_day(*d)).collect();
    let dates = || days.iter().flat_map(|day| std::iter::repeat_n(day.to_string(), a_day)).enumerate();
    *case.adviezen() = dates().map(|(nr, date)| advies(&format!("A{nr}"), &date)).collect();
    *case.meldingen() = dates().map(|(nr, date)| melding(&format!("M{nr}"), &date)).collect();
}

pub const TRIGGERS: &[Trigger] = &[
    (Check::AantalAfwijkend, |case| {
        case.history = half_year(300);
        fill(case, 5, "2020-07-31");
    }),
    (Check::PolitieAfwijkend, |case| {
        case.history = half_year(200);
        fill(case, 10, "2020-07-31");
    }),
    (Check::OnbekendAfwijkend, |case| {
        case.history = half_year(200);
        fill(case, 10, "2020-07-31");
        case.meldingen().iter_mut().step_by(3).for_each(|row| _ = row.insert("vorm".into(), String::new()));
    }),
    (Check::LegeDagen, |case| {
        fill(case, 12, "2020-07-31");
        case.adviezen().retain(|row| row["startdatum"] != "2020-07-14");
    }),
    (Check::LeegSlot, |case| fill(case, 12, "2020-07-24")),
    (Check::DalingInMaand, |case| {
        case.history = vec![month("2020-07", 60)];
        case.kop.levering_nr = 2;
        fill(case, 2, "2020-07-31");
    }),
    (Check::ZelfdeAantallen, |case| {
        case.history = vec![month("2020-06", 46)];
        fill(case, 2, "2020-07-31");
        let meldingen = case.meldingen().len();
        assert_eq!(meldingen, 46);
        *case.diensten() = (0..46).map(|nr| crate::case::dienst(&format!("D{nr}"), "M1", "2020-07-06", "")).collect();
    }),
    (Check::OnverwachtLeeg, |case| {
        case.history = half_year(90);
        fill(case, 4, "2020-07-31");
        case.diensten().clear();
    }),
    (Check::VorigeMaandOntbreekt, |case| case.history = vec![month("2020-05", 3)]),
    (Check::SprongInMaand, |case| {
        case.history = vec![month("2020-07", 30)];
        case.kop.levering_nr = 2;
        fill(case, 2, "2020-07-31");
    }),
];

fn checks(found: &crate::case::Kept) -> Vec<&str> {
    found.checks().into_iter().filter(|check| check.starts_with('S')).collect()
}

#[tokio::test]
async fn a_month_like_the_months_before_has_no_finding() {
    let kept = Case::with(|case| {
        case.history = half_year(230);
        fill(case, 10, "2020-07-31");
        case.meldingen().iter_mut().step_by(2).for_each(|row| {
            row.insert("organisatie".into(), "huisarts".into());
            row.insert("politie_overdracht".into(), "false".into());
        });
        *case.diensten() = (0..230).map(|nr| crate::case::dienst(&format!("D{nr}"), "M1", "2020-07-06", "")).collect();
    })
    .run()
    .await;
    assert_eq!(checks(&kept), [] as [&str; 0]);
    assert!(kept.record.accepted());
}

#[tokio::test]
async fn too_short_a_history_says_nothing() {
    let kept = Case::with(|case| {
        case.history = half_year(900).split_off(2);
        fill(case, 5, "2020-07-31");
    })
    .run()
    .await;
    assert!(!kept.checks().contains(&"S001"));
}

#[tokio::test]
async fn the_history_of_another_region_says_nothing() {
    let kept = Case::with(|case| {
        case.history = half_year(900);
        case.history.iter_mut().for_each(|record| record.kop.vt_code = "VT08".into());
        fill(case, 5, "2020-07-31");
    })
    .run()
    .await;
    assert_eq!(checks(&kept), [] as [&str; 0]);
}

#[tokio::test]
async fn fewer_unknown_values_than_usual_are_no_finding() {
    let kept = Case::with(|case| {
        case.history = half_year(200);
        fill(case, 10, "2020-07-31");
    })
    .run()
    .await;
    assert!(!kept.checks().contains(&"S003"));
    assert_eq!(kept.record.samenvatting.unwrap().aandelen["melding.vorm.onbekend"].teller, 0);
}

#[tokio::test]
async fn a_region_without_records_in_a_quiet_month_is_not_rejected() {
    let kept = Case::with(|case| {
        case.history = half_year(10);
        case.diensten().clear();
    })
    .run()
    .await;
    assert!(kept.record.accepted(), "{:?}", kept.checks());
}

#[tokio::test]
async fn a_month_to_date_delivery_is_compared_by_the_day() {
    let kept = Case::with(|case| {
        case.history = half_year(230);
        case.kop.soort = DeliveryKind::Tussentijds;
        case.kop.tot_en_met = day("2020-07-15");
        fill(case, 10, "2020-07-15");
    })
    .run()
    .await;
    let counts: Vec<_> = kept.findings.iter().filter(|found| found.controle == "S001").collect();
    // Only the services, of which there are two.
    assert!(counts.iter().all(|found| found.bestand == Some(RecordType::Vervolgdienst)), "{counts:?}");
}
