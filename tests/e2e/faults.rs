//! One test per fault: caught with the right check or error, the other 25 regions published, nothing half accepted.

use vt_domain::period::Period;
use vt_monitor::commands::Demo;
use vt_monitor::due::PeriodState;
use vt_monitor::pulling::PullResult;
use vt_monitor::round::once;
use vt_tests::World;

const MONTH: &str = "2019-02";

/// What a fault comes to.
enum Expect {
    /// The delivery is accepted all the same.
    Complete,
    /// The pull fails with this class of error; nothing is judged.
    Failure(&'static str),
    /// The delivery is rejected with this check.
    Rejected(&'static str),
    /// Nothing was delivered, and that is no error.
    Absent,
}

/// Plays two months with one fault of one region in the second.
async fn play(vt: &str, fault: &str, expect: Expect) -> World {
    let world = World::play("2019-01", MONTH, &format!("{vt}@{MONTH}={fault}")).await.unwrap();
    let pull = world.report.run.pulled.iter().find(|pull| pull.vt == vt && pull.maand.to_string() == MONTH).unwrap();
    let vault = world.vault().unwrap();
    let judged = vault.deliveries_of_month(vt, MONTH.parse().unwrap()).await.unwrap();
    let accepted = judged.iter().filter(|record| record.accepted()).count();
    match expect {
        Expect::Complete => assert!(pull.failure.is_none() && accepted > 0, "{pull:?}"),
        Expect::Failure(class) => {
            assert_eq!(pull.failure.as_ref().map(|fault| fault.class.as_str()), Some(class), "{pull:?}");
            assert_eq!(judged.len(), 0);
        }
        Expect::Rejected(check) => {
            assert!(pull.failure.is_none(), "{pull:?}");
            assert!(accepted == 0 && !judged.is_empty());
            let found: Vec<_> = judged[0].bevindingen.iter().map(|finding| finding.check.as_str()).collect();
            assert!(found.contains(&check), "{fault}: {check} is not among {found:?}");
        }
        Expect::Absent => assert!(pull.failure.is_none() && judged.is_empty(), "{pull:?}"),
    }
    assert_eq!(vault.quarantine_len().await.unwrap(), 0, "{fault}: nothing stays in the quarantine");
    others_are_published(&world, vt, accepted > 0);
    world
}

/// No fault makes a national total out of fewer than all regions.
fn others_are_published(world: &World, vt: &str, complete: bool) {
    let period: Period = "2019W402".parse().unwrap();
    let overview = &world.report.periods[1].overview;
    assert_eq!(overview.state, PeriodState::Published { issue: 1 });
    assert_eq!(overview.complete, if complete { 26 } else { 25 });
    for row in world.rows(period, "kerncijfers").unwrap() {
        let code = row["regio_code"].as_str().unwrap();
        let draws_on_it = code == "NL01" || code == vt;
        if code.starts_with("VT") || code == "NL01" {
            assert_eq!(row["waarde"].is_null(), draws_on_it && !complete, "{row}");
        }
    }
}

macro_rules! fault {
    ($name:ident, $vt:literal, $fault:literal, $expect:expr) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            play($vt, $fault, $expect).await;
        }
    };
}

fault!(late, "VT05", "late:60", Expect::Absent);
fault!(never, "VT05", "never", Expect::Absent);
fault!(server_error_for_good, "VT05", "server_error", Expect::Failure("status"));
fault!(server_error_that_passes, "VT05", "server_error:2", Expect::Complete);
fault!(too_many_requests_in_seconds, "VT05", "too_many_requests:1s", Expect::Complete);
fault!(too_many_requests_until_a_date, "VT05", "too_many_requests:1date", Expect::Complete);
fault!(too_many_requests_for_an_hour, "VT05", "too_many_requests:3600s", Expect::Failure("retry_later"));
fault!(slow_drip_within_the_limits, "VT05", "slow_drip:4000/5", Expect::Complete);
fault!(slow_drip_beyond_the_idle_limit, "VT05", "slow_drip:16/4000", Expect::Failure("idle_timeout"));
fault!(connection_cut_once, "VT05", "connection_cut:1", Expect::Complete);
fault!(connection_cut_for_good, "VT05", "connection_cut", Expect::Failure("cut"));
fault!(truncated_gzip, "VT05", "truncated_gzip", Expect::Rejected("B001"));
fault!(wrong_digest, "VT05", "wrong_digest", Expect::Failure("digest"));
fault!(wrong_count, "VT05", "wrong_count", Expect::Rejected("B013"));
fault!(error_page_for_the_listing, "VT05", "error_page_200:listing", Expect::Failure("error_page"));
fault!(error_page_for_a_file, "VT05", "error_page_200:file", Expect::Failure("error_page"));
fault!(redirect_of_the_listing, "VT05", "redirect_other_host:listing", Expect::Failure("redirect_elsewhere"));
fault!(redirect_of_a_file, "VT05", "redirect_other_host:file", Expect::Failure("redirect_elsewhere"));
fault!(another_regions_data, "VT05", "other_region", Expect::Rejected("L002"));
fault!(another_months_data, "VT05", "other_month", Expect::Rejected("L003"));
fault!(duplicate_ids, "VT05", "duplicate_ids", Expect::Rejected("R025"));
fault!(unknown_codes, "VT05", "unknown_codes", Expect::Rejected("R007"));
fault!(dates_outside_the_month, "VT05", "dates_outside_month", Expect::Rejected("R012"));
fault!(a_personal_number, "VT05", "bsn", Expect::Rejected("B017"));
fault!(wrong_encoding, "VT05", "wrong_encoding", Expect::Rejected("B009"));
fault!(decompression_bomb, "VT05", "decompression_bomb", Expect::Rejected("B003"));
fault!(expired_certificate, "VT05", "expired_certificate", Expect::Failure("tls_expired"));

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_under_a_known_number() {
    let folder = tempfile::tempdir().unwrap();
    let demo =
        Demo { from: "2019-01".parse().unwrap(), to: MONTH.parse().unwrap(), seed: 2020, faults: true, revisions: 0 };
    let faults = format!("VT05@{MONTH}=changed_bytes").parse().unwrap();
    let stage = vt_tests::open(&demo, &folder.path().join("demo"), faults).await.unwrap();
    let (first, _) = once(&stage.app, "first").await.unwrap();
    let vt05 =
        |pulls: &[PullResult]| pulls.iter().find(|p| p.vt == "VT05" && p.maand.to_string() == MONTH).cloned().unwrap();
    assert!(vt05(&first.pulled).accepted > 0 && vt05(&first.pulled).changed == 0);
    let fetched = stage.simulator.requests("VT05");
    let (second, _) = once(&stage.app, "second").await.unwrap();
    assert_eq!((vt05(&second.pulled).accepted, vt05(&second.pulled).changed), (0, 1));
    assert_eq!(stage.simulator.requests("VT05"), fetched, "what was judged is not fetched again");
    let findings = stage.app.ledger.findings("VT05", MONTH.parse().unwrap()).await.unwrap();
    assert!(findings.iter().any(|found| found.finding.check == "L016"));
    let kept = stage.app.vault.deliveries_of_month("VT05", MONTH.parse().unwrap()).await.unwrap();
    assert!(kept.iter().all(|record| record.accepted()), "the first verdict stands");
    stage.simulator.stop().await;
}
