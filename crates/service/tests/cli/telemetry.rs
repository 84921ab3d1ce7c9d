//! What a real service tells whoever watches it: metrics that Prometheus takes, rules, traces, lines, an idle service's needs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::api::{SETTINGS, Served};
use crate::kill::files;
use crate::program::program;
use crate::rehearsal::Rehearsal;
use crate::serve::until;

const PATIENCE: Duration = Duration::from_secs(120);

fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool is there; tests/run sees to it");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn clean(output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus").join(name)
}

/// The value of a series.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

#[test]
fn prometheus_finds_nothing_to_mend_in_the_metrics_of_a_service() {
    let served = Served::new(SETTINGS);
    let token = served.token("lezer");
    let text = served.ask(&token, "/metrics");
    clean(&promtool(&["check", "metrics"], &text));
    assert_eq!(value(&text, "vt_monitor_ready"), 1.0, "{text}");
    assert_eq!(value(&text, "vt_monitor_leader"), 1.0);
    assert!(value(&text, "vt_monitor_round_duration_seconds_count") >= 1.0, "{text}");
    let published = files(&served.rehearsal.published()).into_keys();
    let manifests =
        published.filter(|path| path.starts_with("manifests") && path.extension().is_some_and(|e| e == "json"));
    let counted = value(&text, "vt_monitor_publications_total{outcome=\"published\"}");
    assert_eq!(counted, f64::from(u32::try_from(manifests.count()).unwrap()), "{text}");
    // On a machine with much else to do a lease may end before it is renewed.
    let leads = || {
        let ready: serde_json::Value = serde_json::from_str(&served.ask(&token, "/health/ready")).unwrap();
        (&ready["instance"], &ready["title"]) == (&"leads".into(), &"Ready".into())
    };
    assert!(until(PATIENCE, leads));
    let again = served.ask(&token, "/metrics");
    assert!(
        again.contains("vt_monitor_http_requests_total{method=\"GET\",route=\"/metrics\",status=\"200\"} 1"),
        "{again}"
    );
    assert_eq!(served.service.terminate(PATIENCE), Some(0));
}

#[test]
fn prometheus_takes_our_rules_and_each_rests_on_a_metric_that_is_there() {
    let rules = deployed("vt-monitor.rules.yml");
    clean(&promtool(&["check", "rules", rules.to_str().unwrap()], ""));
    clean(&promtool(&["test", "rules", deployed("vt-monitor.rules.test.yml").to_str().unwrap()], ""));
    let config = deployed("prometheus.yml");
    clean(&promtool(&["check", "config", "--syntax-only", config.to_str().unwrap()], ""));
    let text = std::fs::read_to_string(rules).unwrap();
    let operating = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATING.md");
    let documented = std::fs::read_to_string(operating).unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for name in words.filter(|word| word.starts_with("vt_monitor_")) {
        let name = name.trim_end_matches("_bucket");
        assert!(documented.contains(&format!("`{name}`")), "{name} is no metric of docs/OPERATING.md");
    }
}

