//! Regions correct what was published: corrections are valid, pulled also where no schedule asks for them, and known to the oracle.

use std::collections::BTreeMap;

use vt_domain::clock::local_date;
use vt_domain::contract::RecordType;
use vt_domain::delivery::counts_over;
use vt_domain::finding::Severity;
use vt_domain::month::Month;
use vt_publication::reservation::{Reservation, reservation};
use vt_tests::{Tree, World, differences};
use vt_vault::{DeliveryRecord, ReservationKey};

/// Definitief at the first revision, so that no schedule pulls its corrections.
const FROM: &str = "2019-06";
const TO: &str = "2019-08";

/// The accepted delivery that counts, by region and month.
fn counting(records: &[DeliveryRecord]) -> BTreeMap<(&str, Month), &DeliveryRecord> {
    let mut counting: BTreeMap<(&str, Month), &DeliveryRecord> = BTreeMap::new();
    for record in records.iter().filter(|record| record.accepted()) {
        let place = counting.entry((record.kop.vt_code.as_str(), record.kop.leveringsmaand)).or_insert(record);
        if counts_over(&record.kop, &place.kop) {
            *place = record;
        }
    }
    counting
}

#[tokio::test(flavor = "multi_thread")]
async fn two_waves_of_corrections_are_accepted_and_are_what_the_regions_delivered() {
    let world = World::play_with_revisions(FROM, TO, 2).await.unwrap();
    let records = world.vault().unwrap().deliveries(None).await.unwrap();
    for record in &records {
        let grave: Vec<_> = record.bevindingen.iter().filter(|found| found.severity == Severity::Fout).collect();
        assert!(record.accepted() && grave.is_empty(), "{:?}: {grave:?}", record.kop);
    }
    let instants = world.demo.instants();
    let (truth, end) = (world.truth(), *instants.last().unwrap());
    let counting = counting(&records);
    for month in FROM.parse::<Month>().unwrap().through(TO.parse().unwrap()) {
        for wave in world.demo.corrections() {
            let corrected = records
                .iter()
                .filter(|record| record.kop.leveringsmaand == month && local_date(record.kop.aangemaakt_op) == wave.on);
            assert!(corrected.count() >= wave.regions, "{month}: the wave of {} was not pulled", wave.on);
        }
        for vt in vt_simulator::REGIONS {
            let (header, delivered) = truth.in_force(vt, month, end).unwrap();
            let record = counting[&(vt, month)];
            assert_eq!(record.kop, header);
            let kept = |kind| record.samenvatting.as_ref().unwrap().records[&kind].behouden as usize;
            let counts = RecordType::ALL.map(kept);
            let expected = [delivered.adviezen.len(), delivered.meldingen.len(), delivered.vervolgdiensten.len()];
            assert_eq!(counts, expected, "{vt} {month}");
        }
    }
    assert!(records.iter().all(|record| instants.contains(&record.beoordeeld_op)));
}

fn decided(reservation: &Reservation) -> serde_json::Value {
    serde_json::to_value(reservation).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_with_revisions_begins_like_one_without_and_ends_when_played_again() {
    let plain = World::play(FROM, TO, "").await.unwrap();
    let world = World::play_with_revisions(FROM, TO, 1).await.unwrap();
    let (vault, first) = (plain.vault().unwrap(), world.vault().unwrap());
    for name in plain.published().unwrap() {
        let key = ReservationKey { period: name.split_once('/').unwrap().0.parse().unwrap(), issue: 1 };
        let alone = decided(&reservation(&vault, key).await.unwrap().unwrap());
        assert!(alone == decided(&reservation(&first, key).await.unwrap().unwrap()), "{name} is another one");
    }
    let published = world.published().unwrap();
    assert!(published.iter().filter(|name| name.ends_with("/1")).count() > plain.published().unwrap().len());
    let again = |name: &String| published.contains(&name.replace("/1", "/2"));
    let first_issues = plain.published().unwrap();
    assert!(!first_issues.is_empty() && first_issues.iter().all(again), "{published:?}");
    let folders = ["published", "private"];
    let before = folders.map(|name| Tree::read(&world.path(name)).unwrap());
    let world = world.again("").await.unwrap();
    for (name, before) in folders.into_iter().zip(before) {
        assert_eq!(differences(&before, &Tree::read(&world.path(name)).unwrap()), Vec::<String>::new());
    }
    assert!(world.report.run.pulled.iter().all(|pull| !pull.did_something()));
    assert!(world.report.run.published.iter().all(|result| result.uitgave.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_with_other_revisions_is_another_demo_and_an_older_note_has_none() {
    let world = World::play("2019-01", "2019-01", "").await.unwrap();
    let play = |revisions, to: &str| {
        let demo = vt_monitor::commands::Demo { revisions, to: to.parse().unwrap(), ..world.demo.clone() };
        let (out, stop) = (world.out(), tokio_util::sync::CancellationToken::new());
        async move { demo.play(&out, stop, vt_monitor::progress::Progress::quiet()).await }
    };
    let error = play(1, "2019-01").await.unwrap_err().to_string();
    assert!(error.contains("0 revisions") && error.contains("--out"), "{error}");
    let error = play(1, "2021-12").await.unwrap_err().to_string();
    assert!(error.contains("--revisions 1") && error.contains("2021-12"), "{error}");
    let note = world.path("demo.json");
    let text = std::fs::read_to_string(&note).unwrap();
    let mut older: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(older.as_object_mut().unwrap().remove("revisions"), Some(0.into()));
    std::fs::write(&note, older.to_string()).unwrap();
    play(0, "2019-01").await.unwrap();
}
