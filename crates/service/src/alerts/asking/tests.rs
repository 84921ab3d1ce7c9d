use vt_ledger::{Fault, RunId};

use super::*;

/// Asked, as if the service had been up all the time: these regions, at this instant.
pub(in crate::alerts) fn asked(at: &str, months: &[(&str, &str)]) -> Asking {
    let mut ledger = Ledger::new();
    months.iter().for_each(|(vt, maand)| ledger.pulled(vt, maand, at));
    ledger.at(at)
}

/// What a ledger holds of asking; VT07 and VT08 are asked, VT09 delivers by hand.
struct Ledger {
    wake: LocalCron,
    sources: BTreeSet<String>,
    pulled: BTreeMap<(String, Month), DateTime<Utc>>,
    failed: Vec<FailedPull>,
    runs: Vec<Run>,
}

impl Ledger {
    fn new() -> Self {
        Self {
            wake: LocalCron::parse("0 30 6 * * Mon-Fri").unwrap(),
            sources: ["VT07", "VT08"].map(str::to_owned).into(),
            pulled: BTreeMap::new(),
            failed: Vec::new(),
            runs: Vec::new(),
        }
    }

    fn pulled(&mut self, vt: &str, maand: &str, at: &str) {
        self.pulled.insert((vt.into(), month(maand)), utc(at));
    }

    fn failed(&mut self, vt: &str, class: &str, at: &str) {
        let (first_failed, last_failed) = (utc(at), utc(at));
        let (vt, maand, fault) = (vt.into(), month("2020-07"), Fault::new(class, "no"));
        self.failed.push(FailedPull { vt, maand, attempts: 1, first_failed, last_failed, fault, run: None });
    }

    fn round(&mut self, started: &str, outcome: Option<RunOutcome>) {
        let (command, software) = ("serve: start".into(), String::new());
        let (id, started) = (RunId(1), utc(started));
        let ended = outcome.map(|_| started);
        self.runs.insert(0, Run { id, command, software, started, last_seen: started, ended, outcome });
    }

    fn at(&self, now: &str) -> Asking {
        let Self { wake, sources, pulled, failed, runs } = self;
        Asking::at(utc(now), &Asks { wake, sources, pulled, failed, runs })
    }

