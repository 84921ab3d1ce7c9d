//! Two years of all regions, recorded pull by pull.

use std::io::Write;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use vt_domain::Month;
use vt_domain::delivery::{DeliveryId, DeliveryKind};
use vt_domain::finding::{Finding, Scope, Severity};
use vt_ledger::{
    Delivery, DeliveryFilter, DeliveryStatus, JudgedDelivery, Ledger, NewRun, PullRecord, RecordCounts, Recorded, Step,
    StepName,
};
use vt_servers::{Postgres, PostgresOptions};

fn finding(n: u64) -> Finding {
    Finding {
        check: format!("R{n:03}"),
        severity: Severity::Signaal,
        scope: Scope::Record,
        bestand: None,
        veld: None,
        aantal: n,
        voorbeelden: vec![],
        melding: "Een bevinding van gewone lengte, zoals de regio haar in het rapport leest.".into(),
    }
}

fn pull(vt: &str, maand: Month, now: DateTime<Utc>) -> PullRecord {
    let step = |name| Step::of_pull(vt, maand, name, now).done(now);
    let delivery = Delivery {
        id: DeliveryId { vt: vt.into(), maand, nr: 1 },
        soort: DeliveryKind::Volledig,
        tot_en_met: maand.last_day(),
        status: DeliveryStatus::Accepted,
        first_seen: now,
        decided_at: Some(now),
        records: Some(RecordCounts { advies: 350, melding: 420, vervolgdienst: 90 }),
        dropped: 1,
        listing_digest: "0".repeat(64),
    };
    PullRecord {
        vt: vt.into(),
        maand,
        at: now,
        steps: [StepName::Fetch, StepName::Parse, StepName::Validate, StepName::Keep].map(step).to_vec(),
        deliveries: vec![JudgedDelivery { delivery, findings: (1..=3).map(finding).collect() }],
        failure: None,
        backfill: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seven_hundred_pulls_take_seconds_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    // The aim is 2 s on an idle machine with 2 cores; the rest is room for a busy one.
    seven_hundred_pulls("file", folder.path().join("ledger.sqlite").to_str().unwrap(), 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seven_hundred_pulls_take_seconds_at_a_server() {
    let server = Postgres::start(PostgresOptions { durable: true, tls: false }).unwrap();
    seven_hundred_pulls("server", &server.new_ledger().unwrap(), 60).await;
}

async fn seven_hundred_pulls(place: &str, address: &str, most_seconds: u64) {
    let ledger = Ledger::open(address).await.unwrap();
    let now: DateTime<Utc> = "2021-02-08T06:30:00Z".parse().unwrap();
    let run = ledger.begin_run(&NewRun::of_this_process("demo", "0.1.0", now)).await.unwrap();
    let months: Vec<Month> = "2019-01".parse::<Month>().unwrap().through("2021-03".parse().unwrap()).collect();
    let pulls: Vec<_> =
        months.iter().flat_map(|month| (1..=26).map(|vt| pull(&format!("VT{vt:02}"), *month, now))).collect();
    assert_eq!(pulls.len(), 702);

    let mut seconds = Vec::new();
    for expected in [Recorded::Written, Recorded::Unchanged] {
        let begin = Instant::now();
        for pull in &pulls {
            assert_eq!(ledger.record_pull(run, None, pull).await.unwrap(), expected);
        }
        seconds.push(begin.elapsed());
    }
    let begin = Instant::now();
    assert_eq!(ledger.deliveries(&DeliveryFilter::default()).await.unwrap().len(), 702);
    assert_eq!(ledger.steps(run).await.unwrap().len(), 4 * 702);
    seconds.push(begin.elapsed());
    let mut out = std::io::stderr();
    writeln!(out, "702 pulls at a {place}: recorded, again, read back: {seconds:?}").unwrap();
    assert!(seconds[0] < Duration::from_secs(most_seconds), "{seconds:?}");
}
