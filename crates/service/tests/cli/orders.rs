//! Orders to a real service from far away: publishing now, giving up a reservation, and a signal in the middle.

use std::process::Output;
use std::time::Duration;

use crate::api::{SETTINGS, Served};
use crate::kill::files;
use crate::program::program;

const PATIENCE: Duration = Duration::from_secs(120);

/// Three working days after March: some regions have delivered it, the deadline of 2019W403 is nine days off.
const WAITING: &str = "2019-04-03T06:00:00Z";

const ORDER: [&str; 6] = ["publish", "--period", "2019W403", "--incomplete", "--reason", "the ministry asks"];

/// A command from far away, again while the service's own work is in its way; its exit code and what it said.
fn far(served: &Served, token: &str, arguments: &[&str]) -> (Option<i32>, String, Output) {
    for _ in 0..60 {
        let output = served.far(token, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !said.contains("run is at work") {
            return (output.status.code(), said, output);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("the service is at work for a minute");
}

#[test]
fn a_period_is_ordered_from_far_away_as_beside_the_ledger() {
    let served = Served::at(WAITING, SETTINGS);
    let token = served.token("operator");
    let (code, said, _) = far(&served, &token, &["publish", "--period", "2019W403"]);
    assert!(
        code == Some(5) && said.contains("refused: 2019W403 waits for regions until 2019-04-12"),
        "{code:?} {said}"
    );
    let (code, said, output) = far(&served, &token, &ORDER);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("has begun there"), "{said}");
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results, serde_json::json!([{ "periode": "2019W403", "uitgave": 1 }]));
    let (code, said, output) = far(&served, &token, &ORDER);
    assert!(code == Some(0) && said.contains("nothing to do") && output.stdout.is_empty(), "{code:?} {said}");
    let here = served.rehearsal.output(&ORDER);
    assert!(here.status.code() == Some(0) && String::from_utf8_lossy(&here.stderr).contains("nothing to do"));

    let void = ["void", "--period", "2019W403", "--issue", "1", "--reason", "a mistake"];
    let (code, said, _) = far(&served, &token, &void);
    assert!(code == Some(5) && said.contains("refused: 2019W403 issue 1 was published"), "{code:?} {said}");
    let (code, said, _) = far(&served, &token, &["void", "--period", "2019W403", "--issue", "1", "--reason", " "]);
    assert!(code == Some(2) && said.contains("reason"), "{code:?} {said}");
    served.rehearsal.expect(0, &["verify", served.rehearsal.published().to_str().unwrap()]);
    let log = served.rehearsal.json(&["audit-log", "--action", "publish.order"]);
    assert_eq!((log.as_array().unwrap().len(), &log[0]["actor"]), (1, &"somebody (token 1)".into()), "{log}");
}

#[test]
fn told_to_stop_a_service_waits_for_an_order_and_leaves_nothing_half() {
    let served = Served::at(WAITING, SETTINGS);
    let token = served.token("operator");
    // Until its own work has ended, it refuses.
    assert_eq!(far(&served, &token, &["publish", "--period", "2019W403"]).0, Some(5));
    let server = format!("http://{}", served.address);
    let all = [&["--config", "/nowhere", "--server", &server][..], &ORDER].concat();
    let mut follows = program(&all).env("VT_MONITOR_TOKEN", &token).spawn().unwrap();
    assert!(served.service.wait_for(&["subject=2019W403", "step=Gate"], PATIENCE), "in the middle of its work");
    assert_eq!(served.service.terminate(PATIENCE), Some(0));
    assert_ne!(follows.wait().unwrap().code(), Some(0), "it was not published");
    let memory = files(&served.rehearsal.path().join("private/memory"));
    assert!(!memory.keys().any(|path| path.to_string_lossy().contains("2019W403")), "{:?}", memory.keys());
    let again = served.rehearsal.json(&ORDER);
    assert_eq!(again, serde_json::json!([{ "periode": "2019W403", "uitgave": 1 }]));
}
