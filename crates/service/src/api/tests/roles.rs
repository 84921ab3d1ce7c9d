//! The matrix of routes and roles.

use super::{Desk, ROLES};
use crate::access::{ROLES as ALL, name};
use crate::api::{needs, routes};

/// A path with something in place of its parameters; `own`: about the region of the token.
fn path(template: &str, own: bool) -> String {
    let vt = if own { "VT07" } else { "VT08" };
    template.replace("{vt}", vt).replace("{id}", "1").replace("{maand}", "2020-07")
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
    let token = desk.token("regio:VT07").await;
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
