//! `erratum` as an operator types it, on a week that one region delivered; a demo's key signs nothing outside the demo.

use serde_json::Value;

use crate::key::{Did, Site};
use crate::program::{expect, said};

/// A site with one published issue.
fn published() -> Site {
    let site = Site::new();
    let service = site.path("config/service.toml");
    let text = std::fs::read_to_string(&service).unwrap();
    std::fs::write(&service, format!("{text}[schedule]\nfirst_month = '2020-07'\ncadence = 'week'\n")).unwrap();
    site.new_key("one");
    site.pull();
    site.expect(0, &["publish", "--period", "2020W129", "--incomplete", "--reason", "a test"]);
    site
}

fn erratum(site: &Site, code: i32, what: &str, issue: &str, text: &str) -> Did {
    site.expect(code, &["erratum", what, "--period", "2020W129", "--issue", issue, "--text", text])
}

/// Checks the store with the public key; gives what `verify` says.
fn verify(site: &Site) -> String {
    site.expect(0, &["key", "public", "--out", &site.text("minisign.pub")]);
    expect(0, &["verify", &site.text("published"), "--public-key", &site.text("minisign.pub")])
}

fn latest(site: &Site) -> Value {
    serde_json::from_slice(&std::fs::read(site.path("published/latest.json")).unwrap()).unwrap()
}

fn index(site: &Site) -> String {
    std::fs::read_to_string(site.path("published/index.html")).unwrap()
}

#[test]
fn an_erratum_and_a_retraction_are_shown_everywhere_and_verified() {
    let site = published();
    assert!(latest(&site).to_string().contains("2020W129"));
    let added = erratum(&site, 0, "add", "1", "De verdeling naar aard is niet volledig.").out;
    assert!(added.contains("2020W129 issue 1 has an erratum: errata/1.json"), "{added}");
    assert!(index(&site).contains("De verdeling naar aard is niet volledig."), "the page shows it at once");
    let log: Value = serde_json::from_str(&site.expect(0, &["audit-log", "--json"]).out).unwrap();
    assert_eq!((&log[1]["action"], &log[0]["action"]), (&"erratum.add".into(), &"erratum.published".into()));
    assert_eq!(log[0]["after"]["tekst"], "De verdeling naar aard is niet volledig.");
    assert!(verify(&site).contains("nothing wrong"));

    let retracted = erratum(&site, 0, "retract", "1", "De regio's zijn verwisseld.").out;
    assert!(retracted.contains("is retracted: errata/2.json"), "{retracted}");
    assert!(index(&site).contains("Ingetrokken") && index(&site).contains("De regio's zijn verwisseld."));
    assert_eq!(latest(&site)["errata"].as_array().unwrap().len(), 2);
    assert!(verify(&site).contains("nothing wrong"));
    // Said again it changes nothing; in other words it is refused.
    assert!(erratum(&site, 0, "retract", "1", "De regio's zijn verwisseld.").out.contains("errata/2.json"));
    assert!(erratum(&site, 5, "retract", "1", "Gebruik deze niet.").err.contains("is retracted already"));
    assert_eq!(latest(&site)["errata"].as_array().unwrap().len(), 2);

    let store = site.text("published");
    let none = said(2, &["diff", "2020W129", "2020W129/1", "--store", &store]);
    assert!(none.contains("every issue of 2020W129 is retracted; name one: 2020W129/1"), "{none}");
    let html = site.text("verschil.html");
    let named = expect(0, &["diff", "2020W129/1", "2020W129/1", "--store", &store, "--html", &html]);
    assert!(named.contains("2020W129/1 is retracted: De regio's zijn verwisseld."), "{named}");
    assert!(std::fs::read_to_string(html).unwrap().contains("Ingetrokken: niet gebruiken."));
}

#[test]
fn what_is_refused_writes_nothing() {
    let site = published();
    let number = erratum(&site, 5, "add", "1", "Het moeten er 3 zijn.");
    assert!(number.err.contains("states a number") && !number.err.contains("Het moeten"), "{}", number.err);
    let log = site.expect(0, &["audit-log"]).out;
    assert!(log.contains("erratum.add") && !log.contains("Het moeten"), "{log}");
    let issue = erratum(&site, 2, "add", "9", "De verdeling naar aard is niet volledig.");
    assert!(issue.err.contains("2020W129/9: no such issue; published is 1"), "{}", issue.err);
    let period = ["erratum", "retract", "--period", "2020W131", "--issue", "1", "--text", "Niet gebruiken."];
    assert!(site.expect(2, &period).err.contains("2020W131 is not published in this store"));
    std::fs::rename(site.path("one"), site.path("gone")).unwrap();
    let key = erratum(&site, 3, "retract", "1", "Niet gebruiken.");
    assert!(key.err.contains("key"), "{}", key.err);
    std::fs::rename(site.path("gone"), site.path("one")).unwrap();
    assert!(!site.path("published/errata").exists() && verify(&site).contains("nothing wrong"));
}
