//! What `doctor` says of stores, clocks, certificates and whole configurations.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use vt_domain::{Clock, ManualClock};

use super::*;
use crate::api::{ApiConfig, Tls};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-09-14T06:00:00Z".parse().unwrap()))
}

#[test]
fn clocks_that_are_a_minute_apart_warn() {
    let verdict = |seconds| clocks::compared("c", TimeDelta::seconds(seconds)).verdict;
    assert_eq!((verdict(0), verdict(60), verdict(-60)), (Verdict::Ok, Verdict::Ok, Verdict::Ok));
    assert_eq!((verdict(61), verdict(-3600)), (Verdict::Warning, Verdict::Warning));
    assert!(clocks::compared("c", TimeDelta::seconds(-90)).detail.contains("90 s behind ours"));
    let early = ManualClock::at("2019-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(clocks::of_machine(&early, false).verdict, Verdict::Wrong);
    assert_eq!(clocks::of_machine(&early, true).verdict, Verdict::Ok, "a rehearsal is at any date");
}

fn certificate(folder: &Path, ends: (i32, u8, u8)) -> Tls {
    let mut of = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    of.not_before = rcgen::date_time_ymd(2026, 1, 1);
    of.not_after = rcgen::date_time_ymd(ends.0, ends.1, ends.2);
    let pair = rcgen::KeyPair::generate().unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, of.self_signed(&pair).unwrap().pem()).unwrap();
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    Tls { cert, key }
}

#[tokio::test]
async fn a_certificate_warns_before_it_ends_and_is_wrong_after() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let verdict = async |ends| {
        let tls = Some(certificate(folder.path(), ends));
        let examined = listen::examine(&ApiConfig { listen, tls, ..ApiConfig::default() }, clock().now()).await;
        (examined[0].verdict, examined[1].verdict)
    };
    assert_eq!(verdict((2027, 9, 1)).await, (Verdict::Ok, Verdict::Ok));
    assert_eq!(verdict((2026, 9, 20)).await.1, Verdict::Warning);
    assert_eq!(verdict((2026, 9, 14)).await.1, Verdict::Wrong);
    let mut tls = certificate(folder.path(), (2027, 9, 1));
    tls.key = folder.path().join("none.pem");
    let config = ApiConfig { listen, tls: Some(tls), ..ApiConfig::default() };
    let examined = listen::examine(&config, clock().now()).await;
    assert!(examined[1].detail.contains("don't go together"), "{}", examined[1].detail);
    assert!(listen::examine(&ApiConfig::default(), clock().now()).await.is_empty());
}

#[tokio::test]
async fn an_address_in_use_is_right_when_the_service_runs() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = Some(taken.local_addr().unwrap());
    let examined = listen::examine(&ApiConfig { listen, ..ApiConfig::default() }, clock().now()).await;
    assert_eq!(examined[0].verdict, Verdict::Warning);
}

fn configuration(folder: &Path, more: &str) {
    let service = format!(
        "[store]\npublished = {:?}\nprivate = {:?}\n[ledger]\nurl = {:?}\n[key]\nfile = {:?}\n{more}",
        folder.join("published"),
        folder.join("private"),
        folder.join("ledger.sqlite"),
        folder.join("key"),
    );
    std::fs::write(folder.join("service.toml"), service).unwrap();
    let bytes: String = (1..=32_u32).map(|byte| format!("{:02x}", byte * 7)).collect();
    std::fs::write(folder.join("key"), bytes).unwrap();
    std::fs::set_permissions(folder.join("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Opened once, as the first `run` does.
async fn used(folder: &Path) {
    let config = Config::load(folder).unwrap();
    let ring = open_ring(&config.key).unwrap();
    let app = crate::app::App::open(config, folder, clock()).await.unwrap();
    app.with_key(ring).await.unwrap().ledger.close().await;
}

fn of<'a>(examined: &'a [Examined], what: &str) -> &'a Examined {
    examined.iter().find(|one| one.what == what).unwrap_or_else(|| panic!("{what} is not among {examined:?}"))
}

#[tokio::test]
async fn a_sound_configuration_is_right_and_leaves_nothing_in_the_stores() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "");
    used(folder.path()).await;
    let examined = examine(folder.path(), clock(), false).await;
    assert!(examined.iter().all(|one| one.right), "{examined:?}");
    for what in ["configuration", "published store", "private store", "key", "ledger", "clock"] {
        assert_eq!(of(&examined, what).verdict, Verdict::Ok, "{what}");
    }
    assert!(of(&examined, "ledger").detail.contains("schema"));
    assert!(of(&examined, "regions in force").detail.contains("VT07"), "none has a source here");
    let left: Vec<_> = ["published", "private"]
        .iter()
        .flat_map(|store| std::fs::read_dir(folder.path().join(store).join("doctor")).into_iter().flatten())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_is_wrong_is_named_beside_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "");
    std::fs::remove_file(folder.path().join("key")).unwrap();
    std::fs::create_dir(folder.path().join("private")).unwrap();
    std::fs::set_permissions(folder.path().join("private"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let examined = examine(folder.path(), clock(), false).await;
    assert!(of(&examined, "private store").detail.contains("chmod 700"));
    assert!(of(&examined, "key").detail.contains("key new"));
    assert!(of(&examined, "published store").right);
    assert!(text(&examined).contains("WRONG"));
    let none = examine(&folder.path().join("nowhere"), clock(), false).await;
    assert_eq!((none.len(), none[0].verdict), (1, Verdict::Wrong));
}

#[tokio::test]
async fn a_region_without_an_answer_is_wrong_and_says_where_to_look() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let region = format!(
        "[[region]]\nvt = \"VT07\"\nsource = {{ kind = \"http\", base = \"http://{closed}\", auth = {{ kind = \"none\" }} }}\n"
    );
    std::fs::write(folder.path().join("regions.toml"), region).unwrap();
    let examined = examine(folder.path(), clock(), false).await;
    let region = of(&examined, "VT07");
    assert!(!region.right && region.detail.contains("regions.toml"), "{}", region.detail);
    assert!(!of(&examined, "regions in force").detail.contains("VT07"));
}

