//! The matrix of routes and roles.

use vt_domain::delivery::{DeliveryId, DeliveryKind};

use super::{Desk, ROLES};
use crate::access::{ROLES as ALL, name};
use crate::api::{needs, routes};

/// A path with something in place of its parameters; `own`: about the region of the token.
pub(super) fn path(template: &str, own: bool) -> String {
    let vt = if own { "VT07" } else { "VT08" };
    let of_region =
        template.replace("{vt}", vt).replace("{id}", "1").replace("{maand}", "2020-07").replace("{nr}", "1");
    of_region.replace("{cadans}", "four_weeks").replace("{periode}", "2020W407").replace("{uitgave}", "1")
}

#[tokio::test]
async fn every_route_lets_in_exactly_the_roles_of_its_description() {
    let desk = Desk::new().await;
    let needs = needs();
    assert!(needs.len() >= 30, "{}", needs.len());
    for (role, text) in ROLES {
        let token = desk.token(text).await;
        for (method, template, need) in &needs {
            for own in [true, false] {
                let body = (method == "POST").then(|| serde_json::json!({}));
                let answer = desk.ask(method, &path(template, own), Some(&token), body).await;
                let about = own && template.contains("{vt}");
                let allowed = need.met_by(role, about);
                let refused = answer.status == 403 || answer.status == 401;
                assert_eq!(refused, !allowed, "{method} {template} ({own}) as {text}: {}", answer.status);
                assert!(
                    answer.status.as_u16() < 500,
                    "{method} {template} as {text}: {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_that_counts_nobody_comes_in() {
    let desk = Desk::new().await;
    for (method, template, _) in needs() {
        let body = (method == "POST").then(|| serde_json::json!({}));
        // A new desk for each would be slow: the clock forgives what failed.
        desk.clock.advance(chrono::TimeDelta::minutes(6));
        for token in [None, Some("vtm_wrong")] {
            let answer = desk.ask(&method, &path(&template, true), token, body.clone()).await;
            assert_eq!(answer.status, 401, "{method} {template}");
        }
    }
    assert_eq!(desk.ask("GET", "/v1/openapi.json", None, None).await.status, 200);
    assert_eq!(desk.ask("GET", "/health/live", None, None).await.status, 200);
    assert_eq!(desk.ask("GET", "/health/ready", None, None).await.status, 200);
}

#[tokio::test]
async fn a_region_sees_no_other_regions_code() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let token = desk.token("regio:VT07").await;
    let operator = desk.token("operator").await;
    let all = desk.ask("GET", "/v1/deliveries", Some(&operator), None).await.text;
    assert!(all.contains("VT08") && all.contains("1234"), "there is something to leak: {all}");
    let codes: Vec<String> = (1..=27).filter(|n| *n != 7).map(|n| format!("VT{n:02}")).collect();
    for (method, template, _) in needs() {
        let body = (method == "POST").then(|| serde_json::json!({}));
        for own in [true, false] {
            let answer = desk.ask(&method, &path(&template, own), Some(&token), body.clone()).await;
            let seen: Vec<&String> = codes.iter().filter(|code| answer.text.contains(code.as_str())).collect();
            assert!(seen.is_empty(), "{method} {template}: {seen:?} in {}", answer.text);
        }
    }
}

#[tokio::test]
async fn no_answer_tells_a_reader_how_many_records_there_are() {
    let desk = Desk::new().await;
    fill(&desk).await;
    let token = desk.token("lezer").await;
    // A stream of what goes on ends when the service stops.
    desk.api.app.stop.cancel();
    for (method, template, need) in needs() {
        // A stream of what is under way has no end.
        if method == "GET" && !template.ends_with("/events") && need.met_by(vt_ledger::Role::Lezer, false) {
            let answer = desk.ask(&method, &path(&template, true), Some(&token), None).await;
            // How long something took and how much memory is used may have any digits.
            let measured = |line: &&str| line.starts_with("process_") || line.contains("_duration_seconds");
            let text: String = answer.text.lines().filter(|line| !measured(line)).collect();
            assert!(!text.contains("1234"), "{template}: {text}");
        }
    }
}

/// Deliveries, failures, arrangements and a backfill of two regions; 1234 is a count of records wherever it stands.
pub(crate) async fn fill(desk: &Desk) {
    let (ledger, now) = (&desk.api.app.ledger, desk.api.app.clock.now());
    let maand = "2020-07".parse().unwrap();
    let change = vt_ledger::Change { at: now, actor: "test".into(), reason: "r".into() };
    let run = ledger.begin_run(&vt_ledger::NewRun::of_this_process("pull", "0.1.0", now)).await.unwrap();
    assert_eq!(run.0, 1);
    for vt in ["VT07", "VT08"] {
        let delivery = vt_ledger::Delivery {
            id: DeliveryId { vt: vt.into(), maand, nr: 1 },
            soort: DeliveryKind::Volledig,
            tot_en_met: "2020-07-31".parse().unwrap(),
            status: vt_ledger::DeliveryStatus::Accepted,
            first_seen: now,
            decided_at: Some(now),
            records: Some(vt_ledger::RecordCounts { advies: 1234, melding: 1234, vervolgdienst: 1234 }),
            dropped: 1234,
            listing_digest: "0".repeat(64),
        };
        let fault = vt_ledger::Fault::new("count", &format!("{vt}: 1234 records were promised"));
        let step = vt_ledger::Step::of_pull(vt, maand, vt_ledger::StepName::Fetch, now).failed(now, fault.clone());
        let _ = ledger.record_delivery(&delivery).await.unwrap();
        let _ = ledger.record_steps(run, &[step]).await.unwrap();
        let _ = ledger.record_failed_pull(vt, maand, now, &fault).await.unwrap();
        ledger.append_lines(run, &[(now, "info".into(), format!("{vt} 1234"))]).await.unwrap();
        let pause = vt_ledger::NewArrangement {
            kind: vt_ledger::ArrangementKind::Pause,
            vt: vt.into(),
            maand: None,
            from: "2020-09-01".parse().unwrap(),
            until: None,
            owner: "test".into(),
        };
        ledger.arrange(&pause, &change).await.unwrap();
    }
    let orders = vec![("VT07".to_owned(), maand), ("VT08".to_owned(), maand)];
    let new = vt_ledger::NewBackfill { plan: "{}".into(), plan_digest: "0".repeat(64), orders, reason: None };
    let backfill = ledger.begin_backfill(&new, &change).await.unwrap();
    let fault = vt_ledger::Fault::new("count", "1234 records were promised");
    let _ = ledger.finish_backfill_item(backfill.id, "VT08", maand, Err(fault), now, None).await.unwrap();
}

#[tokio::test]
async fn the_documentation_lists_every_route_with_its_roles() {
    let row = |(method, path, need): (String, String, crate::access::Need)| {
        let mark = |role| if need.roles().contains(&name(role)) { "x" } else { "" };
        let marks: Vec<&str> = ALL.into_iter().map(mark).collect();
        format!("| `{method} {path}` | {} |", marks.join(" | "))
    };
    let mut rows: Vec<String> = needs().into_iter().map(row).collect();
    rows.sort_by_key(|row| row.split_once(' ').map(|(_, rest)| rest.split_once('/').map(|(_, path)| path.to_owned())));
    let table = rows.join("\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/API.md");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(&table), "docs/API.md lacks this table:\n{table}");
}

#[tokio::test]
async fn the_description_says_of_each_route_who_may_use_it() {
    let desk = Desk::new().await;
    let (_, description) = routes(&desk.api);
    let json = serde_json::to_value(&description).unwrap();
    for (method, path, need) in needs() {
        let operation = &json["paths"][&path][method.to_lowercase()];
        let said: Vec<&str> =
            operation["x-rollen"].as_array().unwrap().iter().map(|role| role.as_str().unwrap()).collect();
        assert_eq!(said, need.roles(), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path} says what it does");
    }
}
