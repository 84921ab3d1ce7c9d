//! What becomes of a form that is refused, of an address that is wrong, and of a page that goes on when its session has ended.

use axum::http::header;

use super::{Browser, PAGES, Seen};
use crate::api::tests::uploads::{BOUNDARY, Form};
use crate::api::tests::{Desk, fill};
use crate::web::forms::page_of;

async fn post(browser: &Browser, csrf: &str, path: &str, form: &str) -> Seen {
    browser.send("POST", path, format!("csrf={csrf}&{form}"), &[]).await
}

/// That a page has the menu and the form as it was filled in, says what is wrong in Dutch, and nothing in English.
fn is_told(seen: &Seen, status: u16, parts: &[&str]) {
    assert_eq!(seen.status.as_u16(), status, "{}", seen.text);
    for part in parts.iter().chain(&["Hoofdmenu", "role=\"alert\""]) {
        assert!(seen.text.contains(part), "{part} in {}", seen.text);
    }
    for english in ["vt-monitor ", "--to", "<code>until", "ledger:"] {
        assert!(!seen.text.contains(english), "{english} in {}", seen.text);
    }
}

#[tokio::test]
async fn a_form_that_is_refused_is_shown_as_it_was_filled_in() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let browser = Browser::of(&desk, "operator").await;
    let csrf = browser.csrf("/cadans").await;
    let send = async |path: &str, form: &str| post(&browser, &csrf, path, form).await;

    let outage = send("/regio/VT07/storing", "from=2020-10-05&until=2020-10-01&owner=Anna&reason=nieuw+systeem").await;
    let parts = [
        "Tot en met: dit ligt vóór de eerste dag, 5-10-2020",
        "value=\"2020-10-05\"",
        "value=\"Anna\"",
        "value=\"nieuw systeem\"",
        "aria-invalid=\"true\"",
    ];
    is_told(&outage, 422, &parts);
    let extension = send("/regio/VT07/uitstel", "maand=2020-07&until=2020-09-14&reason=").await;
    is_told(&extension, 422, &["Reden: zeg waarom", "value=\"2020-07\""]);
    is_told(&send("/afspraken/1/einde", "reason=").await, 422, &["Reden om te beëindigen: zeg waarom", "VT07"]);
    assert_eq!(send("/regio/VT08/hervat", "reason=r").await.status, 303);
    is_told(&send("/regio/VT08/hervat", "reason=r").await, 409, &["VT08 is niet gepauzeerd", "value=\"r\""]);
    is_told(&send("/ronde", "reason=+").await, 422, &["Reden: zeg waarom"]);
    let cadence = send("/cadans", "cadence=week&from=2019-01-01&reason=crisis").await;
    is_told(
        &cadence,
        422,
        &["Vanaf: dit ligt vóór", "value=\"2019-01-01\"", "value=\"crisis\"", "value=\"week\" selected"],
    );

    let plan = send("/backfill/plan", "from=2020-08&to=2020-07&regions=VT08&reason=opnieuw").await;
    let parts =
        ["Laatste maand: dit ligt vóór de eerste maand, 2020-08", "value=\"VT08\" selected", "value=\"opnieuw\""];
    is_told(&plan, 422, &parts);
    is_told(&send("/backfill", "plan=onzin").await, 422, &["Dit plan geldt niet meer"]);
    is_told(&send("/backfill/1/hervat", "reason=").await, 422, &["Reden: zeg waarom", "Backfill 1"]);
    assert_eq!(send("/backfill/1/stop", "reason=genoeg").await.status, 303);
    let ended = send("/backfill/1/pauze", "reason=toch").await;
    is_told(&ended, 409, &["Backfill 1 is afgebroken en kan niet gepauzeerd worden"]);
    is_told(&send("/backfill/9/pauze", "reason=toch").await, 404, &["Er is geen backfill 9", "/backfill/9"]);
}

