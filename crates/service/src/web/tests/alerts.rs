//! The page of alerts: what is open first, in Dutch, and how it is muted.

use axum::http::header;

use super::Browser;
use crate::api::tests::Desk;

const TEXT: &str = "De leveringen van VT07 over juni en juli 2020 zijn te laat. Oorzaak: 1234 is een aantal.";

/// VT07 is late, VT08 was, and a disk is nearly full.
async fn begun(desk: &Desk) {
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    for (rule, subject, text) in
        [("delivery_late", "VT07", TEXT), ("delivery_late", "VT08", "Laat."), ("disk_low", "private", "Vol.")]
    {
        let (alert, _) = ledger.begin_alert(rule, subject, text, now).await.unwrap();
        let _ = ledger.queue_message(alert.id, vt_ledger::AlertMessageKind::Begun, "mail", now).await.unwrap();
        let _ = ledger.queue_message(alert.id, vt_ledger::AlertMessageKind::Reminder, "mail", now).await.unwrap();
    }
    ledger.end_alert("delivery_late", "VT08", now).await.unwrap();
    for message in ledger.unsent_messages(10).await.unwrap().iter().filter(|it| it.alert == 1) {
        ledger.message_sent(message.id, now).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_open_comes_first_in_dutch_and_what_is_over_is_folded() {
    let desk = Desk::new().await;
    begun(&desk).await;
    let page = Browser::of(&desk, "operator").await.get("/alarmen").await.text;
    let (open, over) = page.split_once("Toon wat voorbij is").unwrap();
    assert!(open.contains("Nu open (2)") && open.contains("Levering te laat: ") && open.contains("Schijf bijna vol"));
    assert!(open.contains("/regio/VT07") && !open.contains("/regio/VT08") && over.contains("/regio/VT08"), "{page}");
    assert!(open.contains("Wat te doen: vraag de regio") && !open.contains("lever alsnog"), "for operators: {open}");
    assert!(open.contains("Gemeld: mail aan de beheerders. 1 herinnering, voor het laatst op"), "{open}");
    assert!(open.contains("Wordt nog verstuurd: mail aan de beheerders"), "{open}");
    assert!(!page.contains("<details open"), "{page}");
    assert!(!page.contains(">delivery_late<"), "no code of a rule is read: {page}");
}

#[tokio::test]
async fn a_reader_reads_of_whom_and_which_months_and_no_cause() {
    let desk = Desk::new().await;
    begun(&desk).await;
    let browser = Browser::of(&desk, "lezer").await;
    let page = browser.get("/alarmen").await.text;
    assert!(page.contains("VT07 over juni en juli 2020 zijn te laat") && !page.contains("1234"), "{page}");
    assert!(!page.contains("Meld dit") && !page.contains("Vol."), "{page}");
    let overview = browser.get("/overzicht").await.text;
    assert!(overview.contains("schijf bijna vol (") && !overview.contains("delivery_late"), "{overview}");
}

#[tokio::test]
async fn an_open_alert_is_muted_with_a_filled_in_form_and_spoken_of_again() {
    let desk = Desk::new().await;
    begun(&desk).await;
    let browser = Browser::of(&desk, "operator").await;
    let page = browser.get("/alarmen").await.text;
    assert!(page.contains("/alarmen?regel=delivery_late&amp;regio=VT07#stil"), "{page}");
    assert!(page.contains("/alarmen?regel=disk_low&amp;over=private#stil"), "{page}");
    let filled = browser.get("/alarmen?regel=delivery_late&regio=VT07").await.text;
    for chosen in
        ["<option value=\"delivery_late\" selected>", "<option value=\"VT07\" selected>", "value=\"2020-09-21\""]
    {
        assert!(filled.contains(chosen), "{chosen}: {filled}");
    }
    assert!(browser.get("/alarmen?over=private").await.text.contains("<option value=\"private\" selected>"));
    let csrf = browser.csrf("/alarmen").await;
    let form = format!("csrf={csrf}&rule=delivery_late&subject=VT07&until=2020-09-21&reason=afgesproken");
    let seen = browser.send("POST", "/alarmen/stil", form, &[]).await;
    assert_eq!(seen.headers[header::LOCATION], "/alarmen?gedaan=stil", "{}", seen.text);
    let page = browser.get("/alarmen?gedaan=stil").await.text;
    assert!(page.contains("Dit wordt niet gemeld") && page.contains("Wordt nu niet gemeld."), "{page}");
    assert!(!page.contains("regio=VT07#stil"), "it is muted already: {page}");
    let seen = browser.send("POST", "/alarmen/stil/1/einde", format!("csrf={csrf}&reason=geleverd"), &[]).await;
    assert_eq!(seen.headers[header::LOCATION], "/alarmen?gedaan=weer", "{}", seen.text);
}
