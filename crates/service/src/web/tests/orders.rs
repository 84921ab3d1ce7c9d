//! The forms by which a period is published now and a reservation is given up.

use axum::http::header;

use super::Browser;
use crate::api::tests::Desk;
use crate::api::tests::orders::{cut_off, published, settled, waiting};

#[tokio::test]
async fn only_who_may_order_sees_the_forms_and_wrong_ones_name_their_field() {
    let desk = Desk::new().await;
    let reader = Browser::of(&desk, "lezer").await;
    assert!(!reader.get("/publicaties").await.text.contains("Nu publiceren"));
    let operator = Browser::of(&desk, "operator").await;
    let page = operator.get("/publicaties").await.text;
    assert!(page.contains("Nu publiceren") && page.contains("Let op: ") && !page.contains("Laat vervallen"), "{page}");
    let csrf = operator.csrf("/publicaties").await;
    let order =
        async |form: &str| operator.send("POST", "/publicaties/opdracht", format!("csrf={csrf}&{form}"), &[]).await;
    for (form, said) in [
        ("reason=r", "Periode: vul een periode in"),
        ("periode=juli", "Periode: vul een periode in"),
        ("periode=2020W407&incomplete=ja", "een volgende uitgave): zeg waarom"),
    ] {
        let seen = order(form).await;
        assert!(seen.status == 422 && seen.text.contains(said), "{form}: {}", seen.text);
    }
    let kept = order("periode=2020W407&incomplete=ja").await.text;
    assert!(kept.contains("value=\"2020W407\"") && kept.contains("value=\"ja\" checked"), "{kept}");
    let refused = order("periode=2020W407").await;
    assert!(
        refused.status == 409 && refused.text.contains("geen enkele regio heeft al haar dagen geleverd"),
        "{}",
        refused.text
    );
    let path = "/publicaties/four_weeks/2020W407/1/vervallen";
    let nothing = operator.send("POST", path, format!("csrf={csrf}&reason=r"), &[]).await;
    assert!(
        nothing.status == 409 && nothing.text.contains("2020W407 uitgave 1 is niet gereserveerd"),
        "{}",
        nothing.text
    );
    let other = path.replace("four_weeks", "week");
    assert_eq!(operator.send("POST", &other, format!("csrf={csrf}&reason=r"), &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gives_up_a_reservation_and_publishes_on_the_page() {
    let mut desk = waiting().await;
    let token = desk.token("operator").await;
    assert_eq!(published(&desk, &token).await["outcome"], "succeeded");
    cut_off(&mut desk).await;
    let browser = Browser::of(&desk, "operator").await;
    let page = browser.get("/publicaties").await.text;
    assert!(page.contains("Gereserveerd en niet af") && page.contains("2020W129 uitgave 1"), "{page}");
    let csrf = browser.csrf("/publicaties").await;
    let void = format!("csrf={csrf}&reason=kan+niet+af");
    let seen = browser.send("POST", "/publicaties/week/2020W129/1/vervallen", void, &[]).await;
    assert_eq!(seen.headers[header::LOCATION], "/publicaties?gedaan=vervallen", "{}", seen.text);
    let page = browser.get("/publicaties?gedaan=vervallen").await.text;
    assert!(page.contains("De reservering is vervallen") && !page.contains("Gereserveerd en niet af"), "{page}");

    let order = format!("csrf={csrf}&periode=2020W129&incomplete=ja&reason=op+verzoek");
    let seen = browser.send("POST", "/publicaties/opdracht", order.clone(), &[]).await;
    let to = seen.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(seen.status == 303 && to.starts_with("/runs/"), "{to} {}", seen.text);
    settled(&desk).await;
    assert!(browser.get(&to).await.text.contains("gelukt"));
    assert!(browser.get("/publicaties").await.text.contains("/publicaties/week/2020W129/2"));
    let seen = browser.send("POST", "/publicaties/opdracht", order, &[]).await;
    assert_eq!(seen.headers[header::LOCATION], "/publicaties?gedaan=niets", "{}", seen.text);
    assert!(browser.get("/publicaties?gedaan=niets").await.text.contains("Er is niets te doen"));
    let log = browser.get("/auditlog").await.text;
    assert!(log.contains("kan niet af") && log.contains("op verzoek"), "{log}");
}
