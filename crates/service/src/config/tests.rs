//! What is said of configurations that are not right.

use std::path::Path;

use super::*;

const PLACES: &str =
    "[store]\npublished = \"data/published\"\nprivate = \"data/private\"\n[ledger]\nurl = \"data/ledger.sqlite\"\n";
const KEY: &str = "[key]\nfile = \"secrets/key\"\n";

fn written(folder: &Path, service: &str, regions: &str) {
    std::fs::write(folder.join("service.toml"), service).unwrap();
    std::fs::write(folder.join("regions.toml"), regions).unwrap();
}

fn said(service: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), service, "");
    Config::load(folder.path()).map(drop).unwrap_err().to_string()
}

#[test]
fn a_value_that_may_not_stand_there_is_told_with_its_file_its_key_and_those_that_may() {
    let text = said(&format!("{PLACES}{KEY}[schedule]\ncadence = \"monthly\"\n"));
    for part in ["service.toml", "`schedule.cadence`", "unknown value `monthly`", "`two_weeks`", "`four_weeks`"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("enum") && !text.contains("PeriodKind") && !text.contains("variant"), "{text}");
    let text = said(&format!("{PLACES}{KEY}[pull]\nregions_at_once = \"many\"\n"));
    assert!(text.contains("service.toml, `pull.regions_at_once`") && text.contains("\"many\""), "{text}");
    let text = said(&format!("{PLACES}{KEY}[pull]\nregions_at_onc = 3\n"));
    assert!(text.contains("service.toml") && text.contains("regions_at_onc") && text.contains("expected"), "{text}");
    let text = said(PLACES);
    assert!(text.contains("key") && text.contains("is missing"), "{text}");
}

#[test]
fn an_empty_place_is_told_as_such() {
    let text = said(&PLACES.replace("data/published", "").replace("[ledger]", "[key]\nfile = \"k\"\n[ledger]"));
    assert!(text.contains("store.published: is empty") && text.contains("VT_MONITOR__STORE__PUBLISHED"), "{text}");
}

#[test]
fn nothing_secret_lies_where_analysts_read() {
    let refused = |service: &str| {
        let text = said(service);
        assert!(text.contains("must not lie in the published store"), "{text}");
        text
    };
    assert!(refused(&format!("{PLACES}[key]\nfile = \"data/published/key\"\n")).contains("key.file"));
    let previous = format!("{PLACES}{KEY}previous = [\"./data/x/../published/old\"]\n");
    assert!(refused(&previous).contains("key.previous"));
    let ledger = format!("{}{KEY}", PLACES.replace("data/ledger", "sqlite:data/published/ledger"));
    assert!(refused(&ledger).contains("ledger.url"));
    let tls = "[api]\nlisten = \"127.0.0.1:8471\"\ntls = { cert = \"c.pem\", key = \"data/published/k.pem\" }\n";
    assert!(refused(&format!("{PLACES}{KEY}{tls}")).contains("api.tls.key"));
    let folder = tempfile::tempdir().unwrap();
    let region = "[[region]]\nvt = \"VT07\"\nsource = { kind = \"http\", base = \"https://vt07.nl\", auth = { kind = \"bearer\", token = { file = \"data/published/VT07-token\" } } }\n";
    written(folder.path(), &format!("{PLACES}{KEY}"), region);
    let error = Config::load(folder.path()).map(drop).unwrap_err().to_string();
    assert!(error.contains("VT07 token"), "{error}");
    written(folder.path(), &format!("{PLACES}{KEY}"), &region.replace("data/published", "secrets"));
    Config::load(folder.path()).unwrap();
}

#[test]
fn what_is_right_is_kept_beside_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let region = |vt: &str, kind: &str| {
        format!(
            "[[region]]\nvt = \"{vt}\"\nsource = {{ kind = \"{kind}\", base = \"https://{vt}.nl\", auth = {{ kind = \"none\" }} }}\n"
        )
    };
    let service = format!("{PLACES}{KEY}[api]\nlisten = \"nowhere\"\n[pull]\nregions_at_once = 3\n");
    written(folder.path(), &service, &(region("VT03", "http") + &region("VT04", "ftp")));
    let (config, wrong) = Config::salvage(folder.path());
    let config = config.unwrap();
    assert_eq!(config.regions.iter().map(|region| region.vt.as_str()).collect::<Vec<_>>(), ["VT03"]);
    assert_eq!((config.pull.regions_at_once, config.api.listen), (3, None));
    let texts: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(texts.len() == 2 && texts.iter().any(|text| text.contains("api.listen")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("regions.toml")), "{texts:?}");
    let (none, wrong) = Config::salvage(&folder.path().join("nowhere"));
    assert!(none.is_none() && wrong.len() == 1);
}

#[test]
fn the_configuration_of_the_package_is_right_but_for_what_is_made_on_the_machine() {
    let deployed =
        |name: &str| std::fs::read_to_string(format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &deployed("deploy/debian/service.toml"), &deployed("deploy/debian/regions.toml"));
    std::fs::write(folder.path().join("disclosure.toml"), deployed("config/disclosure.toml")).unwrap();
    let config = Config::load(folder.path()).unwrap();
    // The unit lets it write these places and no others.
    let unit = deployed("deploy/systemd/vt-monitor.service");
    assert!(unit.contains("StateDirectory=vt-monitor\n") && unit.contains("ReadWritePaths=-/srv/vt-monitor\n"));
    assert!(config.store.private.starts_with("/var/lib/vt-monitor/"));
    assert!(config.ledger.url.starts_with("/var/lib/vt-monitor/"));
    assert!(config.store.published.starts_with("/srv/vt-monitor/"));
    assert_eq!(config.service.stop_deadline_seconds, 300, "TimeoutStopSec=330 leaves it time");
    assert!(unit.contains("TimeoutStopSec=330\n"));
}