#[test]
fn prometheus_takes_every_query_of_the_dashboard() {
    let path = deployed("../grafana/vt-monitor.json");
    let dashboard: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let targets =
        dashboard["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    // As Grafana fills them in.
    let filled = targets.map(|target| {
        let query = target["expr"].as_str().unwrap();
        query.replace("$__rate_interval", "5m").replace("$job", "vt-monitor").replace("$instance", ".+")
    });
    let rules: Vec<_> = filled
        .enumerate()
        .map(|(nr, expr)| serde_json::json!({ "record": format!("panel:{nr}"), "expr": expr }))
        .collect();
    assert!(rules.len() > 20, "{}", rules.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    // JSON is YAML too.
    let groups = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(&file, groups.to_string()).unwrap();
    clean(&promtool(&["check", "rules", file.to_str().unwrap()], ""));
}

/// A loop without a pause takes a whole core. How little an idle service needs is measured by tests/bench/service: a share of one
/// percent is not to be told from noise on a busy machine.
#[test]
fn an_idle_service_rests() {
    const WATCHED: Duration = Duration::from_secs(10);
    let Served { rehearsal, service, .. } = Served::new(SETTINGS);
    assert_eq!(service.terminate(PATIENCE), Some(0));
    // All is published: this one finds nothing to do.
    let served = Served::of(rehearsal);
    let token = served.token("lezer");
    served.ask(&token, "/metrics");
    let before = value(&served.ask(&token, "/metrics"), "process_cpu_seconds_total");
    std::thread::sleep(WATCHED);
    let text = served.ask(&token, "/metrics");
    let share = (value(&text, "process_cpu_seconds_total") - before) / WATCHED.as_secs_f64();
    assert!(share < 0.25, "{:.2}% of a core", share * 100.0);
    let mebibytes = value(&text, "process_resident_memory_bytes") / f64::from(1 << 20);
    // Unoptimised, and with the cluster's engine in it. What a release needs is measured by tests/bench/service too.
    assert!(mebibytes < 160.0, "{mebibytes:.0} MiB");
}

/// Takes all requests, answers them, and hands on what came, as far as it is text.
fn collector() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = Vec::new();
            while !is_whole(&request) {
                let mut buffer = [0; 4096];
                match stream.read(&mut buffer) {
                    Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = send.send(String::from_utf8_lossy(&request).into_owned());
        }
    });
    (address, received)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    request.len() >= end + 4 + length.unwrap_or(0)
}

#[test]
fn traces_go_where_the_environment_says_and_every_line_names_its_run() {
    let rehearsal = Rehearsal::new("2019-03-20T06:00:00Z", "");
    let (address, received) = collector();
    let config = rehearsal.path().join("config");
    let command = |endpoint: &str| {
        let own = ["--config", config.to_str().unwrap(), "--rehearse-at", "2019-03-20T06:00:00Z"];
        let pull = ["--log", "info", "--log-format", "json", "pull", "--month", "2019-01", "--region", "VT07"];
        program(&[&own[..], &pull].concat()).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).output().unwrap()
    };
    let output = command(&address);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    let steps: Vec<serde_json::Value> =
        log.lines().filter(|line| line.contains("\"step\":")).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!steps.is_empty() && steps.iter().all(|line| line["run"] == 1), "{log}");
    let request = received.recv_timeout(PATIENCE).expect("traces came");
    assert!(request.starts_with("POST /v1/traces HTTP/1.1"), "{request}");
    assert!(request.contains("vt-monitor") && request.contains("VT07"), "{request}");

    let wrong = command("collector:4318");
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(!wrong.status.success() && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
    let nobody = command("http://127.0.0.1:9");
    assert_eq!(nobody.status.code(), Some(0), "a collector that is not there costs no work");
}

#[test]
fn doctor_of_a_rehearsal_finds_stores_ledger_and_regions_right() {
    let rehearsal = Rehearsal::new("2019-03-20T06:00:00Z", "");
    rehearsal.expect(0, &["pull", "--month", "2019-01", "--region", "VT07"]);
    let output = rehearsal.output(&["--json", "doctor"]);
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of = |what: &str| rows.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what}: {rows:?}"));
    for what in ["configuration", "published store", "private store", "key", "ledger", "VT07"] {
        assert_eq!(of(what)["verdict"], "ok", "{what}: {}", of(what));
    }
    assert!(of("clock")["detail"].as_str().unwrap().contains("a rehearsal"), "clocks are not compared");
    assert!(
        !rows
            .iter()
            .any(|row| row["what"].as_str().is_some_and(|what| what.contains("clock of") || what.ends_with(" clock")))
    );
    assert_eq!(output.status.code(), Some(0), "{rows:?}");
    assert!(!rehearsal.published().join("doctor").read_dir().is_ok_and(|mut left| left.next().is_some()));
}
