//! Alerts over the API: who reads what, and who mutes.

use serde_json::json;

use super::Desk;

async fn begun(desk: &Desk) {
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let text = "De levering van VT07 is te laat. Oorzaak: 1234 is een aantal.";
    let (alert, _) = ledger.begin_alert("delivery_late", "VT07", text, now).await.unwrap();
    let _ = ledger.queue_message(alert.id, vt_ledger::AlertMessageKind::Begun, "mail", now).await.unwrap();
}

#[tokio::test]
async fn operators_read_what_is_wrong_and_readers_that_something_is() {
    let desk = Desk::new().await;
    begun(&desk).await;
    let (reader, operator) = (desk.token("lezer").await, desk.token("operator").await);
    let all = desk.ask("GET", "/v1/alerts?open=true", Some(&operator), None).await;
    let text = all.json()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("1234 is een aantal. Wat te doen: vraag de regio"), "{text}");
    assert_eq!(all.json()[0]["title"], "levering te laat");
    assert_eq!(all.json()[0]["severity"], "warning");
    assert_eq!(all.json()[0]["messages"][0]["channel"], "mail");
    let some = desk.ask("GET", "/v1/alerts", Some(&reader), None).await;
    assert_eq!((some.json()[0]["subject"].as_str(), some.text.contains("1234")), (Some("VT07"), false));
    assert_eq!(some.json()[0]["text"], "De levering van VT07 is te laat.");
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let _ = ledger.begin_alert("disk_low", "private", "1234 zonder oorzaak", now).await.unwrap();
    let some = desk.ask("GET", "/v1/alerts", Some(&reader), None).await;
    assert_eq!(some.json()[0]["text"], "", "a text that names no cause is for operators");
    assert_eq!(desk.ask("GET", "/v1/alerts?limit=501", Some(&operator), None).await.status, 422);
}

#[tokio::test]
async fn a_mute_has_a_reason_an_end_and_an_entry_in_the_audit_log() {
    let desk = Desk::new().await;
    begun(&desk).await;
    let token = desk.token("operator").await;
    let body = json!({ "rule": "delivery_late", "subject": "VT07", "until": "2020-09-20", "reason": "afgesproken" });
    let mute = desk.ask("POST", "/v1/alerts/mutes", Some(&token), Some(body)).await;
    assert_eq!(
        (mute.status.as_u16(), mute.json()["until"].as_str()),
        (200, Some("2020-09-20T22:00:00Z")),
        "{}",
        mute.text
    );
    assert_eq!(desk.ask("GET", "/v1/alerts", Some(&token), None).await.json()[0]["muted"], true);
    assert_eq!(desk.ask("GET", "/v1/alerts/mutes", Some(&token), None).await.json().as_array().unwrap().len(), 1);
    let log = desk.ask("GET", "/v1/audit?action=alert.mute", Some(&token), None).await.json();
    assert_eq!(log["items"][0]["reason"], "afgesproken");
    let path = format!("/v1/alerts/mutes/{}/end", mute.json()["id"]);
    assert_eq!(desk.ask("POST", &path, Some(&token), Some(json!({ "reason": "geleverd" }))).await.status, 200);
    assert_eq!(desk.ask("GET", "/v1/alerts", Some(&token), None).await.json()[0]["muted"], false);
}

#[tokio::test]
async fn a_wrong_mute_names_its_field() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let wrong = async |body| {
        let answer = desk.ask("POST", "/v1/alerts/mutes", Some(&token), Some(body)).await;
        (answer.status.as_u16(), answer.json()["field"].as_str().unwrap_or_default().to_owned())
    };
    let until = "2020-09-20";
    assert_eq!(wrong(json!({ "until": until, "reason": "r" })).await, (422, "rule".into()));
    assert_eq!(wrong(json!({ "rule": "none", "until": until, "reason": "r" })).await, (422, "rule".into()));
    assert_eq!(wrong(json!({ "rule": "disk_low", "until": until, "reason": " " })).await, (422, "reason".into()));
    assert_eq!(wrong(json!({ "rule": "disk_low", "until": "2020-09-01", "reason": "r" })).await, (422, "until".into()));
    assert_eq!(wrong(json!({ "subject": " ", "until": until, "reason": "r" })).await, (422, "subject".into()));
    for subject in ["onzin", "VT99", "VT99 2020-07", "VT07 juli", "2020W999"] {
        assert_eq!(wrong(json!({ "subject": subject, "until": until, "reason": "r" })).await, (422, "subject".into()));
    }
    for subject in ["VT07", "VT07 2020-07", "2020W407", "private"] {
        assert_eq!(wrong(json!({ "subject": subject, "until": until, "reason": "r" })).await.0, 200, "{subject}");
    }
    let end = desk.ask("POST", "/v1/alerts/mutes/77/end", Some(&token), Some(json!({ "reason": "r" }))).await;
    assert_eq!(end.status, 404);
}

#[tokio::test]
async fn a_trial_says_which_channels_there_are() {
    let desk = Desk::new().await;
    let token = desk.token("operator").await;
    let none = desk.ask("POST", "/v1/alerts/test", Some(&token), Some(json!({}))).await;
    assert_eq!((none.status.as_u16(), none.text.as_str()), (200, "[]"));
    let unknown = desk.ask("POST", "/v1/alerts/test", Some(&token), Some(json!({ "channel": "mail VT07" }))).await;
    assert_eq!(unknown.status, 404);
}