#[test]
fn tables_of_a_store_are_read_with_the_rest_and_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let service = format!(
        "{}{KEY}",
        PLACES.replace("data/published", "s3://lotc/published").replace("data/private", "s3://vt/private").replace(
            "[ledger]",
            "[store.s3]\nencryption = \"AES256\"\naccess_key_id = \"A\"\nsecret_access_key = { file = \"secrets/s3\" }\n\
             [store.s3.private]\nencryption = \"aws:kms\"\n[ledger]"
        )
    );
    written(folder.path(), &service, "");
    let config = Config::load(folder.path()).unwrap();
    let private = config.store.s3.of(crate::belonging::Store::Private);
    assert_eq!((private.encryption, config.store.s3.encryption), (Some(Encryption::Kms), Some(Encryption::Aes256)));
    assert!(config.secret_files().iter().any(|(field, path)| field.starts_with("store.s3") && path.ends_with("s3")));
    let text = said(&service.replace("AES256", "AES128"));
    assert!(text.contains("encryption") && text.contains("aws:kms"), "{text}");
    let text = said(&service.replace("s3://lotc/published", "s3://A:GEHEIM@lotc/published"));
    assert!(text.contains("store.published: must hold no credentials") && !text.contains("GEHEIM"), "{text}");
    let text = said(&service.replace("file = \"secrets/s3\"", "fiel = \"GEHEIM\""));
    assert!(text.contains("secret_access_key") && !text.contains("GEHEIM"), "{text}");
}

#[test]
fn a_ledger_at_a_server_is_named_without_its_password() {
    let at = |ledger: &str| format!("{}{KEY}", PLACES.replace("url = \"data/ledger.sqlite\"", ledger));
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), &at("url = \"postgres://vt:geheim@db.example.nl/vt\""), "");
    let config = Config::load(folder.path()).unwrap();
    for shown in [format!("{config:?}"), config.ledger.to_string()] {
        assert!(shown.contains("postgres://vt@db.example.nl:5432/vt") && !shown.contains("geheim"), "{shown}");
    }
    assert_eq!(config.ledger.file(), None);
    let refused = |ledger: &str, part: &str| {
        let text = said(&at(ledger));
        assert!(text.contains(part) && !text.contains("geheim"), "{text}");
        text
    };
    refused("url = \"postgres://vt:geheim@db.example.nl/vt?sslmode=require\"", "ledger.url: sslmode is verify-full");
    refused("url = \"postgres://vt:geheim@db.example.nl\"", "ledger.url: the address lacks the database");
    refused("url = \"data/ledger\"\npassword = { env = \"P\" }", "ledger.password: a file has no password");
    let twice = "url = \"postgres://vt:geheim@db.example.nl/vt\"\npassword = { env = \"P\" }";
    refused(twice, "ledger.password: the password stands in the address");
    let inline = refused("url = \"postgres://vt@db.example.nl/vt\"\npassword = \"geheim\"", "ledger.password");
    assert!(inline.contains("{ file ="), "{inline}");
    let readable = "url = \"postgres://vt@db.example.nl/vt\"\npassword = { file = \"data/published/p\" }";
    assert!(refused(readable, "must not lie in the published store").contains("ledger.password"));
    let key = "url = \"postgres://vt@db.example.nl/vt?sslcert=c.pem&sslkey=data/published/k.pem\"";
    assert!(refused(key, "must not lie in the published store").contains("sslkey"));
}

#[test]
fn every_setting_of_the_engine_in_the_sample_is_one_and_stands_there_as_it_is_by_default() {
    let sample = include_str!("../../../../config/service.toml");
    let lines = sample.lines().skip_while(|line| !line.starts_with("[engine]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("[retention]")).map(|line| line.trim_start_matches("# "));
    let text = lines.collect::<Vec<_>>().join("\n").replace("[engine.cluster]", "[cluster]");
    let shown: vt_publication::engine::EngineConfig = toml::from_str(&text).unwrap();
    assert!(shown.spill_dir.is_some() && shown.scheduler_url.is_some(), "{text}");
    let bare = vt_publication::engine::EngineConfig { spill_dir: None, scheduler_url: None, ..shown };
    assert_eq!(bare, vt_publication::engine::EngineConfig::default());
    for field in [
        "memory_mib",
        "partitions",
        "batch_rows",
        "spill_mib",
        "parts",
        "executor_timeout_seconds",
        "ready_timeout_seconds",
    ] {
        assert!(text.lines().any(|line| line.starts_with(&format!("{field} ="))), "{field} is not shown");
    }
}

#[test]
fn registrations_are_left_to_a_bucket_and_to_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let left = "[store.encryption]\nfile = \"store.key\"\nregistrations = \"bucket\"\n[ledger]";
    let service = format!("{}{KEY}", PLACES.replace("[ledger]", left));
    let text = said(&service);
    assert!(text.contains("store.encryption.registrations") && text.contains("nobody would encrypt"), "{text}");
    written(folder.path(), &service.replace("data/private", "s3://vt/private"), "");
    Config::load(folder.path()).unwrap();
}