#[tokio::test]
async fn nothing_is_made_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "");
    let examined = examine(folder.path(), clock(), false).await;
    for what in ["published store", "private store", "ledger"] {
        let one = of(&examined, what);
        assert!(one.verdict == Verdict::Warning && one.detail.contains("the first `run` makes it"), "{one:?}");
    }
    assert!(["published", "private", "ledger.sqlite"].iter().all(|name| !folder.path().join(name).exists()));
}

#[tokio::test]
async fn a_lost_store_is_wrong_and_stays_lost() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "");
    used(folder.path()).await;
    let published = folder.path().join("published");
    std::fs::rename(&published, folder.path().join("away")).unwrap();
    let wrong = async |what: &str| {
        let examined = examine(folder.path(), clock(), false).await;
        let found = examined.iter().find(|one| one.what == "published store" && !one.right);
        assert!(found.is_some_and(|one| one.detail.contains(what)), "{examined:?}");
    };
    wrong("is not there, and the ledger knows").await;
    assert!(!published.exists());
    std::fs::create_dir(&published).unwrap();
    wrong("is empty or bears no mark").await;
    assert!(!published.join("kenmerk.json").exists());
}

#[tokio::test]
async fn one_fault_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), "[api]\nlisten = \"nowhere\"\n[schedule]\nwake = \"0 0 0 30 2 *\"\n");
    changed_ledger(folder.path()).await;
    std::fs::create_dir(folder.path().join("published")).unwrap();
    std::fs::write(folder.path().join("token"), "x").unwrap();
    std::fs::set_permissions(folder.path().join("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let region = |vt: &str, source: &str| format!("[[region]]\nvt = \"{vt}\"\nsource = {{ {source} }}\n");
    let token = folder.path().join("token");
    let bearer = format!(
        "kind = \"http\", base = \"http://127.0.0.1:1\", auth = {{ kind = \"bearer\", token = {{ file = {token:?} }} }}"
    );
    let regions = region("VT03", &bearer) + &region("VT04", "kind = \"ftp\"");
    std::fs::write(folder.path().join("regions.toml"), regions).unwrap();
    let examined = examine(folder.path(), clock(), false).await;
    let wrong = |what: &str, part: &str| {
        let found = examined.iter().any(|one| one.what == what && !one.right && one.detail.contains(part));
        assert!(found, "{what}, {part}: {examined:?}");
    };
    wrong("configuration", "api.listen");
    wrong("configuration", "schedule.wake");
    wrong("configuration", "regions.toml");
    wrong("file of VT03 token", "chmod 600");
    wrong("VT03", "regions.toml");
    wrong("ledger", "audit log");
    assert!(of(&examined, "published store").right && of(&examined, "key").right);
}

/// A ledger in whose audit log somebody changed a reason.
async fn changed_ledger(folder: &Path) {
    let url = folder.join("ledger.sqlite");
    let ledger = vt_ledger::Ledger::open(&url.to_string_lossy()).await.unwrap();
    let reason = "agreed with everybody".to_owned();
    let change = vt_ledger::Change { at: clock().now(), actor: "ann".into(), reason };
    ledger.record_audit(&change.audit("test", "test", None, None)).await.unwrap();
    ledger.close().await;
    let mut bytes = std::fs::read(&url).unwrap();
    let at = bytes.windows(21).position(|part| part == b"agreed with everybody").unwrap();
    bytes[at] = b'A';
    std::fs::write(&url, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_told_about_with_its_mending_and_nothing_is_made_there() {
    let server = vt_servers::Postgres::shared().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let told = async |url: &str| {
        let mut config = crate::config::in_folder(folder.path());
        config.ledger = crate::config::LedgerConfig::at(url);
        let examined = kept::Kept::open(&config).await.examine(clock().now()).await;
        examined.into_iter().find(|one| one.what == "ledger").unwrap()
    };
    let name = server.new_database().unwrap();
    let url = server.url(&name);
    let empty = told(&url).await;
    assert!(empty.verdict == Verdict::Warning && empty.detail.contains("the first `run` makes it"), "{}", empty.detail);
    assert_eq!(server.sql(&name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "0");
    vt_ledger::Ledger::open(&url).await.unwrap().close().await;
    let right = told(&url).await;
    assert!(right.right && right.detail.contains("can be read and written"), "{}", right.detail);
    let stranger = told(&url.replace(vt_servers::PASSWORD, "another")).await;
    assert!(!stranger.right && stranger.detail.contains("pg_hba.conf"), "{}", stranger.detail);
    let nobody = told("postgres://vt@localhost:1/vt").await;
    assert!(!nobody.right && nobody.detail.contains("does not answer"), "{}", nobody.detail);
}
