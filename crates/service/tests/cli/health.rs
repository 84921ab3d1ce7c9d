//! `health` beside a real service, as a container's health check calls it.

use std::time::Duration;

use crate::api::{SETTINGS, Served};
use crate::program::{program, run};
use crate::rehearsal::Rehearsal;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_container_is_told_whether_its_service_lives_and_can_do_its_work() {
    // A port that was free a moment ago: the configuration has to name it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = SETTINGS.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    let served = Served::of(Rehearsal::new("2019-04-20T06:00:00Z", &settings));
    assert!(served.rehearsal.expect(0, &["health"]).contains("Ready"));
    assert!(served.rehearsal.expect(0, &["health", "--live"]).contains("live"));
    // From elsewhere, without a configuration and without a token.
    let server = format!("http://127.0.0.1:{port}");
    let far = program(&["--server", &server, "health"]).env_remove("VT_MONITOR_TOKEN").output().unwrap();
    assert_eq!(far.status.code(), Some(0), "{}", String::from_utf8_lossy(&far.stderr));

    std::fs::rename(served.rehearsal.published(), served.rehearsal.path().join("away")).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let not = served.rehearsal.expect(4, &["health"]);
    assert!(not.contains("Not ready: the published store"), "{not}");
    served.rehearsal.expect(0, &["health", "--live"]);
    let Served { rehearsal, service, .. } = served;
    assert_eq!(service.terminate(PATIENCE), Some(0));
    assert_eq!(run(&["--server", &server, "health"]).status.code(), Some(1), "nobody answers");
    drop(rehearsal);
}

#[test]
fn a_service_that_can_not_be_asked_is_said() {
    let rehearsal = Rehearsal::new("2019-04-20T06:00:00Z", "");
    let output = rehearsal.output(&["health"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("`[api] listen` is not set"), "{said}");
}
