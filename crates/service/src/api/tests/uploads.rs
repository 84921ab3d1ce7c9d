//! Deliveries by hand: what each comes to, and what is left of it.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use vt_domain::delivery::DeliveryEntry;
use vt_simulator::config::SimulatorConfig;
use vt_simulator::inbox::{ENTRY_FILE, InboxRequest, write_inbox};

use super::{Answered, Desk};

pub(crate) const BOUNDARY: &str = "a-boundary-that-no-file-holds";

/// A form: its fields, and its files with the names that they are sent under.
#[derive(Clone)]
pub(crate) struct Form {
    fields: Vec<(&'static str, String)>,
    files: Vec<(String, String, Vec<u8>)>,
}

impl Form {
    /// What the simulated VT07 delivers of July.
    pub(crate) fn of_july() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = InboxRequest {
            regions: vec!["VT07".into()],
            months: vec!["2020-07".parse().unwrap()],
            as_of: "2020-09-14T06:00:00Z".parse().unwrap(),
        };
        assert!(write_inbox(folder.path(), &SimulatorConfig::default(), &request).unwrap() > 0);
        let at = folder.path().join("VT07/2020-07/1");
        let entry: DeliveryEntry = serde_json::from_slice(&std::fs::read(at.join(ENTRY_FILE)).unwrap()).unwrap();
        let read = |file: &vt_domain::delivery::FileEntry| std::fs::read(at.join(&file.href)).unwrap();
        let files = entry.bestanden.iter().map(|file| (file.recordsoort.to_string(), file.kept_name(), read(file)));
        let fields = vec![("leveringsmaand", "2020-07".to_owned()), ("bronsysteem", "Regas".to_owned())];
        Self { fields, files: files.collect() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    /// Another file of a kind.
    pub(crate) fn with_file(mut self, kind: &str, name: &str, bytes: &[u8]) -> Self {
        self.files.retain(|(field, ..)| field != kind);
        self.files.push((kind.to_owned(), name.to_owned(), bytes.to_vec()));
        self
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            let part = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for (name, file, bytes) in &self.files {
            let head = format!("content-disposition: form-data; name=\"{name}\"; filename=\"{file}\"");
            let part = format!("--{BOUNDARY}\r\n{head}\r\ncontent-type: application/octet-stream\r\n\r\n");
            body.extend_from_slice(part.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }
}

async fn send(desk: &Desk, vt: &str, token: &str, draft: bool, body: Vec<u8>) -> Answered {
    let request = Request::builder().method("POST").uri(format!("/v1/regions/{vt}/uploads?draft={draft}"));
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    let answer = desk.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub(super) async fn outcome(desk: &Desk, token: &str, draft: bool, form: &Form) -> (String, u64) {
    let answer = send(desk, "VT07", token, draft, form.body()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    assert_eq!(desk.api.app.vault.quarantine_len().await.unwrap(), 0, "nothing unscanned stays");
    (json["outcome"].as_str().unwrap().to_owned(), json["nr"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_answered_and_leaves_nothing() {
    let desk = Desk::new().await;
    let token = desk.token("regio:VT07").await;
    let answer = send(&desk, "VT07", &token, true, Form::of_july().body()).await;
    let json = answer.json();
    assert_eq!((json["draft"].as_bool(), json["outcome"].as_str()), (Some(true), Some("accepted")), "{json}");
    assert!(json["kwaliteitsrapport"].is_object() && json["spiegelrapport"].is_object());
    let app = &desk.api.app;
    assert!(app.vault.deliveries(None).await.unwrap().is_empty());
    assert!(app.ledger.deliveries(&vt_ledger::DeliveryFilter::default()).await.unwrap().is_empty());
    assert_eq!(app.vault.quarantine_len().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_by_hand_is_one_like_any_other() {
    let desk = Desk::new().await;
    let token = desk.token("regio:VT07").await;
    let july = Form::of_july();
    assert_eq!(outcome(&desk, &token, false, &july).await, ("accepted".into(), 1));
    assert_eq!(outcome(&desk, &token, false, &july).await, ("known".into(), 1), "the same files again");
    let listed = desk.ask("GET", "/v1/regions/VT07/deliveries", Some(&token), None).await.json();
    assert_eq!((listed[0]["status"].as_str(), listed[0]["nr"].as_u64()), (Some("accepted"), Some(1)), "{listed}");
    let report = desk.ask("GET", "/v1/regions/VT07/deliveries/2020-07/1/report", Some(&token), None).await;
    assert_eq!(report.json()["kwaliteitsrapport"]["oordeel"], "geaccepteerd");
    let operator = desk.token("operator").await;
    let log = desk.ask("GET", "/v1/audit?action=delivery.upload", Some(&operator), None).await.json();
    assert_eq!(log["items"][0]["actor"], "the regio:VT07 (token 1)");
    let (_, wakes) = desk.api.app.ledger.audited_since(0, &["delivery.judged"]).await.unwrap();
    assert!(wakes, "a round follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_stands_and_the_next_one_is_free() {
    let desk = Desk::new().await;
    let token = desk.token("regio:VT07").await;
    let july = Form::of_july();
    let broken = july.clone().with_file("melding", "melding.csv", b"geen;kop\n1;2\n");
    assert_eq!(outcome(&desk, &token, false, &broken).await, ("rejected".into(), 1));
    let again = july.clone().with("levering_nr", "1");
    assert_eq!(outcome(&desk, &token, false, &again).await, ("changed".into(), 1));
    assert_eq!(outcome(&desk, &token, true, &july).await, ("accepted".into(), 2), "a draft gets the same number");
    assert_eq!(outcome(&desk, &token, false, &july.with("levering_nr", "next")).await, ("accepted".into(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_number_is_found_and_not_repeated() {
    let desk = Desk::new().await;
    let token = desk.token("regio:VT07").await;
    let form = Form::of_july().with_file("melding", "melding.csv", b"geen;kop\n111222333;2\n");
    for draft in [true, false] {
        let answer = send(&desk, "VT07", &token, draft, form.body()).await;
        let json = answer.json();
        assert_eq!(json["outcome"], "rejected", "{json}");
        assert!(json["spiegelrapport"].is_null() && !answer.text.contains("111222333"));
        assert_eq!(desk.api.app.vault.quarantine_len().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_taken_is_refused() {
    let desk = Desk::new().await;
    let token = desk.token("regio:VT07").await;
    let july = Form::of_july();
    assert_eq!(send(&desk, "VT08", &token, true, july.body()).await.status, 403, "another region");
    assert_eq!(send(&desk, "VT07", &desk.token("lezer").await, true, july.body()).await.status, 403);
    let field = async |form: Form| {
        let answer = send(&desk, "VT07", &token, false, form.body()).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        answer.json()["field"].as_str().unwrap_or_default().to_owned()
    };
    let mut without = july.clone();
    without.files.retain(|(kind, ..)| kind != "advies");
    assert_eq!(field(without).await, "advies");
    assert_eq!(field(july.clone().with_file("advies", "advies.xlsx", b"x")).await, "advies");
    assert_eq!(field(july.clone().with("levering_nr", "0")).await, "levering_nr");
    assert_eq!(field(july.clone().with("soort", "tussentijds")).await, "tot_en_met", "part of a month says which part");
    assert_eq!(field(july.clone().with("tot-en-met", "2020-07-10")).await, "tot-en-met", "a part is no whole");
    assert_eq!(field(july.clone().with("reason", &"x".repeat(301))).await, "reason");
    let mut later = july.clone();
    later.fields[0].1 = "2020-10".into();
    assert_eq!(field(later).await, "leveringsmaand");
    let whole = july.body();
    assert_eq!(send(&desk, "VT07", &token, false, whole[..whole.len() / 2].to_vec()).await.status, 400, "cut off");
    assert!(desk.api.app.vault.deliveries(None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_cap_of_the_region_is_refused() {
    let mut desk = Desk::new().await;
    let limits = vt_intake::source::Limits { max_file_bytes: 100, ..Default::default() };
    let source = vt_intake::source::Source::Inbox(vt_intake::source::InboxSource { url: "/srv".into(), s3: None });
    desk.api.app.sources = vec![vt_intake::source::SourceConfig { vt: "VT07".into(), source, limits }];
    desk.router = crate::api::routes(&desk.api).0;
    let token = desk.token("regio:VT07").await;
    assert_eq!(send(&desk, "VT07", &token, false, Form::of_july().body()).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_begins_meanwhile_clears_nothing_up_that_comes_in() {
    let desk = Desk::new().await;
    let app = &desk.api.app;
    let staged = crate::uploading::Staged::new(app, "VT07").await.unwrap();
    let id = vt_domain::delivery::DeliveryId { vt: "VT07".into(), maand: "2020-07".parse().unwrap(), nr: 1 };
    app.vault.staging("upload-here").quarantine(&id, "advies.csv").await.unwrap().finish().await.unwrap();
    crate::runs::begin(app, "run").await.unwrap();
    assert_eq!(app.vault.quarantine_len().await.unwrap(), 1);
    drop(staged);
}