#[tokio::test]
async fn every_decision_says_what_it_came_to() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let browser = Browser::of(&desk, "operator").await;
    let csrf = browser.csrf("/cadans").await;
    let said = async |path: &str, form: &str| {
        let seen = post(&browser, &csrf, path, form).await;
        assert_eq!(seen.status, 303, "{path}: {}", seen.text);
        browser.get(seen.headers[header::LOCATION].to_str().unwrap()).await.text
    };
    let same = said("/cadans", "cadence=four_weeks&from=&reason=r").await;
    assert!(same.contains("er is niets vastgelegd"), "{same}");
    assert!(desk.api.app.ledger.cadence_decisions().await.unwrap().is_empty());
    let later = said("/cadans", "cadence=week&from=2020-11-02&reason=r").await;
    assert!(later.contains("gaat in op 2-11-2020") && !later.contains("binnen een minuut"), "{later}");
    assert!(said("/cadans", "cadence=two_weeks&from=&reason=r").await.contains("binnen een minuut"));
    assert!(said("/ronde", "reason=r").await.contains("om een ronde gevraagd"));
    assert!(said("/backfill/1/opnieuw", "reason=r").await.contains("Wat mislukte, wordt opnieuw geprobeerd."));
    assert!(said("/backfill/1/pauze", "reason=r").await.contains("De backfill is gepauzeerd."));
}

#[tokio::test]
async fn a_form_without_a_session_leads_to_logging_in_and_back_to_its_page() {
    let desk = Desk::new().await;
    let browser = Browser::new(&desk);
    let seen = browser.send("POST", "/regio/VT07/storing", "reason=r".into(), &[]).await;
    assert_eq!(seen.status, 401);
    assert!(seen.text.contains("/inloggen?naar=%2Fregio%2FVT07\""), "{}", seen.text);
    assert!(seen.text.contains("U bent niet ingelogd") && !seen.text.contains("log in first"), "{}", seen.text);
    let live = browser.send("GET", "/backfill/6?stand=running-niets", String::new(), &[("hx-request", "true")]).await;
    assert_eq!(live.headers["hx-redirect"], "/inloggen?naar=%2Fbackfill%2F6", "the page is left, its part not emptied");
    assert!(!live.headers.contains_key(header::LOCATION), "a redirect would be followed unseen");
}

#[tokio::test]
async fn the_address_of_every_form_leads_to_a_page() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let browser = Browser::of(&desk, "operator").await;
    for (_, template, _) in PAGES.iter().filter(|(method, ..)| *method == "POST") {
        let path = template.replace("{vt}", "VT07");
        let to = page_of(&path);
        let seen = browser.get(&path).await;
        if to != path {
            assert_eq!((seen.status.as_u16(), &seen.headers[header::LOCATION]), (303, &to.parse().unwrap()), "{path}");
        }
        assert_eq!(browser.get(&to).await.status, 200, "{path} leads to {to}");
    }
    let wrong = browser.send("POST", "/runs", String::new(), &[]).await;
    assert!(wrong.status == 405 && wrong.text.contains("Zo kan dit niet"), "{}", wrong.text);
}

#[tokio::test]
async fn a_wrong_address_is_told_in_dutch_with_the_menu() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "operator").await;
    for path in ["/runs/abc", "/backfill/abc", "/iets", "/regio/VT99"] {
        let seen = browser.get(path).await;
        assert!(seen.status == 404 && seen.text.contains("Dit is er niet"), "{path}: {}", seen.text);
        assert!(seen.text.contains("Hoofdmenu"), "{path}: {}", seen.text);
    }
    for path in ["/overzicht?maanden=abc", "/runs?onder=abc"] {
        let seen = browser.get(path).await;
        let bare = path.split('?').next().unwrap();
        assert!(seen.status == 400 && seen.text.contains("Dit adres klopt niet"), "{path}: {}", seen.text);
        assert!(seen.text.contains(&format!("href=\"{bare}\"")) && !seen.text.contains("deserialize"), "{}", seen.text);
    }
}

