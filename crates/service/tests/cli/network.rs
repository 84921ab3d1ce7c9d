//! Networks that fail, between the program and a region and between it and its stores on S3: cut, delayed, dripping, swallowed whole.
//! What is said, what is tried again, and the same snapshots in the end.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use vt_servers::{Proxy, S3Access, SeaweedFs, Weather};

use crate::kill::{files, same};
use crate::lacks::{AT, same_end};
use crate::program::demo;
use crate::rehearsal::Rehearsal;
use crate::s3::{objects, reached};

/// A rehearsal in which VT07 is reached through a proxy, by somebody of little patience.
fn behind_a_proxy() -> (Rehearsal, Proxy) {
    let rehearsal = Rehearsal::new(AT, "");
    let file = rehearsal.path().join("config/regions.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, own) = text.split_once("vt = \"VT07\"").unwrap();
    let (own, after) = own.split_once("\n\n").unwrap();
    let port = own.split_once("127.0.0.1:").unwrap().1.split('"').next().unwrap();
    let proxy = Proxy::start(port.parse().unwrap()).unwrap();
    let own = own.replace(port, &proxy.port().to_string());
    let limits = "[region.limits]\nidle_timeout_ms = 400\ntotal_timeout_s = 5\nattempts = 2\nbackoff_max_ms = 50\nbackoff_base_ms = 10";
    std::fs::write(&file, format!("{before}vt = \"VT07\"{own}\n{limits}\n\n{after}")).unwrap();
    (rehearsal, proxy)
}

#[test]
fn a_region_behind_a_failing_network_is_asked_again_said_with_what_it_was_and_holds_up_no_other() {
    let (rehearsal, proxy) = behind_a_proxy();
    for (weather, class) in [
        (Weather::Refuse, "cut: "),
        (Weather::BlackHole, "idle_timeout: "),
        (Weather::Drip(Duration::from_millis(100)), "timeout: "),
    ] {
        proxy.set(weather);
        let output = rehearsal.output(&["run"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(4), "{weather:?}\n{said}");
        let of_vt07: Vec<_> = said.lines().filter(|line| line.contains("VT07")).collect();
        assert!(of_vt07.len() == 2 && of_vt07.iter().all(|line| line.contains(class)), "{weather:?}: {of_vt07:#?}");
        assert!(said.contains("no period is due"), "{said}");
        proxy.cut();
    }
    // A cut and a slow network are made up for within the same run.
    proxy.set(Weather::Delay(Duration::from_millis(60)));
    proxy.cut_after(3_000);
    rehearsal.expect(0, &["run"]);
    assert!(!proxy.take_back_cut(), "it was cut");
    same_end(&rehearsal, &rehearsal.published());
}

/// A demo on S3 that waits for an answer for a few seconds only.
fn on_s3(out: &Path, config: &Path, access: &S3Access, address: &str) -> Command {
    let mut command = reached(demo(out), access);
    command.arg("--store").arg(address).arg("--config").arg(config);
    command
}

#[test]
fn a_failing_network_before_the_stores_costs_time_and_no_snapshot() {
    const ADDRESS: &str = "s3://vt-cli/netwerk";
    let server = SeaweedFs::start().unwrap();
    server.access.create_bucket("vt-cli").unwrap();
    let proxy = Proxy::start(server.access.endpoint.port().unwrap()).unwrap();
    let mut endpoint = server.access.endpoint.clone();
    endpoint.set_port(Some(proxy.port())).unwrap();
    let access = S3Access { endpoint, ..server.access.clone() };
    let folder = tempfile::tempdir().unwrap();
    let (whole, storm) = (folder.path().join("whole"), folder.path().join("storm"));
    let connection = "[store.connection]\nrequest_timeout_seconds = 5\nretries = 2\nretry_timeout_seconds = 10\n";
    std::fs::write(folder.path().join("service.toml"), connection).unwrap();
    let silent = Weather::BlackHole;
    for (step, weather) in
        [("Keep", silent), ("Validate", Weather::Refuse), ("Publish", silent), ("Publish", Weather::Refuse)]
    {
        let (code, said) = storm_at(step, weather, on_s3(&storm, folder.path(), &access, ADDRESS), &proxy);
        assert!(matches!(code, Some(1 | 4)), "{step} {weather:?}: {code:?} {said}");
        assert!(said.contains("store"), "{step} {weather:?}: {said}");
    }
    // What is only slow is waited for; what is cut once may be left for the next run.
    let drip = Weather::Drip(Duration::from_micros(200));
    let (code, said) = storm_at("Publish", drip, on_s3(&storm, folder.path(), &access, ADDRESS), &proxy);
    assert!(matches!(code, Some(0 | 1 | 4)), "{code:?} {said}");
    proxy.set(Weather::Delay(Duration::from_millis(10)));
    proxy.cut_after(5_000);
    let cut = on_s3(&storm, folder.path(), &access, ADDRESS).stderr(Stdio::null()).status().unwrap();
    assert!(matches!(cut.code(), Some(0 | 1 | 4)) && !proxy.take_back_cut(), "{cut:?}");
    proxy.set(Weather::Forward);
    let done = on_s3(&storm, folder.path(), &access, ADDRESS).stderr(Stdio::null()).status().unwrap();
    assert_eq!(done.code(), Some(0));
    assert_eq!(demo(&whole).stderr(Stdio::null()).status().unwrap().code(), Some(0));
    same(&files(&whole.join("published")), &objects(&server.access, "netwerk/published"));
    assert!(objects(&server.access, "netwerk/private/quarantine").is_empty());
}

/// Runs a command, and changes the weather when it comes to a step; the exit code, and what was said.
fn storm_at(step: &str, weather: Weather, mut command: Command, proxy: &Proxy) -> (Option<i32>, String) {
    proxy.set(Weather::Forward);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let answer = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        text
    });
    let (mut said, mut struck) = (String::new(), false);
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.contains(&format!("step={step}")) && !struck {
            proxy.set(weather);
            proxy.cut();
            struck = true;
        }
        said += &line;
    }
    assert!(struck, "{step} was not reached: {said}");
    let code = child.wait().unwrap().code();
    proxy.set(Weather::Forward);
    (code, said + &answer.join().unwrap())
}