    /// Whether nothing is told of a region's July yet.
    fn waits(&self, vt: &str, now: &str) -> bool {
        self.at(now).waits(vt, month("2020-07"))
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

// 2020-08-07 is a Friday; July is due on it. 06:30 in Amsterdam is 04:30 UTC.

#[test]
fn at_the_first_start_nobody_was_asked() {
    let ledger = Ledger::new();
    assert!(ledger.waits("VT07", "2020-08-10T09:00:00Z") && ledger.waits("VT09", "2020-08-10T09:00:00Z"));
}

#[test]
fn what_was_asked_counts_until_the_next_wake_also_after_a_restart() {
    let mut ledger = Ledger::new();
    ledger.pulled("VT07", "2020-07", "2020-08-07T04:30:20Z");
    assert!(!ledger.waits("VT07", "2020-08-07T04:31:00Z") && ledger.waits("VT08", "2020-08-07T04:31:00Z"));
    assert!(!ledger.waits("VT07", "2020-08-09T12:00:00Z"), "no wake in the weekend");
    assert!(ledger.waits("VT07", "2020-08-10T04:30:00Z"), "a wake, and not asked yet");
}

#[test]
fn a_month_of_downtime_is_not_a_region_s_silence() {
    let mut ledger = Ledger::new();
    ledger.pulled("VT07", "2020-07", "2020-08-07T04:30:20Z");
    ledger.round("2020-08-07T04:30:01Z", Some(RunOutcome::Succeeded));
    assert!(ledger.waits("VT07", "2020-09-10T09:00:00Z") && ledger.waits("VT09", "2020-09-10T09:00:00Z"));
    ledger.round("2020-09-10T09:00:01Z", None);
    ledger.pulled("VT07", "2020-07", "2020-09-10T09:00:05Z");
    assert!(!ledger.waits("VT07", "2020-09-10T09:00:06Z"));
}

#[test]
fn late_is_who_was_asked_after_the_due_date() {
    let (vt, maand, due) = ("VT07", month("2020-07"), "2020-08-07".parse().unwrap());
    let mut ledger = Ledger::new();
    ledger.pulled(vt, "2020-07", "2020-08-07T04:30:20Z");
    assert!(!ledger.at("2020-08-08T12:00:00Z").is_after(vt, maand, due), "on its last day it was on time");
    ledger.pulled(vt, "2020-07", "2020-08-10T04:30:20Z");
    assert!(ledger.at("2020-08-10T04:31:00Z").is_after(vt, maand, due));
}

#[test]
fn while_a_round_is_under_way_only_who_was_asked_in_it_counts() {
    let mut ledger = Ledger::new();
    ledger.pulled("VT07", "2020-07", "2020-08-10T04:30:20Z");
    ledger.pulled("VT08", "2020-07", "2020-08-10T09:00:02Z");
    ledger.round("2020-08-10T09:00:00Z", None);
    assert!(ledger.waits("VT07", "2020-08-10T09:01:00Z") && !ledger.waits("VT08", "2020-08-10T09:01:00Z"));
    ledger.runs.clear();
    ledger.round("2020-08-10T09:00:00Z", Some(RunOutcome::Failed));
    assert!(!ledger.waits("VT07", "2020-08-10T09:02:00Z"), "it was asked at the wake of today");
}

#[test]
fn of_a_round_that_goes_on_beyond_a_wake_all_answers_count() {
    let mut ledger = Ledger::new();
    ledger.pulled("VT07", "2020-07", "2020-08-10T04:10:00Z");
    ledger.round("2020-08-10T04:00:00Z", Some(RunOutcome::Partial));
    assert!(ledger.waits("VT07", "2020-08-10T05:00:00Z"), "it ended before the wake");
    ledger.runs[0].ended = Some(utc("2020-08-10T04:45:00Z"));
    assert!(!ledger.waits("VT07", "2020-08-10T05:00:00Z"));
    ledger.runs[0].outcome = Some(RunOutcome::Interrupted);
    assert!(ledger.waits("VT07", "2020-08-10T05:00:00Z"), "when it ended nobody knows");
}

#[test]
fn a_failure_of_ours_asks_nobody_and_one_of_the_region_does() {
    for (class, waits) in
        [("vault", true), ("busy", true), ("secret", true), ("connect", false), ("tls_expired", false)]
    {
        let mut ledger = Ledger::new();
        ledger.failed("VT07", class, "2020-08-10T04:30:20Z");
        assert_eq!(ledger.waits("VT07", "2020-08-10T04:31:00Z"), waits, "{class}");
    }
}

#[test]
fn when_nobody_at_all_is_reached_it_is_our_network() {
    let mut ledger = Ledger::new();
    ledger.failed("VT07", "connect", "2020-08-10T04:30:20Z");
    ledger.failed("VT08", "connect_timeout", "2020-08-10T04:30:20Z");
    assert!(ledger.at("2020-08-10T04:31:00Z").is_cut_off() && ledger.waits("VT07", "2020-08-10T04:31:00Z"));
    ledger.pulled("VT08", "2020-06", "2020-08-10T04:30:25Z");
    assert!(!ledger.waits("VT07", "2020-08-10T04:31:00Z"), "another one answers");
}

#[test]
fn who_delivers_by_hand_has_a_day_after_we_are_back() {
    let mut ledger = Ledger::new();
    ledger.round("2020-08-10T09:00:00Z", Some(RunOutcome::Succeeded));
    assert!(ledger.waits("VT09", "2020-08-10T09:01:00Z"), "it had no chance yet");
    assert!(!ledger.waits("VT09", "2020-08-11T01:00:00Z"));
    assert!(ledger.waits("VT09", "2020-08-13T01:00:00Z"), "two wakes were missed since");
}