#[tokio::test]
async fn only_what_changed_of_a_backfill_is_swapped() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let browser = Browser::of(&desk, "operator").await;
    let live = async |stand: &str| {
        browser.send("GET", &format!("/backfill/1?stand={stand}"), String::new(), &[("hx-request", "true")]).await.text
    };
    let whole = browser.get("/backfill/1?stand=running-opnieuw").await.text;
    assert!(whole.contains("id=\"besluiten\"") && whole.contains("id=\"opnieuw\""), "who opens it sees all: {whole}");
    assert!(whole.contains("stand=running-opnieuw") && !whole.contains("http-equiv=\"refresh\""), "{whole}");
    assert!(whole.contains("0 van 2 regio-maanden klaar, 1 te doen, 1 mislukt"), "{whole}");
    let same = live("running-opnieuw").await;
    assert!(same.contains("id=\"live\"") && same.contains("id=\"regio-maanden\""), "{same}");
    assert!(!same.contains("id=\"besluiten\"") && !same.contains("id=\"opnieuw\""), "what is typed stays: {same}");
    let failed = live("running-niets").await;
    assert!(!failed.contains("id=\"besluiten\"") && failed.contains("Probeer wat mislukte opnieuw"), "{failed}");
    let csrf = browser.csrf("/backfill/1").await;
    post(&browser, &csrf, "/backfill/1/stop", "reason=genoeg").await;
    let ended = live("running-opnieuw").await;
    assert!(ended.contains("id=\"besluiten\"") && !ended.contains("Pauzeer"), "{ended}");
    assert!(ended.contains("id=\"opnieuw\"") && !ended.contains("Probeer wat mislukte opnieuw"), "{ended}");
    assert!(!ended.contains("hx-get") && ended.contains("1 mislukt, 1 afgebroken"), "{ended}");
    assert!(ended.contains("<progress value=\"0\" max=\"2\""), "the bar is of what is done: {ended}");
}

async fn deliver(browser: &Browser, csrf: &str, how: &str, form: Form) -> Seen {
    let body = form.with("csrf", csrf).with("hoe", how).body();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    browser.send_bytes("POST", "/regio/VT07/aanleveren", body, &[("content-type", &kind)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_refused_or_checked_keeps_what_was_filled_in() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "regio:VT07").await;
    let csrf = browser.csrf("/regio/VT07/aanleveren").await;
    let correction = Form::of_july().with("soort", "correctie").with("levering_nr", "1");
    let wrong = correction.clone().with_file("advies", "advies.xlsx", b"x");
    let kept = ["value=\"2020-07\"", "value=\"correctie\" selected", "value=\"1\"", "value=\"Regas\""];
    let seen = deliver(&browser, &csrf, "lever", wrong).await;
    is_told(&seen, 422, &["Bestand advies: de naam van het bestand moet eindigen op .csv"]);
    is_told(&seen, 422, &kept);
    let part = deliver(&browser, &csrf, "lever", Form::of_july().with("soort", "tussentijds")).await;
    is_told(&part, 422, &["daar nodig): nodig bij tussentijds", "value=\"tussentijds\" selected"]);
    let forged = deliver(&browser, "x", "lever", correction.clone()).await;
    assert!(forged.status == 403 && !forged.text.contains("value=\"Regas\""), "{}", forged.text);

    let checked = deliver(&browser, &csrf, "proef", correction).await;
    assert_eq!(checked.status, 200, "{}", checked.text);
    for part in kept.iter().chain(&["Proefcontrole: deze levering zou worden", "Lever nu aan"]) {
        assert!(checked.text.contains(part), "{part} in {}", checked.text);
    }
    let (form, report) = (checked.text.find("id=\"levering\""), checked.text.find("id=\"kwaliteit\""));
    assert!(form.unwrap() < report.unwrap(), "the form follows the verdict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_was_rejected_before_is_not_called_good() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "regio:VT07").await;
    let csrf = browser.csrf("/regio/VT07/aanleveren").await;
    let broken = Form::of_july().with_file("melding", "melding.csv", b"geen;kop\n1;2\n");
    let rejected = deliver(&browser, &csrf, "lever", broken.clone()).await.text;
    assert!(rejected.contains("De levering is afgekeurd"), "{rejected}");
    let box_of = |text: &str| {
        let (_, rest) = text.split_once("id=\"oordeel\"").unwrap();
        rest.split("</p>").next().unwrap().to_owned()
    };
    let again = box_of(&deliver(&browser, &csrf, "lever", broken.clone()).await.text);
    assert!(again.contains("\"fout\"") && again.contains("al aangeleverd en afgekeurd"), "{again}");
    let draft = box_of(&deliver(&browser, &csrf, "proef", broken).await.text);
    assert!(draft.contains("\"fout\"") && draft.contains("Proefcontrole"), "{draft}");
}

#[tokio::test]
async fn the_form_of_the_audit_log_stays_after_a_check() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk, "operator").await;
    let kept = "f".repeat(64);
    let seen = browser.get(&format!("/auditlog?controleer=ja&kenmerk={kept}")).await;
    assert!(seen.text.contains(&format!("value=\"{kept}\"")), "{}", seen.text);
    is_told(&browser.get("/auditlog?controleer=ja&kenmerk=x").await, 422, &["een kenmerk heeft 64", "value=\"x\""]);
}
